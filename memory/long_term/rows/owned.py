"""All that one database holds of an owner, table by table: counted, or deleted at once."""

import logging
from collections.abc import Mapping
from typing import Final, LiteralString

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow

from memory.long_term.rows.burials import bury
from memory.long_term.rows.isolation import enter, working_role
from memory.long_term.rows.tables import PARTITIONS
from memory.postgres.pool import Pool

log = logging.getLogger(__name__)

# Whatever is kept by owner, also in tables that are yet to come; the key first.
_OWNED: LiteralString = """
    SELECT c.relname AS name FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'owner' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND starts_with(c.relname, 'memory_')
        AND pg_table_is_visible(c.oid)
    ORDER BY c.relname <> 'memory_keys', c.relname
"""
# What a stock store left here when its items were taken over; vectors first, as they name their items.
_STOCK: LiteralString = """
    SELECT t.name FROM unnest(ARRAY['store_vectors', 'store']) AS t(name) WHERE to_regclass(t.name) IS NOT NULL
"""
# Of a partitioned table the one partition that such an owner's rows lie in; of a server that no network reaches, as the
# embedded one is: what a larger one does when is for its administrators to say.
_FILES: LiteralString = """
    SELECT c.relname AS name FROM pg_class c, generate_series(0, %(partitions)s - 1) AS n
    WHERE CASE WHEN current_setting('listen_addresses') = ''
            THEN satisfies_hash_partition('memory_items'::regclass, %(partitions)s, n, %(owner)s::text) END
        AND c.relkind = 'r' AND pg_table_is_visible(c.oid)
        AND c.relname = ANY (%(tables)s::text[] || ARRAY(SELECT t || '_' || n FROM unnest(%(tables)s::text[]) AS t))
    ORDER BY c.relname
"""
_BURIES: LiteralString = "SELECT to_regclass('memory_erasures') IS NOT NULL AS buries"
_BY_OWNER: Final = sql.SQL("owner = %(owner)s")
# By bytes "/" follows ".", so that this range is all that begins with the owner and a dot.
_BY_PREFIX: Final = sql.SQL(
    """(prefix = %(owner)s OR (prefix COLLATE "C" > %(owner)s || '.' AND prefix COLLATE "C" < %(owner)s || '/'))"""
)


async def held(pool: Pool, owner: str) -> dict[str, int]:
    """Rows of the owner by table, of every table that could have some."""
    async with pool.connection() as conn, conn.transaction():
        tables = await _tables(conn)
        await enter(conn, owner, "none")
        return {name: await _count(conn, name, where, owner) for name, where in tables.items()}


async def delete(pool: Pool, owner: str) -> dict[str, int]:
    """In one transaction all of it, whatever else writes for the owner meanwhile; returns rows by table.

    What began before is refused from then on: see memory.long_term.rows.burials.
    """
    role = await working_role(pool)
    gone: dict[str, int] = {}
    async with pool.connection() as conn, conn.transaction():
        tables = await _tables(conn)
        buries = await (await conn.execute(_BURIES)).fetchone()
        # A stock store's tables are no tenant's to touch.
        for name in [name for name, where in tables.items() if where is _BY_PREFIX]:
            gone[name] = await _delete(conn, name, tables.pop(name), owner)
        await enter(conn, owner, role)
        if buries and buries["buries"]:
            await bury(conn, owner)
        for name, where in tables.items():
            gone[name] = await _delete(conn, name, where, owner)
    return gone


async def vacuum(pool: Pool, owner: str) -> None:
    """In the embedded server, give back the room of what was deleted.

    Its words leave the files, but for pages that hold others' rows. Nothing depends on it, so that a failure is logged.
    """
    try:
        async with pool.connection() as conn:
            asked = {"owner": owner, "partitions": PARTITIONS, "tables": list(await _tables(conn))}
            files = [row["name"] for row in await (await conn.execute(_FILES, asked)).fetchall()]
            if files:
                await conn.execute(
                    sql.SQL("VACUUM {}").format(sql.SQL(", ").join(map(sql.Identifier, files)))
                )
    except psycopg.Error as error:
        log.warning("the room of what was erased was not given back: %s", type(error).__name__)


async def _tables(conn: AsyncConnection[DictRow]) -> dict[str, sql.SQL]:
    """By name, with how an owner's rows are told."""
    owned = await (await conn.execute(_OWNED)).fetchall()
    stock = await (await conn.execute(_STOCK)).fetchall()
    by_owner: Mapping[str, sql.SQL] = {row["name"]: _BY_OWNER for row in owned}
    return {**by_owner, **{row["name"]: _BY_PREFIX for row in stock}}


async def _count(conn: AsyncConnection[DictRow], name: str, where: sql.SQL, owner: str) -> int:
    query = sql.SQL("SELECT count(*) AS rows FROM {} WHERE {}").format(sql.Identifier(name), where)
    row = await (await conn.execute(query, {"owner": owner})).fetchone()
    return int(row["rows"]) if row else 0


async def _delete(conn: AsyncConnection[DictRow], name: str, where: sql.SQL, owner: str) -> int:
    query = sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(name), where)
    return (await conn.execute(query, {"owner": owner})).rowcount

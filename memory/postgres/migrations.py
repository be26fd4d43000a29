"""Numbered migrations, applied once each, however many processes start together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, sql

from memory.postgres.pool import Pool
from memory.postgres.setup_lock import setup_lock

_TABLE = """
    CREATE TABLE IF NOT EXISTS memory_migrations (
        part text NOT NULL, number integer NOT NULL, name text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (part, number)
    )
"""


@dataclass(frozen=True)
class Migration:
    """One step of a schema; all of its statements take effect, or none."""

    number: int
    name: str
    statements: tuple[str, ...]


async def migrate(pool: Pool, part: str, migrations: Sequence[Migration]) -> int:
    """Apply those of `part` that this database lacks, in order; returns how many. Newer ones than ours are left be.

    A database that has them all is only read, so that a read-only replica can be opened.
    """
    if not await _missing(pool, part, migrations):
        return 0
    async with setup_lock(pool, part):
        missing = await _missing(pool, part, migrations)
        for migration in missing:
            async with pool.connection() as conn, conn.transaction():
                await _apply(conn, part, migration)
    return len(missing)


async def _missing(pool: Pool, part: str, migrations: Sequence[Migration]) -> list[Migration]:
    async with pool.connection() as conn:
        there = await (await conn.execute("SELECT to_regclass('memory_migrations') AS found")).fetchone()
        if there is None or there["found"] is None:
            return list(migrations)
        rows = await conn.execute("SELECT number FROM memory_migrations WHERE part = %s", (part,))
        done = {row["number"] for row in await rows.fetchall()}
    return [migration for migration in migrations if migration.number not in done]


async def _apply(conn: AsyncConnection[Any], part: str, migration: Migration) -> None:
    for statement in (_TABLE, *migration.statements):
        await conn.execute(sql.SQL(statement))
    await conn.execute(
        "INSERT INTO memory_migrations (part, number, name) VALUES (%s, %s, %s)",
        (part, migration.number, migration.name),
    )

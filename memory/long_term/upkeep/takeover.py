"""Takes over, once, what LangGraph's stock AsyncPostgresStore kept in this database; its own tables stay untouched.

Items keep their times and lifetimes. Those that had vectors are indexed anew, by the same fields; those that had none
were not to be found, and are not. What was copied is known from our own rows, so that a take-over which ended
half-way goes on. Programs that still write to the old tables are not heard any more: stop them first.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, LiteralString

from langchain_core.embeddings import Embeddings
from langgraph.store.base import PutOp, get_text_at_path, tokenize_path
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from memory.long_term.language.lexemes import Lexicon
from memory.long_term.ranking.document import document_of
from memory.long_term.ranking.spaces import Space
from memory.long_term.rows.isolation import EVERYBODY, enter
from memory.long_term.rows.places import place_of
from memory.long_term.rows.upgrades import TAKE_OVER
from memory.long_term.statements.work import Work
from memory.long_term.statements.writes import Write, write_index
from memory.long_term.upkeep.reembed import Heard, embedded, unheard
from memory.long_term.upkeep.setting_up import PART
from memory.postgres.pool import Pool
from memory.postgres.setup_lock import setup_lock

log = logging.getLogger(__name__)

BATCH: Final = 64
NAMES: Final = 2_048
Name = tuple[str, str]

_STATE: LiteralString = """
    SELECT EXISTS (SELECT FROM memory_migrations WHERE part = %s AND number = %s) AS done,
        to_regclass('store') IS NOT NULL AS items, to_regclass('store_vectors') IS NOT NULL AS vectors
"""
_MARK: LiteralString = (
    "INSERT INTO memory_migrations (part, number, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
)
# The namespace in two pieces, as memory.long_term.rows.places cuts it.
_PLACED: LiteralString = """
    SELECT s.prefix, s.key, s.value,
        array_to_string(labels[1:2], '.') AS owner, array_to_string(labels[3:], '.') AS path,
        COALESCE(s.created_at, s.updated_at, to_timestamp(0)) AS created_at,
        COALESCE(s.updated_at, s.created_at, to_timestamp(0)) AS updated_at,
        (to_jsonb(s) - 'value' ->> 'expires_at')::timestamptz AS expires_at,
        (to_jsonb(s) - 'value' ->> 'ttl_minutes')::float8 AS ttl_minutes
    FROM store s CROSS JOIN LATERAL string_to_array(s.prefix, '.') AS labels
"""
_MISSING: LiteralString = """
    (s.expires_at IS NULL OR s.expires_at > now()) AND NOT EXISTS (
        SELECT FROM memory_items m WHERE m.owner = s.owner AND m.path = s.path AND m.key = s.key
    )
"""
_COUNT: LiteralString = f"SELECT count(*) AS items FROM ({_PLACED}) s WHERE {_MISSING}"  # noqa: S608 - our own words
# The oldest first: the messages of a thread are numbered as they come. This looks at the whole table, and so tells
# many names at once.
_NEXT: LiteralString = f"""
    SELECT s.prefix, s.key FROM ({_PLACED}) s WHERE {_MISSING} ORDER BY s.created_at, s.prefix, s.key LIMIT {NAMES}
"""  # noqa: S608 - our own words
_PAGE: LiteralString = f"""
    SELECT * FROM ({_PLACED}) s JOIN unnest(%s::text[], %s::text[]) WITH ORDINALITY AS given(prefix, key, n)
    USING (prefix, key) WHERE {_MISSING} ORDER BY n
"""  # noqa: S608 - our own words
_INDEXED_BY: LiteralString = """
    SELECT v.prefix, v.key, array_agg(v.field_name ORDER BY v.field_name) AS names
    FROM store_vectors v JOIN unnest(%s::text[], %s::text[]) AS given(prefix, key) USING (prefix, key)
    GROUP BY v.prefix, v.key
"""
_INSERT: LiteralString = """
    INSERT INTO memory_items
        (owner, path, key, id, version, value, created_at, updated_at, ttl_minutes, expires_at)
    SELECT given.owner, given.path, given.key, fresh.id, fresh.id << 20, given.value, given.created_at,
        given.updated_at, given.ttl_minutes, given.expires_at
    FROM jsonb_to_recordset(%s::jsonb) AS given(
        owner text, path text, key text, value jsonb, created_at timestamptz, updated_at timestamptz,
        ttl_minutes double precision, expires_at timestamptz
    )
    CROSS JOIN LATERAL (SELECT nextval('memory_ids') AS id WHERE given.key IS NOT NULL) AS fresh
    ORDER BY given.owner, given.path, given.key
    ON CONFLICT (owner, path, key) DO NOTHING RETURNING owner, path, key
"""
_COPIED: Final = ("owner", "path", "key", "value", "ttl_minutes")
_TIMES: Final = ("created_at", "updated_at", "expires_at")


@dataclass(frozen=True)
class Target:
    """A store of ours as the take-over needs it; without a space nothing is indexed."""

    embeddings: Embeddings | None
    fields: Sequence[str]
    space: Space | None
    lexicon: Lexicon


async def take_over(pool: Pool, target: Target, on_done: Heard = unheard) -> int:
    """Copy and index what a stock store left here, unless that was done before; returns how many items came now.

    Raises what the embedding model raises; what was copied by then stays.
    """
    if (await _state(pool))["done"]:
        return 0
    async with setup_lock(pool, "take-over"):
        state = await _state(pool)
        if state["done"]:
            return 0
        taken = await _copy(pool, target, state["vectors"], on_done) if state["items"] else 0
        async with pool.connection() as conn:
            name = "the items of LangGraph's store" if state["items"] else "no items of LangGraph's store"
            await conn.execute(_MARK, (PART, TAKE_OVER, name))
    return taken


async def left_over(pool: Pool) -> bool:
    """Whether there are tables of a stock store that nobody has taken over."""
    state = await _state(pool)
    return state["items"] and not state["done"]


async def _state(pool: Pool) -> Mapping[str, bool]:
    async with pool.connection() as conn:
        row = await (await conn.execute(_STATE, (PART, TAKE_OVER))).fetchone()
    return row or {"done": False, "items": False, "vectors": False}


async def _copy(pool: Pool, target: Target, vectors: bool, on_done: Heard) -> int:
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        row = await (await conn.execute(_COUNT)).fetchone()
    total = row["items"] if row else 0
    log.info("taking over %d memories from the tables of LangGraph's store", total)
    taken = 0
    while names := await _next(pool):
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            taken += await _copy_batch(pool, target, batch, vectors)
            on_done(len(batch))
        log.info("%d of %d memories taken over", taken, total)
    log.info("the tables store and store_vectors are no longer used")
    return taken


async def _next(pool: Pool) -> list[Name]:
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        return [(row["prefix"], row["key"]) for row in await (await conn.execute(_NEXT)).fetchall()]


async def _copy_batch(pool: Pool, target: Target, batch: Sequence[Name], vectors: bool) -> int:
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        asked = ([prefix for prefix, _ in batch], [key for _, key in batch])
        page = await (await conn.execute(_PAGE, asked)).fetchall()
        names = await _names(conn, page) if vectors else None
    writes = await _writes(page, names, target)
    async with pool.connection() as conn, conn.transaction():
        await _insert(conn, page, writes, target)
    return len(page)


async def _names(conn: AsyncConnection[DictRow], page: Sequence[DictRow]) -> dict[Name, list[str]]:
    asked = ([row["prefix"] for row in page], [row["key"] for row in page])
    found = await (await conn.execute(_INDEXED_BY, asked)).fetchall()
    return {(row["prefix"], row["key"]): row["names"] for row in found}


async def _writes(
    page: Sequence[DictRow], names: Mapping[Name, list[str]] | None, target: Target
) -> list[Write]:
    ops = []
    for row in page:
        known = None if names is None else names.get((row["prefix"], row["key"]), [])
        index = indexed_by(row["value"], known, target.fields)
        ops.append(PutOp(tuple(row["prefix"].split(".")), row["key"], row["value"], index=index))
    if target.space is None or target.embeddings is None:
        return [Write(op) for op in ops]
    documents = [document_of(op, target.fields) for op in ops]
    wanted = [document for document in documents if document is not None]
    vectors = iter(await embedded(target.embeddings, wanted, target.space.dims))
    return [
        Write(op, document, next(vectors) if document is not None else ())
        for op, document in zip(ops, documents, strict=True)
    ]


async def _insert(
    conn: AsyncConnection[DictRow], page: Sequence[DictRow], writes: Sequence[Write], target: Target
) -> None:
    """Those that nobody has written into our own tables meanwhile, with what they are found by."""
    rows = [
        {name: row[name] for name in _COPIED} | {name: row[name] and row[name].isoformat() for name in _TIMES}
        for row in page
    ]
    work = Work(conn, "none", {})
    cursor = await work.ask(EVERYBODY, _INSERT, (json.dumps(rows),))
    fresh = {(row["owner"], row["path"], row["key"]) for row in await cursor.fetchall()}
    placed = [(*place_of(each.op.namespace), each.op.key, each) for each in writes]
    new = sorted((each for each in placed if each[:3] in fresh), key=lambda each: each[0])
    for owner, group in groupby(new, key=lambda each: each[0]):
        await write_index(work, owner, [each[3] for each in group], target.space, target.lexicon)


def indexed_by(value: Mapping[str, Any], names: Sequence[str] | None, fields: Sequence[str]) -> Any:
    """The `index` of a put that indexes as the stock store did; `names` are its vectors' field names, None if unknown.

    None is the store's own fields; False is nothing.
    """
    if names is None:
        return None
    paths = list(dict.fromkeys(_path(value, name) for name in names))
    if not paths:
        return False
    return None if set(paths) <= set(fields) else paths


def _path(value: Mapping[str, Any], name: str) -> str:
    """A field with several texts has them numbered: "notes.0", "notes.1"."""
    stem, _, number = name.rpartition(".")
    if name == "$" or get_text_at_path(value, tokenize_path(name)) or not (stem and number.isdigit()):
        return name
    return stem

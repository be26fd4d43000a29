"""Encrypting what is there already: every memory that is in clear is sealed where it stands.

Its vectors, times, lifetime, version and place in a thread stay as they are, so that no embedding model is needed.
What is done is known from the rows themselves: ended half-way, it goes on when called again.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, LiteralString, cast

from langgraph.store.base import PutOp
from psycopg.rows import DictRow

from config.errors import UserError
from memory.long_term.ranking.document import Described
from memory.long_term.rows.isolation import EVERYBODY, enter
from memory.long_term.rows.places import namespace_of
from memory.long_term.statements.writes import terms_of
from memory.long_term.upkeep.reembed import Heard, unheard
from memory.long_term.wrappers.encrypted import SEALED, EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.owner_key import SEALED_NAME
from memory.postgres.pool import Pool

BATCH: Final = 200
PASSES: Final = 5

_COUNT: LiteralString = "SELECT count(*) AS memories FROM memory_items WHERE NOT value ? %s"
_PAGE: LiteralString = """
    SELECT m.owner, m.path, m.key, m.version, m.value, l.id IS NOT NULL AS indexed, l.fields
    FROM memory_items m LEFT JOIN memory_lookup l ON l.owner = m.owner AND l.id = m.id
    WHERE NOT m.value ? %s AND (m.owner, m.path, m.key) > (%s, %s, %s) ORDER BY m.owner, m.path, m.key LIMIT %s
"""
# What was written since it was read is left for another pass.
_SEAL: LiteralString = """
    WITH given AS (
        SELECT d.*, t.terms
        FROM jsonb_to_recordset(%(items)s::jsonb) AS d(
            n integer, path text, key text, version bigint, value jsonb, speaker text, thread bigint
        )
        JOIN unnest(%(terms)b::sparsevec[]) WITH ORDINALITY AS t(terms, n) ON t.n = d.n
    ), held AS MATERIALIZED (
        SELECT m.path, m.key FROM memory_items m JOIN given g ON m.path = g.path AND m.key = g.key
        WHERE m.owner = %(owner)s ORDER BY m.path, m.key FOR UPDATE OF m
    ), done AS (
        UPDATE memory_items m SET value = g.value FROM given g JOIN held h USING (path, key)
        WHERE m.owner = %(owner)s AND m.path = g.path AND m.key = g.key AND m.version = g.version
        RETURNING m.id, g.speaker, g.thread, g.terms
    ), speakers AS (
        INSERT INTO memory_speakers (owner, speaker)
        SELECT DISTINCT %(owner)s, speaker FROM done WHERE speaker IS NOT NULL ON CONFLICT DO NOTHING
    ), looked_up AS (
        UPDATE memory_lookup l SET terms = d.terms, speaker = d.speaker, thread = d.thread, fields = '{}'
        FROM done d WHERE l.owner = %(owner)s AND l.id = d.id
    )
    SELECT count(*) AS memories FROM done
"""
_NAMES_IN_CLEAR: LiteralString = "DELETE FROM memory_speakers WHERE NOT starts_with(speaker, %s)"


async def encrypt(
    pool: Pool, store: EncryptedStore, *, on_total: Heard = unheard, on_done: Heard = unheard
) -> int:
    """Seal every memory in clear with the keys of `store`; returns how many.

    `on_total` hears how many wait, `on_done` how many more were looked at. Raises UserError where somebody goes on
    writing in clear, and on a memory that is too large when sealed.
    """
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        row = await (await conn.execute(_COUNT, (SEALED,))).fetchone()
    on_total(row["memories"] if row else 0)
    sealed = 0
    for _ in range(PASSES):
        seen, done = await _everything(pool, store, on_done)
        sealed += done
        if not seen:
            break
    else:
        raise UserError(
            "Somebody writes memories in clear meanwhile: stop every process that has no "
            "MNEMOGRAPH_ENCRYPTION_KEYS, and run `mnemograph encrypt` again."
        )
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        await conn.execute(_NAMES_IN_CLEAR, (SEALED_NAME,))
    return sealed


async def _everything(pool: Pool, store: EncryptedStore, on_done: Heard) -> tuple[int, int]:
    """One pass: how many were in clear, and how many of them are sealed now."""
    seen, done, after = 0, 0, ("", "", "")
    while True:
        async with pool.connection() as conn, conn.transaction():
            await enter(conn, EVERYBODY, "none")
            page = await (await conn.execute(_PAGE, (SEALED, *after, BATCH))).fetchall()
        if not page:
            return seen, done
        after = (page[-1]["owner"], page[-1]["path"], page[-1]["key"])
        for owner, rows in groupby(page, key=lambda row: row["owner"]):
            done += await _seal(pool, store, owner, list(rows))
        seen += len(page)
        on_done(len(page))


async def _seal(pool: Pool, store: EncryptedStore, owner: str, rows: Sequence[DictRow]) -> int:
    try:
        sealed = await store.sealed([_put(row) for row in rows])
    except ValueError as error:
        raise UserError(
            f"A memory of {owner} cannot be sealed, so nothing of this batch was: {error}"
        ) from error
    values = [cast(Described, op.value) for op in sealed]
    lexicon = KeyedLexicon(store.keys)
    items = [
        {name: row[name] for name in ("path", "key", "version")}
        | _found_by(value)
        | {"n": number, "value": value}
        for number, (row, value) in enumerate(zip(rows, values, strict=True), start=1)
    ]
    asked = {
        "owner": owner,
        "items": json.dumps(items),
        "terms": [terms_of(owner, value.document, lexicon) for value in values],
    }
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, owner, "none")
        row = await (await conn.cursor(binary=True).execute(_SEAL, asked)).fetchone()
    return int(row["memories"]) if row else 0


def _put(row: DictRow) -> PutOp:
    """The put that made this row."""
    index: Any = row["fields"] if row["indexed"] else False
    return PutOp(namespace_of(row["owner"], row["path"]), row["key"], row["value"], index)


def _found_by(value: Described) -> dict[str, Any]:
    document = value.document
    return {"speaker": document and document.speaker, "thread": document and document.thread}

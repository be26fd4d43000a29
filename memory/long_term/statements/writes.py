"""Puts and deletes of one owner as SQL: what a batch writes goes in three statements, however many memories it has."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString, Self, cast

import numpy as np
import psycopg
from langgraph.store.base import PutOp
from pgvector import HalfVector, SparseVector
from psycopg.rows import DictRow

from memory.long_term.language.lexemes import DIMS, Lexicon, weights
from memory.long_term.ranking.document import Described, Document
from memory.long_term.ranking.signs import bits_of
from memory.long_term.ranking.spaces import Space
from memory.long_term.rows.burials import ERASED_SINCE, SHARE
from memory.long_term.rows.places import place_of
from memory.long_term.statements.began import age_s
from memory.long_term.statements.procedures import Procedure
from memory.long_term.statements.work import Work

# A version starts at a number that no earlier life of its key had, and counts from there.
# One of an owner who was erased since then has none, which the column refuses (`is_burial`).
PUT: Final = f"""
    INSERT INTO memory_items AS m
        (owner, path, key, id, version, value, created_at, updated_at, ttl_minutes, expires_at)
    SELECT %(owner)s, given.path, given.key, fresh.id,
        CASE WHEN NOT {ERASED_SINCE} THEN fresh.id << 20 END, given.value, moment.now, moment.now, given.ttl,
        moment.now + make_interval(secs => given.ttl * 60)
    FROM jsonb_to_recordset(%(items)s::jsonb) AS given(path text, key text, value jsonb, ttl double precision)
    CROSS JOIN (SELECT clock_timestamp() AS now) AS moment
    CROSS JOIN LATERAL (SELECT nextval('memory_ids') AS id WHERE given.key IS NOT NULL) AS fresh
    -- Whoever writes several locks them in this order, so that no two wait for each other.
    ORDER BY given.path COLLATE "C", given.key COLLATE "C"
    ON CONFLICT (owner, path, key) DO UPDATE SET
        value = excluded.value, updated_at = excluded.updated_at,
        -- What has expired is not there, so that this is a new life.
        version = CASE WHEN m.expires_at <= now() THEN excluded.version ELSE m.version + 1 END,
        created_at = CASE WHEN m.expires_at <= now() THEN excluded.created_at ELSE m.created_at END,
        ttl_minutes = excluded.ttl_minutes, expires_at = excluded.expires_at
    RETURNING path, key, version
"""  # noqa: S608 - our own words
# A statement of its own, after the rows are locked: it sees what another writer of the same memory left. A space that
# serves no more gives NULL, which the column refuses (`is_refusal`). LATERAL: each is looked up by its key, also
# by a plan that was made when there were few.
_INDEX: LiteralString = """
    WITH given AS (
        SELECT d.*, terms.terms, m.id, m.expires_at, m.version <> m.id << 20 AS changed,
            row_number() OVER (PARTITION BY d.thread ORDER BY d.n) AS nth
        FROM jsonb_to_recordset(%(documents)s::jsonb) AS d(
            n integer, path text, key text, indexed boolean, thread bigint, said_at timestamptz,
            about_from timestamptz, about_to timestamptz, stated real, source smallint, timed boolean,
            lane smallint, speaker text, fields text[]
        )
        CROSS JOIN LATERAL (
            SELECT i.id, i.expires_at, i.version FROM memory_items i
            WHERE i.owner = %(owner)s AND i.path = d.path AND i.key = d.key LIMIT 1
        ) m
        LEFT JOIN unnest(%(terms)b::sparsevec[]) WITH ORDINALITY AS terms(terms, n) ON terms.n = d.n
    ), old AS (
        DELETE FROM memory_vectors v USING given g
        WHERE g.changed AND v.owner = %(owner)s AND v.path = g.path AND v.id = g.id
    ), unindexed AS (
        DELETE FROM memory_lookup l USING given g
        WHERE g.changed AND NOT g.indexed AND l.owner = %(owner)s AND l.id = g.id
    ), looked_up AS (
        INSERT INTO memory_lookup (owner, id, thread, said_at, expires_at, about_from, about_to, place, stated, source,
            timed, path, speaker, terms, fields)
        SELECT %(owner)s, id, thread, said_at, expires_at, about_from, about_to, CASE WHEN thread IS NOT NULL THEN nth
            + COALESCE((SELECT max(l.place) FROM memory_lookup l WHERE l.owner = %(owner)s AND l.thread = g.thread), 0)
            END, stated, source, timed, path, speaker, terms, fields
        FROM given g WHERE indexed
        ON CONFLICT (owner, id) DO UPDATE SET
            said_at = excluded.said_at, expires_at = excluded.expires_at, about_from = excluded.about_from,
            about_to = excluded.about_to, stated = excluded.stated, source = excluded.source, timed = excluded.timed,
            speaker = excluded.speaker, terms = excluded.terms, fields = excluded.fields
    ), speakers AS (
        INSERT INTO memory_speakers (owner, speaker)
        SELECT DISTINCT %(owner)s, speaker FROM given WHERE speaker IS NOT NULL ON CONFLICT DO NOTHING
    )
    INSERT INTO memory_vectors (owner, id, expires_at, space, lane, view, path, bits, embedding)
    SELECT %(owner)s, g.id, g.expires_at, (SELECT s.id FROM memory_spaces s WHERE s.id = %(space)s AND s.active),
        g.lane, v.view, g.path, v.bits, v.embedding
    FROM unnest(%(numbers)s::integer[], %(views)s::smallint[], %(bits)b::varbit[], %(vectors)b::halfvec[])
        AS v(n, view, bits, embedding)
    JOIN given g ON g.n = v.n ORDER BY g.path, g.id, v.view
"""
_DELETE: LiteralString = """
    WITH held AS MATERIALIZED (
        SELECT m.path, m.key FROM memory_items m JOIN unnest(%(paths)s::text[], %(keys)s::text[]) AS d(path, key)
            ON m.path = d.path AND m.key = d.key
        WHERE m.owner = %(owner)s ORDER BY m.path, m.key FOR UPDATE OF m
    ), gone AS (
        DELETE FROM memory_items m USING held h WHERE m.owner = %(owner)s AND m.path = h.path AND m.key = h.key
        RETURNING m.path, m.key, m.id, m.version, (m.expires_at IS NULL OR m.expires_at > now()) AS alive
    ), looked_up AS (
        DELETE FROM memory_lookup l USING gone WHERE l.owner = %(owner)s AND l.id = gone.id
    ), unseen AS (
        DELETE FROM memory_vectors v USING gone
        WHERE v.owner = %(owner)s AND v.path = gone.path AND v.id = gone.id
    )
    SELECT path, key, version FROM gone WHERE alive
"""
# Of what a put has written and locked, what was to be written upon another version than there was (see `_held`).
_CONFLICT: LiteralString = """
    SELECT FROM jsonb_to_recordset(%(items)s::jsonb) AS g(path text, key text, expected bigint)
    JOIN memory_items m ON m.owner = %(owner)s AND m.path = g.path AND m.key = g.key
    WHERE g.expected IS NOT NULL AND CASE m.version & 1048575 = 0
        WHEN TRUE THEN g.expected <> 0 ELSE m.version - 1 <> g.expected END
"""
CONFLICT: Final = "MG001"
"""The SQLSTATE of a put whose condition did not hold."""
_GIVEN: Final = {
    "items": "jsonb",
    "age": "double precision",
    "conditional": "boolean",
    "space": "smallint",
    "documents": "jsonb",
    "terms": "sparsevec[]",
    "numbers": "integer[]",
    "views": "smallint[]",
    "bits": "bit varying[]",
    "vectors": "halfvec[]",
}
_PARAMETER: Final = re.compile(r"%\((\w+)\)[sb]")
_NO_VERSION: Final = 2**63
MAX_SPEAKER_BYTES: Final = 600
"""An index takes no more beside the longest owner."""
_EARLIEST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9998, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Write:
    """A put, or a delete when its value is None, with what it is found by."""

    op: PutOp
    document: Document | None = None
    vectors: Sequence[Any] = ()
    expected: int | None = None


class ConflictError(Exception):
    """A conditional write found another version than the one it was made for; nothing was written."""

    @classmethod
    def of(cls, keys: Sequence[str]) -> Self:
        """`keys`: of the memories of which one was changed."""
        what = f"The memory {keys[0]!r}" if len(keys) == 1 else f"One of {len(keys)} memories"
        return cls(f"{what} was changed by somebody else: read it again, and write upon that version.")


async def write(
    work: Work, owner: str, writes: Sequence[Write], space: Space | None, lexicon: Lexicon
) -> None:
    """Queue these writes, each of another key. Raises ConflictError on a condition that does not hold."""
    cursors = []
    gone = [each for each in writes if each.op.value is None]
    if gone:
        places = [(place_of(each.op.namespace)[1], each.op.key) for each in gone]
        paths, keys = zip(*places, strict=True)
        asked = {"owner": owner, "paths": list(paths), "keys": list(keys)}
        cursors.append(await work.ask(owner, _DELETE, asked))
    puts = [each for each in writes if each.op.value is not None]
    is_kept = PUT in work.calls
    if puts:
        age = {"age": max(age_s(each.op) for each in puts)}
        items = {"owner": owner, "items": json.dumps([_item(each) for each in puts])}
        if is_kept:
            conditional = {"conditional": any(each.expected is not None for each in puts)}
            found_by = _index(owner, puts, space, lexicon)
            cursors.append(await work.ask(owner, PUT, items | age | conditional | found_by))
        else:
            await work.ask(owner, SHARE, {"owner": owner})
            cursors.append(await work.ask(owner, PUT, items | age))
    # The procedure looks by itself. Waiting for an answer costs a round trip.
    asked_here = gone if is_kept else writes
    if any(each.expected is not None for each in asked_here):
        check_versions(asked_here, [row for cursor in cursors for row in await cursor.fetchall()])
    if not is_kept:
        await write_index(work, owner, puts, space, lexicon)


async def write_index(
    work: Work, owner: str, puts: Sequence[Write], space: Space | None, lexicon: Lexicon
) -> None:
    """Queue what these puts, whose items are there, are found by."""
    if space is not None and puts:
        await work.query(_INDEX, {"owner": owner, **_index(owner, puts, space, lexicon)})


def put_procedure() -> Procedure:
    """Items and what they are found by; a space of NULL is none."""
    places = {name: f"${number}" for number, name in enumerate(["owner", "role", *_GIVEN], start=1)}
    share, put, conflict, index = (
        _PARAMETER.sub(lambda found: places[found[1]], text) for text in (SHARE, PUT, _CONFLICT, _INDEX)
    )
    gives = {"path": "text", "key": "text", "version": "bigint"}
    share = share.replace("SELECT", "PERFORM", 1)
    body = (
        f"{share};\nRETURN QUERY {put};\n"
        f"IF {places['conditional']} AND EXISTS ({conflict}) THEN\n"
        f"RAISE EXCEPTION 'another version' USING ERRCODE = '{CONFLICT}';\nEND IF;\n"
        f"IF {places['space']} IS NOT NULL THEN {index};\nEND IF;"
    )
    return Procedure("put", list(_GIVEN.values()), gives, body)


def is_refusal(error: Exception) -> bool:
    """Whether vectors were not written because their space serves no more."""
    return isinstance(error, psycopg.errors.NotNullViolation) and error.diag.column_name == "space"


def conflict_in(error: psycopg.Error, writes: Sequence[Write]) -> "ConflictError | None":
    """The conflict that the procedure found among these, if it is one."""
    if error.sqlstate != CONFLICT:
        return None
    return ConflictError.of([each.op.key for each in writes if each.expected is not None])


def check_versions(writes: Sequence[Write], rows: Sequence[DictRow]) -> None:
    """Raise ConflictError when a conditional write met another version than it expected; 0 is none.

    `rows` have path, key and version: of a put the new one, of a delete the one that went, if it was there.
    """
    found = {(row["path"], row["key"]): row["version"] for row in rows}
    for each in writes:
        if each.expected is None:
            continue
        version = found.get((place_of(each.op.namespace)[1], each.op.key), 0)
        if not _held(each, each.expected, version):
            raise ConflictError.of([each.op.key])


def _held(each: Write, expected: int, version: int) -> bool:
    if each.op.value is None:
        return version == expected
    fresh = version % (1 << 20) == 0
    return fresh if expected == 0 else version == expected + 1 and not fresh


def _item(each: Write) -> dict[str, Any]:
    path = place_of(each.op.namespace)[1]
    return {
        "path": path,
        "key": each.op.key,
        "value": each.op.value,
        "ttl": each.op.ttl,
        "expected": _version(each.expected),
    }


def _version(expected: int | None) -> int | None:
    """As a bigint; -1 is none that ever was."""
    return expected if expected is None or 0 <= expected < _NO_VERSION else -1


def _index(owner: str, puts: Sequence[Write], space: Space | None, lexicon: Lexicon) -> dict[str, Any]:
    documents = [_described(number, each) for number, each in enumerate(puts, start=1)]
    vectors = [
        (number, view, vector)
        for number, each in enumerate(puts, start=1)
        for view, vector in enumerate(each.vectors)
    ]
    return {
        "space": space and space.id,
        "documents": json.dumps(documents),
        "terms": [terms_of(owner, each.document, lexicon) for each in puts],
        "numbers": [number for number, _, _ in vectors],
        "views": [view for _, view, _ in vectors],
        "bits": [bits_of(vector, space and space.centre) for _, _, vector in vectors],
        "vectors": [HalfVector(vector) for _, _, vector in vectors],
    }


def vector_of(given: Any, dims: int) -> Any:
    """A vector as a halfvec holds it, in float32. Raises ValueError on one that would spoil its owner's searches."""
    with np.errstate(over="ignore", invalid="ignore"):
        vector = np.asarray(given, dtype=np.float32)
        half = vector.astype(np.float16)
    if vector.shape != (dims,):
        raise ValueError(
            f"The embedding model gave a vector of {vector.size} numbers where {dims} were expected."
        )
    if not np.isfinite(half).all() or not half.any():
        raise ValueError(
            "The embedding model gave a vector that is zero, or holds NaN or too large a number."
        )
    return vector


def terms_of(owner: str, document: Document | None, lexicon: Lexicon) -> SparseVector:
    """What the keyword lane knows of a document."""
    found = weights(owner, document.words, lexicon) if document else {}
    return SparseVector(cast(Any, found), DIMS)


def _described(number: int, each: Write) -> dict[str, Any]:
    path, document = place_of(each.op.namespace)[1], each.document
    row: dict[str, Any] = {"n": number, "path": path, "key": each.op.key, "indexed": document is not None}
    if document is None:
        return row
    about = document.about or (None, None)
    return row | {
        "thread": document.thread,
        "said_at": _moment(document.said_at),
        "about_from": _moment(about[0]),
        "about_to": _moment(about[1]),
        "stated": document.stated,
        "source": int(document.origin),
        "timed": document.timed,
        "lane": int(document.lane),
        "speaker": _bounded(document.speaker),
        "fields": _fields(each.op),
    }


def _fields(op: PutOp) -> list[str] | None:
    """By what it was indexed, for whoever embeds it anew: see memory.long_term.rows.upgrades."""
    if isinstance(op.value, Described):
        return []
    return list(op.index) if op.index else None


def _moment(at: datetime | None) -> str | None:
    """Within the years that Python can read back, whatever the zone."""
    if at is None:
        return None
    return min(max(at, _EARLIEST), _LATEST).isoformat()


def _bounded(speaker: str | None) -> str | None:
    return speaker.encode()[:MAX_SPEAKER_BYTES].decode(errors="ignore") if speaker else None

"""A floor for a put that keeps all that ours keeps: the same rows in plain copies of our tables, by one statement."""

import json
from collections.abc import Sequence
from typing import Any, Final, Self

from langgraph.store.base import PutOp
from pgvector import HalfVector
from psycopg import AsyncConnection

from benchmarks.synthetic import Ready
from memory.long_term.language.lexemes import OpenLexicon
from memory.long_term.ranking.document import document_of
from memory.long_term.ranking.signs import bits_of
from memory.long_term.rows.places import place_of
from memory.long_term.statements.writes import terms_of

_TABLES: Final = ("memory_items", "memory_lookup", "memory_vectors")
_PUT: Final = """
    WITH item AS (
        INSERT INTO bench_memory_items (owner, path, key, version, value, created_at, updated_at)
        VALUES (%(owner)s, %(path)s, %(key)s, 1, %(value)s, now(), now()) RETURNING id
    ), lookup AS (
        INSERT INTO bench_memory_lookup (owner, id, thread, said_at, place, stated, source, timed, path, terms)
        SELECT %(owner)s, id, %(thread)s, %(said_at)s, 1, 1, 1, false, %(path)s, %(terms)s FROM item
    )
    INSERT INTO bench_memory_vectors (owner, id, space, lane, view, path, bits, embedding)
    SELECT %(owner)s, item.id, 1, 0, v.view, %(path)s, v.bits, v.embedding
    FROM item, unnest(%(views)s::smallint[], %(bits)b::varbit[], %(vectors)b::halfvec[]) AS v(view, bits, embedding)
"""


class RowsFloor:
    def __init__(self, conn: AsyncConnection[Any], rows: Sequence[dict[str, Any]]) -> None:
        self._conn, self._rows = conn, rows

    @classmethod
    async def made(cls, conn: AsyncConnection[Any], ready: Ready, ops: Sequence[PutOp]) -> Self:
        """With everything that is to be stored read off these puts."""
        for table in _TABLES:
            await conn.execute(
                f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING DEFAULTS INCLUDING INDEXES)"
            )
        return cls(conn, [_row(ready, op) for op in ops])

    async def put(self, number: int) -> None:
        await self._conn.execute(_PUT, self._rows[number], prepare=True)


def _row(ready: Ready, op: PutOp) -> dict[str, Any]:
    owner, path = place_of(op.namespace)
    document = document_of(op, ["text"])
    assert document is not None
    vectors = ready.embed_documents(list(document.views))
    return {
        "owner": owner,
        "path": path,
        "key": op.key,
        "value": json.dumps(op.value),
        "thread": document.thread,
        "said_at": document.said_at,
        "terms": terms_of(owner, document, OpenLexicon()),
        "views": list(range(len(vectors))),
        "bits": [bits_of(vector) for vector in vectors],
        "vectors": [HalfVector(vector) for vector in vectors],
    }

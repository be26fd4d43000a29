"""A floor for a put through LangGraph's own interface: a BaseStore on a pool that does nothing else."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from langgraph.store.base import BaseStore, Op, PutOp, Result
from langgraph.store.base.batch import AsyncBatchedBaseStore
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from benchmarks.contestants import FLOOR_PUT
from memory.long_term.ranking.signs import bits_of

Vectors = Callable[[PutOp], Any]


class PutsOnly(AsyncBatchedBaseStore):
    """Queued by LangGraph's own base class, each put one prepared statement on a pooled connection; nothing else."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], vectors: Vectors) -> None:
        super().__init__()
        self._pool, self._vectors, self._puts = pool, vectors, 0

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        done: list[Result] = []
        async with self._pool.connection() as conn:
            for op in ops:
                if not isinstance(op, PutOp):
                    raise NotImplementedError("This floor of a benchmark puts, and does nothing else.")
                await conn.execute(FLOOR_PUT, self._row(op), prepare=True)
                done.append(None)
        return done

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        raise NotImplementedError("This floor of a benchmark is asynchronous.")

    def _row(self, op: PutOp) -> tuple[Any, ...]:
        self._puts += 1
        vector = self._vectors(op)
        return (".".join(op.namespace), self._puts, json.dumps(op.value), bits_of(vector), HalfVector(vector))


@asynccontextmanager
async def puts_only(address: str, vectors: Vectors) -> AsyncIterator[BaseStore]:
    """`vectors` has each put's vector ready."""
    pool = AsyncConnectionPool[AsyncConnection[Any]](
        address,
        min_size=1,
        max_size=1,
        open=False,
        kwargs={"autocommit": True},
        configure=register_vector_async,
    )
    async with pool:
        yield PutsOnly(pool, vectors)

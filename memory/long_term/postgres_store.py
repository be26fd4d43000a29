"""The stock AsyncPostgresStore, configured and bounded so that its known defects do not show.

Exact search (no ANN index that filters after the fact), one transaction a batch, callers that do not share a batch,
embeddings computed before a connection is taken, a set-up that many processes may run at once, clean text.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from langgraph.store.base import (
    NOT_PROVIDED,
    GetOp,
    Item,
    ListNamespacesOp,
    NamespacePath,
    NotProvided,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)
from langgraph.store.base import BaseStore as Base
from langgraph.store.postgres.aio import AsyncPostgresStore
from langgraph.store.postgres.base import PostgresIndexConfig, _group_ops, _namespace_to_text
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from memory.long_term.prefetched import PrefetchedEmbeddings
from memory.postgres.setup_lock import setup_lock
from memory.text import clean_tree

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


class PostgresStore(AsyncPostgresStore):
    """A BaseStore over a pool. `index` as LangGraph's IndexConfig; its vectors are kept as halfvec."""

    # The stock third migration builds an HNSW index, under which a filtered search comes back empty.
    VECTOR_MIGRATIONS = AsyncPostgresStore.VECTOR_MIGRATIONS[:2]

    def __init__(self, pool: Pool, index: PostgresIndexConfig | None = None) -> None:
        if index is not None:
            embed = PrefetchedEmbeddings(cast(Any, index["embed"]), index.get("fields") or ["$"])
            ann: Any = {"kind": "flat", "vector_type": "halfvec"}
            index = {**index, "embed": embed, "ann_index_config": ann, "distance_type": "cosine"}
        super().__init__(pool, index=index, ttl={"omit_expired": True, "refresh_on_read": False})
        self.pool = pool
        self.prefetched = embed if index is not None else None

    async def setup(self) -> None:
        async with setup_lock(self.pool, "store"):
            await super().setup()

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """All of it or nothing: the operations of one call are one transaction."""
        cleaned = [_cleaned(op) for op in ops]
        if self.prefetched is not None:
            await self.prefetched.prefetch(cleaned)
        grouped, count = _group_ops(cleaned)
        results: list[Result] = [None] * count
        async with (
            self.pool.connection() as conn,
            conn.transaction(),
            conn.cursor(binary=True) as cur,
        ):
            await _drop_stale_vectors(cur, cleaned)
            await self._run(grouped, results, cur)
        return results

    async def _run(self, grouped: dict[type, Any], results: list[Result], cur: AsyncCursor[DictRow]) -> None:
        if GetOp in grouped:
            await self._batch_get_ops(grouped[GetOp], results, cur)
        if SearchOp in grouped:
            await self._batch_search_ops(grouped[SearchOp], results, cur)
        if ListNamespacesOp in grouped:
            await self._batch_list_namespaces_ops(grouped[ListNamespacesOp], results, cur)
        if PutOp in grouped:
            await self._batch_put_ops(grouped[PutOp], cur)

    # The stock store gathers concurrent callers into one batch, where one bad operation fails everybody's.
    async def aget(
        self, namespace: tuple[str, ...], key: str, *, refresh_ttl: bool | None = None
    ) -> Item | None:
        return await Base.aget(self, namespace, key, refresh_ttl=bool(refresh_ttl))

    async def asearch(
        self,
        namespace_prefix: tuple[str, ...],
        /,
        *,
        query: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the contract's own name
        limit: int = 10,
        offset: int = 0,
        refresh_ttl: bool | None = None,
    ) -> list[SearchItem]:
        return await Base.asearch(
            self,
            namespace_prefix,
            query=query,
            filter=filter,
            limit=limit,
            offset=offset,
            refresh_ttl=bool(refresh_ttl),
        )

    async def aput(
        self,
        namespace: tuple[str, ...],
        key: str,
        value: Mapping[str, Any],
        index: Literal[False] | list[str] | None = None,
        *,
        ttl: float | NotProvided | None = NOT_PROVIDED,
    ) -> None:
        await Base.aput(self, namespace, key, dict(value), index, ttl=ttl)

    async def adelete(self, namespace: tuple[str, ...], key: str) -> None:
        await Base.adelete(self, namespace, key)

    async def alist_namespaces(
        self,
        *,
        prefix: NamespacePath | None = None,
        suffix: NamespacePath | None = None,
        max_depth: int | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[tuple[str, ...]]:
        return await Base.alist_namespaces(
            self, prefix=prefix, suffix=suffix, max_depth=max_depth, limit=limit, offset=offset
        )


def _cleaned(op: Op) -> Op:
    if isinstance(op, PutOp):
        if "\x00" in op.key:
            raise ValueError("A memory's key holds a NUL byte; keys are plain text.")
        if op.value is not None:
            return op._replace(value=clean_tree(op.value))
    if isinstance(op, SearchOp):
        query = None if op.query is None else clean_tree(op.query)
        return op._replace(query=query, filter=clean_tree(op.filter))
    return op


async def _drop_stale_vectors(cur: AsyncCursor[DictRow], ops: list[Op]) -> None:
    """A value put again with index=False, or with fewer fields, must not be found by its old text."""
    rows = [
        (_namespace_to_text(op.namespace), op.key)
        for op in ops
        if isinstance(op, PutOp) and op.value is not None
    ]
    if rows:
        await cur.execute(
            "DELETE FROM store_vectors v USING unnest(%s::text[], %s::text[]) AS gone(prefix, key) "
            "WHERE v.prefix = gone.prefix AND v.key = gone.key",
            ([prefix for prefix, _ in rows], [key for _, key in rows]),
        )

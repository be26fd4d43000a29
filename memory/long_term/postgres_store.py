"""The stock AsyncPostgresStore, configured and bounded so that its known defects do not show.

Exact search (no ANN index that filters after the fact), paged in one order, comparing JSON types; one
transaction a batch, in order; callers that do not share a batch; embeddings computed before a connection is
taken; a set-up that many processes may run at once; clean text.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, LiteralString, cast

from langgraph.store.base import (
    NOT_PROVIDED,
    GetOp,
    Item,
    ListNamespacesOp,
    NamespacePath,
    NotProvided,
    Op,
    Result,
    SearchItem,
    SearchOp,
)
from langgraph.store.base import BaseStore as Base
from langgraph.store.postgres.aio import AsyncPostgresStore
from langgraph.store.postgres.base import PostgresIndexConfig, _namespace_to_text
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from memory.long_term.operations import cleaned
from memory.long_term.prefetched import PrefetchedEmbeddings
from memory.long_term.search_sql import search_sql
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more
from memory.postgres.setup_lock import setup_lock

_TTL_IS_WHOLE: LiteralString = """
    SELECT count(*) > 0 AS answer FROM pg_attribute
    WHERE attrelid = to_regclass('store') AND attname = 'ttl_minutes' AND atttypid = 'integer'::regtype
"""
_LOCK: LiteralString = """
    SELECT s.prefix, s.key FROM store s
    JOIN unnest(%s::text[], %s::text[]) AS claimed(prefix, key) USING (prefix, key)
    ORDER BY s.prefix, s.key FOR UPDATE OF s
"""
_LOCK_AND_DROP_VECTORS: LiteralString = f"""
    WITH locked AS ({_LOCK})
    DELETE FROM store_vectors v USING locked WHERE v.prefix = locked.prefix AND v.key = locked.key
"""  # noqa: S608 - our own words


class PostgresStore(AsyncPostgresStore):
    """A BaseStore over a pool. `index` as LangGraph's IndexConfig; its vectors are kept as halfvec."""

    # The stock third migration builds an HNSW index, under which a filtered search comes back empty.
    VECTOR_MIGRATIONS = AsyncPostgresStore.VECTOR_MIGRATIONS[:2]

    def __init__(self, pool: Pool, index: PostgresIndexConfig | None = None) -> None:
        if index is not None:
            fields = index.get("fields") or ["$"]
            embed = PrefetchedEmbeddings(
                cast(Any, index["embed"]), [fields] if isinstance(fields, str) else fields
            )
            ann: Any = {"kind": "flat", "vector_type": "halfvec"}
            index = {**index, "embed": embed, "ann_index_config": ann, "distance_type": "cosine"}
        super().__init__(pool, index=index, ttl={"omit_expired": True, "refresh_on_read": False})
        self.pool = pool
        self.first_field: str = cast(Any, self.index_config)["__tokenized_fields"][0][0] if index else ""
        self.prefetched = embed if index is not None else None

    async def setup(self) -> None:
        async with setup_lock(self.pool, "store"):
            new_type = await self._one("SELECT to_regtype('halfvec') IS NULL AS answer")
            await super().setup()
            # The stock column holds whole minutes, so that a refreshed half minute expired at once.
            if await self._one(_TTL_IS_WHOLE):
                async with self.pool.connection() as conn:
                    await conn.execute("ALTER TABLE store ALTER COLUMN ttl_minutes TYPE double precision")
        if new_type:
            # Connections from before the extension cannot send vectors.
            await self.pool.drain()

    async def _one(self, query: LiteralString) -> bool:
        async with self.pool.connection() as conn:
            row = await (await conn.execute(query)).fetchone()
        return bool(row and row["answer"])

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """All of it or nothing, in order: the operations of one call are one transaction."""
        numbered = list(enumerate(cleaned(op) for op in ops))
        if self.prefetched is not None:
            await self.prefetched.prefetch(op for _, op in numbered)
        return await once_more(lambda: self._transact(numbered))

    async def _transact(self, numbered: list[tuple[int, Op]]) -> list[Result]:
        results: list[Result] = [None] * len(numbered)
        async with (
            self.pool.connection() as conn,
            conn.transaction(),
            conn.cursor(binary=True) as cur,
        ):
            for kind, run in groupby(numbered, key=lambda entry: type(entry[1])):
                await self._run(kind, list(run), results, cur)
        return results

    async def _run(
        self, kind: type[Op], run: list[Any], results: list[Result], cur: AsyncCursor[DictRow]
    ) -> None:
        """Neighbours of one kind go together; a read sees the writes before it."""
        if kind is GetOp:
            await self._batch_get_ops(run, results, cur)
        elif kind is SearchOp:
            await self._batch_search_ops(run, results, cur)
        elif kind is ListNamespacesOp:
            await self._batch_list_namespaces_ops(run, results, cur)
        else:
            last = {(_namespace_to_text(op.namespace), op.key): (number, op) for number, op in run}
            await self._claim(cur, sorted(last))
            await self._batch_put_ops([last[row] for row in sorted(last)], cur)

    async def _claim(self, cur: AsyncCursor[DictRow], rows: list[tuple[str, str]]) -> None:
        """Lock the rows, every batch in the same order; drop their vectors, which `index` may not renew."""
        names = ([prefix for prefix, _ in rows], [key for _, key in rows])
        await cur.execute(_LOCK if self.index_config is None else _LOCK_AND_DROP_VECTORS, names)

    def _prepare_batch_search_queries(
        self, search_ops: Sequence[tuple[int, SearchOp]]
    ) -> tuple[list[tuple[str, list[Any]]], list[tuple[int, str]]]:
        queries, to_embed = [], []
        for place, (_, op) in enumerate(search_ops):
            by_meaning = bool(op.query and self.index_config)
            if by_meaning:
                to_embed.append((place, str(op.query)))
            queries.append(search_sql(op, self.first_field if by_meaning else None))
        return queries, to_embed

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
        await Base.aput(self, namespace, key, cast(Any, value), index, ttl=ttl)

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

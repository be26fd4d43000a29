"""The long-term memory: a BaseStore on Postgres and pgvector."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, cast

import numpy as np
from langgraph.store.base import GetOp, IndexConfig, ListNamespacesOp, Op, PutOp, Result, SearchOp
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from memory.long_term import lanes, reads
from memory.long_term.document import Lane, document_of
from memory.long_term.filters import conditions
from memory.long_term.fusion import Candidate, fuse
from memory.long_term.isolation import ISOLATION, enter, working_role
from memory.long_term.lanes import Scope
from memory.long_term.lexemes import Lexicon, OpenLexicon
from memory.long_term.loop_bound import LoopBound
from memory.long_term.operations import PutIf, Search, cleaned, read_search
from memory.long_term.places import place_of, within
from memory.long_term.question import Question, read_question
from memory.long_term.recipes import RECIPES
from memory.long_term.spaces import Space, serving_space
from memory.long_term.tables import MIGRATIONS
from memory.long_term.writes import ConflictError, Write, check_versions, write
from memory.postgres.migrations import migrate
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more
from memory.postgres.setup_lock import setup_lock

__all__ = ["ConflictError", "PostgresStore"]

Vectors = Mapping[str, Any]
_SPEAKERS = "SELECT DISTINCT speaker FROM memory_speakers WHERE {}"


class PostgresStore(LoopBound):
    """A BaseStore over a pool; without `index` nothing is searched by meaning or by words.

    `index`: LangGraph's IndexConfig. `lexicon`: how words become dimensions. Use it within the event loop that it
    was made on, or through its synchronous methods from other threads. `setup` comes first.
    """

    def __init__(
        self,
        pool: Pool,
        index: IndexConfig | None = None,
        *,
        lexicon: Lexicon | None = None,
        model: str = "unnamed",
    ) -> None:
        super().__init__()
        self.strategies = frozenset(RECIPES)
        self.pool = pool
        self.index_config = index
        self.embeddings: Any = index["embed"] if index else None
        self._fields = _fields(index)
        self._lexicon = lexicon or OpenLexicon()
        self._model = model
        self._role: str | None = None
        self._space: Space | None = None

    async def setup(self) -> None:
        """Make or complete the tables; a database that is whole is only read. Raises UserError on another model's."""
        if await self._lacks_vectors():
            async with setup_lock(self.pool, "extension"), self.pool.connection() as conn:
                await conn.execute("CREATE EXTENSION IF NOT EXISTS vector")
            # Connections from before the extension cannot send vectors.
            await self.pool.drain()
        await migrate(self.pool, "store", (*MIGRATIONS, ISOLATION))
        await self._prepare()

    async def _prepare(self) -> None:
        """Read once which role works here and which vectors serve."""
        if self.index_config is not None:
            self._space = await serving_space(self.pool, self._model, self.index_config["dims"])
        self._role = await working_role(self.pool)

    async def _lacks_vectors(self) -> bool:
        async with self.pool.connection() as conn:
            row = await (await conn.execute("SELECT to_regtype('halfvec') IS NULL AS lacks")).fetchone()
        return bool(row and row["lacks"])

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """All of it or nothing, in order: the operations of one call are one transaction.

        Raises ValueError or TypeError on an operation that cannot be meant, ConflictError on a version that is no
        more, and what the embedding model and Postgres raise.
        """
        plans = [self._plan(cleaned(op)) for op in ops]
        if self._role is None:
            await self._prepare()
        await self._read_questions(plans)
        vectors = await self._embed(plans)
        for plan in plans:
            plan.place_vectors(vectors)
        return await once_more(lambda: self._transact(plans))

    def _plan(self, op: Op) -> "_Plan":
        plan = _Plan(op)
        if isinstance(op, PutOp):
            document = document_of(op, self._fields) if self.index_config is not None else None
            plan.write = Write(op, document, expected=op.version if isinstance(op, PutIf) else None)
        elif isinstance(op, SearchOp):
            plan.search = read_search(op)
            plan.owner, owner, path = within(op.namespace_prefix)
            plan.scope = Scope(owner, path, conditions(plan.search.op.filter))
        if isinstance(op, GetOp | PutOp):
            plan.owner = place_of(op.namespace)[0]
        return plan

    async def _read_questions(self, plans: Sequence["_Plan"]) -> None:
        """What the queries ask; who speaks in an owner's memories is asked of the database."""
        for plan in plans:
            search = plan.search
            if search is None or not search.op.query or self.index_config is None:
                continue
            speakers: list[str] = []
            if search.recipe.speaker and plan.scope is not None:
                async with self.pool.connection() as conn, conn.pipeline(), conn.transaction():
                    await enter(conn, plan.owner, str(self._role))
                    owner, params = plan.scope.owner
                    rows = await conn.execute(cast(Any, _SPEAKERS.format(owner)), params)
                    speakers = [row["speaker"] for row in await rows.fetchall()]
            plan.question = read_question(search.op.query, speakers, search.asked_at)

    async def _embed(self, plans: Sequence["_Plan"]) -> Vectors:
        """Every text of the batch in one call, before any connection is taken."""
        texts = list(dict.fromkeys(text for plan in plans for text in plan.texts()))
        found = await self.embeddings.aembed_documents(texts) if texts else []
        return dict(zip(texts, (np.asarray(vector, dtype=np.float32) for vector in found), strict=True))

    async def _transact(self, plans: Sequence["_Plan"]) -> list[Result]:
        async with self.pool.connection() as conn, conn.pipeline(), conn.transaction():
            results: list[Result] = []
            for kind, run in groupby(plans, key=lambda plan: type(plan.op)):
                results += await self._run(conn, kind, list(run))
        return results

    async def _run(self, conn: AsyncConnection[DictRow], kind: type[Op], run: list["_Plan"]) -> list[Result]:
        """Neighbours of one kind go together; a read sees the writes before it."""
        if issubclass(kind, PutOp):
            await self._put(conn, run)
            return [None] * len(run)
        if kind is GetOp:
            return await self._get(conn, run)
        return [await (self._search(conn, plan) if plan.scope else self._list(conn, plan)) for plan in run]

    async def _put(self, conn: AsyncConnection[DictRow], run: list["_Plan"]) -> None:
        last = {(place_of(cast(PutOp, plan.op).namespace), cast(PutOp, plan.op).key): plan for plan in run}
        # Every batch locks in the same order.
        in_order = sorted(last.values(), key=lambda plan: plan.owner)
        space = self._space.id if self._space else None
        for owner, plans in groupby(in_order, key=lambda plan: plan.owner):
            writes = [plan.write for plan in plans if plan.write is not None]
            await enter(conn, owner, str(self._role))
            cursor = await write(conn, owner, writes, space, self._lexicon)
            if cursor is not None:
                check_versions(writes, await cursor.fetchall())

    async def _get(self, conn: AsyncConnection[DictRow], run: list["_Plan"]) -> list[Result]:
        found: dict[tuple[str, str, str], DictRow] = {}
        for owner, plans in groupby(sorted(run, key=lambda plan: plan.owner), key=lambda plan: plan.owner):
            ops = [cast(GetOp, plan.op) for plan in plans]
            await enter(conn, owner, str(self._role))
            rows = await self._rows(conn, *reads.gets(owner, ops))
            found |= {(owner, row["path"], row["key"]): row for row in rows}
            wanted = {(place_of(op.namespace)[1], op.key) for op in ops if op.refresh_ttl}
            await self._renew(conn, [row for row in rows if (row["path"], row["key"]) in wanted])
        keys = [(*place_of(op.namespace), op.key) for op in (cast(GetOp, plan.op) for plan in run)]
        return [reads.VersionedItem(found[key]) if key in found else None for key in keys]

    async def _search(self, conn: AsyncConnection[DictRow], plan: "_Plan") -> list[Any]:
        search, scope = cast(Search, plan.search), cast(Scope, plan.scope)
        await enter(conn, plan.owner, str(self._role))
        if plan.question is None or self._space is None:
            hits = await self._listed(conn, *reads.listing(scope, search.op.limit, search.op.offset))
        elif search.recipe.name == "vector":
            query = plan.vectors[Lane.STATED]
            depth = max(search.recipe.depth, 8 * search.op.limit)
            asked = lanes.nearest(scope, self._space.id, query, depth, search.op.limit, search.op.offset)
            hits = await self._listed(conn, *asked)
        else:
            hits = await self._ranked(conn, plan, plan.question, search, scope)
        if search.op.refresh_ttl:
            await self._renew(conn, [row for row, _ in hits])
        return [hit for _, hit in hits]

    async def _listed(
        self, conn: AsyncConnection[DictRow], query: str, params: Sequence[Any]
    ) -> list[tuple[DictRow, reads.Hit]]:
        return [(row, reads.Hit(row, row["score"])) for row in await self._rows(conn, query, params)]

    async def _ranked(
        self, conn: AsyncConnection[DictRow], plan: "_Plan", question: Question, search: Search, scope: Scope
    ) -> list[tuple[DictRow, reads.Hit]]:
        space = self._space.id if self._space else None
        dimensions = list(dict.fromkeys(self._lexicon.dimension(plan.owner, word) for word in question.words))
        asked = lanes.candidates(scope, space, question, plan.vectors, dimensions, search.recipe)
        found = [Candidate(**row) for row in await self._rows(conn, *asked)]
        ranked = fuse(found, question, search.recipe)[search.op.offset :][: search.op.limit]
        rows = await self._rows(conn, *reads.by_ids(scope, [each.candidate.id for each in ranked]))
        by_id = {(row["owner"], row["id"]): row for row in rows}
        pairs = [(by_id.get((each.candidate.owner, each.candidate.id)), each) for each in ranked]
        return [(row, reads.Hit(row, each.score, each.receipt())) for row, each in pairs if row is not None]

    async def _renew(self, conn: AsyncConnection[DictRow], rows: Sequence[DictRow]) -> None:
        """Items that have a lifetime, and whose reader asked for it, live it anew; nothing else is written."""
        mortal = [row for row in rows if row["ttl_minutes"] is not None]
        for of, some in groupby(sorted(mortal, key=lambda row: row["owner"]), key=lambda row: row["owner"]):
            await conn.execute(reads.REFRESH, {"owner": of, "ids": [row["id"] for row in some]})

    async def _list(self, conn: AsyncConnection[DictRow], plan: "_Plan") -> list[tuple[str, ...]]:
        op = cast(ListNamespacesOp, plan.op)
        prefix = next(
            (c.path for c in op.match_conditions or () if c.match_type == "prefix" and "*" not in c.path), ()
        )
        who, owner, _ = within(cast(Any, prefix))
        await enter(conn, who, str(self._role))
        rows = await self._rows(conn, *reads.namespaces(op, owner))
        return [tuple(row["labels"]) for row in rows]

    async def _rows(self, conn: AsyncConnection[DictRow], query: str, params: Sequence[Any]) -> list[DictRow]:
        cursor = conn.cursor(binary=True)
        await cursor.execute(cast(Any, query), params)
        return await cursor.fetchall()


class _Plan:
    """An operation with what it takes to run it."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.owner = ""
        self.write: Write | None = None
        self.search: Search | None = None
        self.scope: Scope | None = None
        self.question: Question | None = None
        self.vectors: dict[Lane, Any] = {}

    def texts(self) -> list[str]:
        """What of it has to be embedded."""
        if self.write is not None:
            return list(self.write.document.views) if self.write.document else []
        return list(self._forms().values())

    def _forms(self) -> dict[Lane, str]:
        question, search = self.question, self.search
        if question is None or search is None or not search.recipe.vectors:
            return {}
        if search.recipe.name == "vector":
            return {Lane.STATED: question.text}
        return {Lane.SAID: question.said, Lane.STATED: question.stated}

    def place_vectors(self, vectors: Vectors) -> None:
        if self.write is not None and self.write.document is not None:
            found = [vectors[text] for text in self.write.document.views]
            self.write = Write(self.write.op, self.write.document, found, self.write.expected)
        self.vectors = {lane: vectors[text] for lane, text in self._forms().items()}


def _fields(index: IndexConfig | None) -> list[str]:
    fields: Any = (index or {}).get("fields") or ["$"]
    return [fields] if isinstance(fields, str) else list(fields)

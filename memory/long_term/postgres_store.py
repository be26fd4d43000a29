"""The long-term memory: a BaseStore on Postgres and pgvector."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import groupby
from typing import Any, Final, cast

import psycopg
from langgraph.store.base import GetOp, IndexConfig, ListNamespacesOp, Op, PutOp, Result, SearchOp
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from memory.long_term import lanes, reads
from memory.long_term.candidates import Candidates
from memory.long_term.document import Lane, document_of
from memory.long_term.filters import conditions
from memory.long_term.fusion import fuse
from memory.long_term.isolation import EVERYBODY, enter, working_role
from memory.long_term.lanes import Scope
from memory.long_term.lexemes import Lexicon, OpenLexicon
from memory.long_term.loop_bound import LoopBound
from memory.long_term.operations import PutIf, Search, cleaned, read_search
from memory.long_term.places import place_of, within
from memory.long_term.profiles import COUNT, SPEAKERS, Profile, Profiles
from memory.long_term.question import Question, plain_question, read_question
from memory.long_term.recipes import RECIPES
from memory.long_term.renewal import renews
from memory.long_term.setting_up import set_up_tables
from memory.long_term.spaces import Space, Watch, replaced, serving_space
from memory.long_term.sweeper import sweep
from memory.long_term.takeover import Target, take_over
from memory.long_term.writes import ConflictError, Write, is_refusal, vector_of, write
from memory.postgres.letting_go import let_go
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more

__all__ = ["ConflictError", "PostgresStore"]

NEAREST: Final = 150
"""Views that are re-ranked by cosine, of those nearest by sign; eight for each that is asked for, if those are more."""

Vectors = Mapping[str, Any]
_Answer = Callable[[], Awaitable[list[Any]]]


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
        self._watch: Watch | None = None
        self._profiles = Profiles()

    async def setup(self) -> None:
        """Make or complete the tables; a database that is whole is only read. Raises UserError on another model's."""
        await set_up_tables(self.pool)
        await self._prepare()
        await take_over(self.pool, Target(self.embeddings, self._fields, self._space, self._lexicon))

    async def sweep_ttl(self) -> int:
        """Delete every memory that has expired, whoever's it is; returns how many. No read shows them anyway."""
        return await sweep(self.pool)

    async def _prepare(self) -> None:
        """Read once which role works here and which vectors serve."""
        if self.index_config is not None:
            self._space = await serving_space(self.pool, self._model, self.index_config["dims"])
            self._watch = Watch(self._space)
        self._role = await working_role(self.pool)

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        """All of it or nothing, in order: the operations of one call are one transaction.

        Raises ValueError or TypeError on an operation that cannot be meant, ConflictError on a version that is no
        more, UserError when another model's vectors serve by now, and what the embedding model and Postgres raise.
        """
        plans = [self._plan(cleaned(op)) for op in ops]
        return await let_go(self._run_plans(plans))

    async def _run_plans(self, plans: Sequence["_Plan"]) -> list[Result]:
        if self._role is None:
            await self._prepare()
        await self._read_questions(plans)
        vectors = await self._embed(plans)
        for plan in plans:
            plan.place_vectors(vectors)
        try:
            return await once_more(lambda: self._transact(plans))
        except psycopg.Error as error:
            if self._space is not None and is_refusal(error):
                raise replaced(self._space) from error
            raise

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
            if search.recipe.is_plain:
                plan.question = plain_question(search.op.query)
                continue
            if (search.recipe.keyword or search.recipe.speaker) and plan.scope is not None:
                plan.profile = self._profiles.get(plan.owner) or await self._read_profile(
                    plan.owner, plan.scope
                )
            plan.question = read_question(
                search.op.query, plan.profile.speakers, search.asked_at, search.spans
            )

    async def _read_profile(self, of: str, scope: Scope) -> Profile:
        owner, params = scope.owner
        async with self.pool.connection() as conn, conn.pipeline():
            async with conn.transaction():
                await enter(conn, of, str(self._role))
                named = await conn.execute(cast(Any, SPEAKERS.format(owner)), params)
                counted = await conn.execute(cast(Any, COUNT.format(owner)), params)
            rows = await named.fetchall()
            speakers = {self._lexicon.speaker(row["owner"], row["speaker"]) for row in rows}
            count = await counted.fetchone()
        profile = Profile(tuple(sorted(speakers)), count["memories"] if count else 0)
        return profile if of == EVERYBODY else self._profiles.put(of, profile)

    async def _embed(self, plans: Sequence["_Plan"]) -> Vectors:
        """Every text of the batch in one call, before any connection is taken."""
        texts = list(dict.fromkeys(text for plan in plans for text in plan.texts()))
        if texts and self._watch is not None:
            await self._watch.look(self.pool)
        found = await self.embeddings.aembed_documents(texts) if texts else []
        if len(found) != len(texts):
            raise ValueError(f"The embedding model gave {len(found)} vectors for {len(texts)} texts.")
        dims = self.index_config["dims"] if self.index_config else 0
        return dict(zip(texts, (vector_of(vector, dims) for vector in found), strict=True))

    async def _transact(self, plans: Sequence["_Plan"]) -> list[Result]:
        """Answers are read once COMMIT is on its way, so that all is one round trip.

        Where one leads to another statement, each is read before the next operation: they happen in their order.
        """
        in_turn = any(plan.goes_on for plan in plans)
        async with self.pool.connection() as conn:
            try:
                async with conn.pipeline():
                    answers: list[_Answer] = []
                    async with _transaction(conn, plans):
                        for run in _runs(plans, alone=in_turn):
                            answers.append(await self._ask(conn, run))
                            if in_turn:
                                answers[-1] = _known(await answers[-1]())
                    return [result for answer in answers for result in await answer()]
            except psycopg.Error:
                await conn.rollback()
                raise

    async def _ask(self, conn: AsyncConnection[DictRow], run: list["_Plan"]) -> "_Answer":
        if isinstance(run[0].op, PutOp):
            await self._put(conn, run)
            return _known([None] * len(run))
        if isinstance(run[0].op, GetOp):
            return await self._get(conn, run)
        answer = await (self._search(conn, run[0]) if run[0].scope else self._list(conn, run[0]))

        async def the_one() -> list[Result]:
            return [await answer()]

        return the_one

    async def _put(self, conn: AsyncConnection[DictRow], run: list["_Plan"]) -> None:
        last = {(place_of(cast(PutOp, plan.op).namespace), cast(PutOp, plan.op).key): plan for plan in run}
        # Every batch locks in the same order.
        in_order = sorted(last.values(), key=lambda plan: plan.owner)
        space = self._space.id if self._space else None
        for owner, plans in groupby(in_order, key=lambda plan: plan.owner):
            writes = [plan.write for plan in plans if plan.write is not None]
            await enter(conn, owner, str(self._role))
            await write(conn, owner, writes, space, self._lexicon)
            self._profiles.drop(owner)

    async def _get(self, conn: AsyncConnection[DictRow], run: list["_Plan"]) -> "_Answer":
        asked = []
        for owner, plans in groupby(sorted(run, key=lambda plan: plan.owner), key=lambda plan: plan.owner):
            ops = [cast(GetOp, plan.op) for plan in plans]
            await enter(conn, owner, str(self._role))
            asked.append((owner, ops, await self._query(conn, *reads.gets(owner, ops))))

        async def items() -> list[Result]:
            found: dict[tuple[str, str, str], DictRow] = {}
            for owner, ops, cursor in asked:
                rows = await cursor.fetchall()
                found |= {(owner, row["path"], row["key"]): row for row in rows}
                wanted = {(place_of(op.namespace)[1], op.key) for op in ops if renews(op)}
                await self._renew(conn, [row for row in rows if (row["path"], row["key"]) in wanted])
            keys = [(*place_of(op.namespace), op.key) for op in (cast(GetOp, plan.op) for plan in run)]
            return [reads.VersionedItem(found[key]) if key in found else None for key in keys]

        return items

    async def _search(self, conn: AsyncConnection[DictRow], plan: "_Plan") -> "_Answer":
        search, scope = cast(Search, plan.search), cast(Scope, plan.scope)
        await enter(conn, plan.owner, str(self._role))
        if plan.is_fused:
            return await self._fused(conn, plan, search, scope)
        if plan.question is None or self._space is None:
            asked = reads.listing(scope, search.op.limit, search.op.offset)
        else:
            query = plan.vectors[Lane.STATED]
            depth = max(NEAREST, 8 * search.op.limit)
            asked = lanes.nearest(
                scope, self._space.id, query, depth=depth, limit=search.op.limit, offset=search.op.offset
            )
        cursor = await self._query(conn, *asked)

        async def hits() -> list[Result]:
            rows = await cursor.fetchall()
            await self._renew(conn, rows if renews(search.op) else [])
            return [reads.Hit(row, row["score"]) for row in rows]

        return hits

    async def _fused(
        self, conn: AsyncConnection[DictRow], plan: "_Plan", search: Search, scope: Scope
    ) -> "_Answer":
        question = cast(Question, plan.question)
        space = self._space.id if self._space else None
        dimensions = list(dict.fromkeys(self._lexicon.dimension(plan.owner, word) for word in question.words))
        words = lanes.Words(dimensions, plan.profile.memories)
        asked = lanes.candidates(
            scope, space, question, vectors=plan.vectors, words=words, recipe=search.recipe
        )
        cursor = await self._query(conn, *asked)

        async def hits() -> list[Result]:
            rows = await self._ranked(conn, self._found(await cursor.fetchone()), question, search, scope)
            await self._renew(conn, [row for row, _ in rows] if renews(search.op) else [])
            return [hit for _, hit in rows]

        return hits

    def _found(self, row: DictRow | None) -> Candidates:
        """The one row of a search for candidates, with the names of those who speak as they are spoken."""
        columns = dict(row or {})
        said_by = zip(columns["owner"] or (), columns["speaker"] or (), strict=True)
        columns["speaker"] = [stored and self._lexicon.speaker(owner, stored) for owner, stored in said_by]
        return Candidates.of(columns)

    async def _ranked(
        self,
        conn: AsyncConnection[DictRow],
        found: Candidates,
        question: Question,
        search: Search,
        scope: Scope,
    ) -> list[tuple[DictRow, reads.Hit]]:
        ranked = fuse(found, question, search.recipe, first=search.op.offset, most=search.op.limit)
        asked = await self._query(conn, *reads.by_ids(scope, [each.id for each in ranked]))
        by_id = {(row["owner"], row["id"]): row for row in await asked.fetchall()}
        pairs = [(by_id.get((each.owner, each.id)), each) for each in ranked]
        return [(row, reads.Hit(row, each.score, each.receipt())) for row, each in pairs if row is not None]

    async def _renew(self, conn: AsyncConnection[DictRow], rows: Sequence[DictRow]) -> None:
        """Items that have a lifetime, and whose reader asked for it, live it anew; nothing else is written."""
        mortal = [row for row in rows if row["ttl_minutes"] is not None]
        for of, some in groupby(sorted(mortal, key=lambda row: row["owner"]), key=lambda row: row["owner"]):
            await conn.execute(reads.REFRESH, {"owner": of, "ids": [row["id"] for row in some]})

    async def _list(self, conn: AsyncConnection[DictRow], plan: "_Plan") -> "_Answer":
        op = cast(ListNamespacesOp, plan.op)
        prefix = next(
            (c.path for c in op.match_conditions or () if c.match_type == "prefix" and "*" not in c.path), ()
        )
        who, owner, _ = within(cast(Any, prefix))
        await enter(conn, who, str(self._role))
        cursor = await self._query(conn, *reads.namespaces(op, owner))

        async def names() -> list[Any]:
            return [tuple(row["labels"]) for row in await cursor.fetchall()]

        return names

    async def _query(
        self, conn: AsyncConnection[DictRow], query: str, params: Sequence[Any]
    ) -> AsyncCursor[DictRow]:
        cursor = conn.cursor(binary=True)
        await cursor.execute(cast(Any, query), params)
        return cursor


def _transaction(
    conn: AsyncConnection[DictRow], plans: Sequence["_Plan"]
) -> AbstractAsyncContextManager[object]:
    """For one operation a pipeline is a transaction by itself, unless we may have to take it back."""
    is_one = len(plans) == 1 and (plans[0].write is None or plans[0].write.expected is None)
    return nullcontext() if is_one else conn.transaction()


def _runs(plans: Sequence["_Plan"], *, alone: bool) -> Iterator[list["_Plan"]]:
    """Neighbouring puts, and neighbouring gets unless each has to be answered alone; any other operation by itself.

    So is a conditional put, whose condition is on what the puts before it left.
    """
    for kind, run in groupby(plans, key=lambda plan: type(plan.op)):
        if kind is PutOp or (kind is GetOp and not alone):
            yield list(run)
        else:
            yield from ([plan] for plan in run)


def _known(results: list[Any]) -> "_Answer":
    async def known() -> list[Result]:
        return results

    return known


class _Plan:
    """An operation with what it takes to run it."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.owner = ""
        self.write: Write | None = None
        self.search: Search | None = None
        self.scope: Scope | None = None
        self.question: Question | None = None
        self.profile = Profile()
        self.vectors: dict[Lane, Any] = {}

    @property
    def is_fused(self) -> bool:
        """A search whose lanes are fused here, and whose memories are fetched after that."""
        return self.question is not None and self.search is not None and not self.search.recipe.is_plain

    @property
    def goes_on(self) -> bool:
        """Whether its answer leads to another statement of the same transaction."""
        return self.is_fused or renews(self.op)

    def texts(self) -> list[str]:
        """What of it has to be embedded."""
        if self.write is not None:
            return list(self.write.document.views) if self.write.document else []
        return list(self._forms().values())

    def _forms(self) -> dict[Lane, str]:
        question, search = self.question, self.search
        if question is None or search is None or not search.recipe.vectors:
            return {}
        if search.recipe.is_plain:
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

"""The long-term memory: a BaseStore on Postgres and pgvector."""

import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from itertools import groupby
from typing import Any, Self, cast

import psycopg
from langgraph.store.base import GetOp, IndexConfig, ListNamespacesOp, Op, PutOp, Result, SearchOp
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from config.timings import timings
from memory.at_once import both
from memory.long_term.language.lexemes import Lexicon, OpenLexicon
from memory.long_term.ranking.candidates import Candidates
from memory.long_term.ranking.document import document_of, fields_of
from memory.long_term.ranking.fusion import fuse
from memory.long_term.ranking.lanes import Query, Scope, Told
from memory.long_term.ranking.question import Question, plain_question, read_question
from memory.long_term.ranking.recipes import RECIPES
from memory.long_term.ranking.spaces import Model, Space, Watch, replaced, serving_space
from memory.long_term.rows.burials import ErasedError, is_burial
from memory.long_term.rows.isolation import EVERYBODY, working_role
from memory.long_term.rows.places import place_of, within
from memory.long_term.rows.readers import NotGranted, Reader
from memory.long_term.statements import reads, writes
from memory.long_term.statements.filters import conditions
from memory.long_term.statements.loop_bound import LoopBound
from memory.long_term.statements.operations import PutIf, Search, cleaned, read_search
from memory.long_term.statements.plans import Ending, Plan, Vectors, is_one_put, runs
from memory.long_term.statements.procedures import kept
from memory.long_term.statements.profiles import COUNT, SPEAKERS, Profile, Profiles
from memory.long_term.statements.renewal import renews
from memory.long_term.statements.searching import first_query, found_in, told_in, words_ahead, words_query
from memory.long_term.statements.usual import usual
from memory.long_term.statements.ways import side_by_side
from memory.long_term.statements.work import Work
from memory.long_term.statements.writes import PUT, ConflictError, Write
from memory.long_term.upkeep.heat import Heat, has_cold
from memory.long_term.upkeep.setting_up import set_up_tables
from memory.long_term.upkeep.sweeper import sweep
from memory.long_term.upkeep.takeover import Target, take_over
from memory.postgres.letting_go import let_go
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more

__all__ = ["ConflictError", "PostgresStore"]

_Answer = Callable[[], Awaitable[list[Any]]]


class PostgresStore(LoopBound):
    """A BaseStore over a pool; without `index` nothing is searched by meaning or by words.

    `index`: LangGraph's IndexConfig. `lexicon`: how words become dimensions. `heat` notes what is read, for somebody
    who tends it. Use it within the event loop that it was made on, or through its synchronous methods from other
    threads. `setup` comes first.
    """

    def __init__(
        self,
        pool: Pool,
        index: IndexConfig | None = None,
        *,
        lexicon: Lexicon | None = None,
        model: str = "unnamed",
        heat: Heat | None = None,
    ) -> None:
        super().__init__()
        self.strategies = frozenset(RECIPES)
        self.dates = True
        self.pool = pool
        self.index_config = index
        self.embeddings: Any = index["embed"] if index else None
        self._fields = fields_of(index)
        self._lexicon = lexicon or OpenLexicon()
        self._model = model
        self._role: str | None = None
        self._space: Space | None = None
        self._watch: Watch | None = None
        self.profiles = Profiles()
        self.heat = heat or Heat()
        self._cold = False
        self._calls: Mapping[str, str] = {}
        self.reader: Reader | None = None

    def as_reader(self, reader: Reader) -> Self:
        """The same store as this reader may see and write it; it shares the pool and must not outlive it."""
        view = copy.copy(self)
        view.reader, view.profiles = reader, Profiles()
        return view

    async def setup(self) -> None:
        """Make or complete the tables; a database that is whole is only read. Raises UserError on another model's."""
        await set_up_tables(self.pool)
        await self._prepare()
        await take_over(self.pool, Target(self.embeddings, self._fields, self._space, self._lexicon))

    async def sweep_ttl(self) -> int:
        """Delete every memory that has expired, whoever's it is; returns how many. No read shows them anyway."""
        return await sweep(self.pool)

    async def _prepare(self) -> None:
        """Read once which role works here, which vectors serve and which procedures there are."""
        if self.index_config is not None:
            model = Model(self._model, self.index_config["dims"], self.embeddings)
            self._space = await serving_space(self.pool, model)
            self._watch = Watch(self._space)
        there = await kept(self.pool, usual().values())
        self._calls = {
            query: each.call(there[each.name]) for query, each in usual().items() if each.name in there
        }
        self._cold = self.heat.unread is not None or await has_cold(self.pool)
        self._role = await working_role(self.pool)

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        """All of it or nothing, in order: the operations of one call are one transaction.

        Raises ValueError or TypeError on an operation that cannot be meant, ConflictError on a version that is no
        more, ErasedError when the owner was erased since the work began, UserError when another model's vectors serve
        by now, and what the embedding model and Postgres raise.
        """
        plans = [self._plan(cleaned(op)) for op in ops]
        return await let_go(self._run_plans(plans)) if plans else []

    async def _run_plans(self, plans: Sequence[Plan]) -> list[Result]:
        if self._role is None:
            await self._prepare()
        await self._read_questions(plans)
        await self._look_ahead(plans)
        try:
            return await self._answered(plans)
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InsufficientPrivilege) as error:
            if self.reader is not None and isinstance(error, psycopg.errors.InsufficientPrivilege):
                raise NotGranted(f"No grant lets {self.reader.label} write there.") from error
            # The procedures are gone, or no longer ours to call, as after a restore: by statements it goes on.
            if not self._calls:
                raise
            self._calls = {}
            return await self._answered(plans)
        except psycopg.Error as error:
            if self._space is not None and writes.is_refusal(error):
                raise replaced(self._space) from error
            if is_burial(error):
                raise ErasedError from error
            if conflict := writes.conflict_in(
                error, [plan.write for plan in plans if plan.write is not None]
            ):
                raise conflict from error
            raise

    async def _look_ahead(self, plans: Sequence[Plan]) -> None:
        """Vectors, and among many memories those with the words of a query: they are found while it is embedded."""
        reads_alone = all(plan.write is None for plan in plans)
        # A search has to see what its batch writes before it.
        ahead = words_ahead(plans) if reads_alone and self._space is not None else None
        if ahead is None:
            vectors = await self._embed(plans)
        else:
            vectors, ahead.told = await both(self._embed(plans), self._told(ahead))
        for plan in plans:
            plan.place_vectors(vectors)
            plan.query = first_query(plan, self._space, self._lexicon)

    async def _told(self, plan: Plan) -> Told | None:
        try:
            async with self.pool.connection() as conn:
                query = words_query(plan, self._lexicon)
                asked = await self._work(conn, alone=True).ask(plan.owner, *query)
                return told_in(await asked.fetchone())
        except psycopg.Error:
            # The statement that looks for all of it does so again, and says what is wrong.
            return None

    async def _answered(self, plans: Sequence[Plan]) -> list[Result]:
        kind = "store read" if all(plan.write is None for plan in plans) else "store write"
        with timings.measure(kind):
            if kind == "store read" and self._is_kept(plans):
                return await side_by_side(plans, self._once_more)
            return await self._once_more(plans)

    async def _once_more(self, plans: Sequence[Plan]) -> list[Result]:
        """A condition that held, or what was read before it was written, cannot be had twice once COMMIT is sent."""
        ending = Ending()
        conditional = any(plan.write is not None and plan.write.expected is not None for plan in plans)
        once = conditional or len({plan.write is None for plan in plans}) > 1
        # What is one call is sent once: its connection has to answer before that.
        trusts = not (once and self._is_kept(plans))
        work, may = partial(self._transact, plans, ending), lambda: not (ending.begun and once)
        return await once_more(work, may, trusts=trusts)

    def _plan(self, op: Op) -> Plan:
        plan = Plan(op)
        if isinstance(op, PutOp):
            document = document_of(op, self._fields) if self.index_config is not None else None
            expected = op.version if isinstance(op, PutIf) else None
            plan.write = Write(op, document, expected=expected)
        elif isinstance(op, SearchOp):
            plan.search = read_search(op)
            plan.owner, owner, path = within(op.namespace_prefix)
            plan.scope = Scope(owner, path, conditions(plan.search.op.filter), self._cold)
        if isinstance(op, GetOp | PutOp):
            plan.owner = place_of(op.namespace)[0]
        return plan

    async def _read_questions(self, plans: Sequence[Plan]) -> None:
        """What the queries ask; who speaks in an owner's memories is asked of the database."""
        for plan in plans:
            search = plan.search
            if search is None or not search.op.query or self.index_config is None:
                continue
            if search.recipe.is_plain:
                plan.question = plain_question(search.op.query)
                continue
            if (search.recipe.keyword or search.recipe.speaker) and plan.scope is not None:
                plan.profile = self.profiles.get(plan.owner) or await self._read_profile(
                    plan.owner, plan.scope
                )
            plan.question = read_question(
                search.op.query, plan.profile.speakers, search.asked_at, search.spans
            )

    async def _read_profile(self, of: str, scope: Scope) -> Profile:
        owner, params = scope.owner
        async with self.pool.connection() as conn, conn.pipeline():
            async with conn.transaction():
                work = self._work(conn)
                named = await work.ask(of, SPEAKERS.format(owner), params)
                counted = await work.ask(of, COUNT.format(owner), params)
            rows = await named.fetchall()
            speakers = {self._lexicon.speaker(row["owner"], row["speaker"]) for row in rows}
            count = await counted.fetchone()
        profile = Profile(tuple(sorted(speakers)), count["memories"] if count else 0)
        return profile if of == EVERYBODY else self.profiles.put(of, profile)

    async def _embed(self, plans: Sequence[Plan]) -> Vectors:
        """Every text of the batch in one call, before any connection is taken."""
        texts = list(dict.fromkeys(text for plan in plans for text in plan.texts()))
        if texts and self._watch is not None:
            looked = await self._watch.look(self.pool)
            # Another process may have let something grow cold.
            self._cold = self._cold or (looked and await has_cold(self.pool))
        found = await self.embeddings.aembed_documents(texts) if texts else []
        if len(found) != len(texts):
            raise ValueError(f"The embedding model gave {len(found)} vectors for {len(texts)} texts.")
        dims = self.index_config["dims"] if self.index_config else 0
        return dict(zip(texts, (writes.vector_of(vector, dims) for vector in found), strict=True))

    async def _transact(self, plans: Sequence[Plan], ending: Ending) -> list[Result]:
        """Answers are read once COMMIT is on its way, so that all is one round trip.

        Where one leads to another statement of their transaction, each is read before the next operation.
        """
        is_writing = any(plan.write is not None for plan in plans)
        alone = self._is_kept(plans)
        in_turn = not alone and any(plan.goes_on for plan in plans)
        async with self.pool.connection() as conn:
            work = self._work(conn, alone=alone, patient=is_writing)
            if alone and (is_writing or len(plans) == 1):
                ending.begun = is_writing
                return await (await self._ask(work, list(plans)))()
            try:
                async with conn.pipeline():
                    answers: list[_Answer] = []
                    async with nullcontext() if alone else _transaction(conn, plans):
                        for run in runs(plans):
                            answers.append(await self._ask(work, run))
                            if in_turn:
                                answers[-1] = _known(await answers[-1]())
                        ending.begun = True
                    return [result for answer in answers for result in await answer()]
            except psycopg.Error:
                await conn.rollback()
                raise

    def _work(self, conn: AsyncConnection[DictRow], *, alone: bool = False, patient: bool = False) -> Work:
        return Work(conn, str(self._role), self._calls, alone=alone, patient=patient, reader=self.reader)

    def _is_kept(self, plans: Sequence[Plan]) -> bool:
        """Whether procedures alone do it: one call for all puts, which is a transaction, or one for each read."""
        if self.reader is not None:
            return False
        if plans[0].puts_a_value:
            return PUT in self._calls and is_one_put(plans)
        return all(self._is_kept_read(plan) for plan in plans)

    def _is_kept_read(self, plan: Plan) -> bool:
        if renews(plan.op):
            return False
        if isinstance(plan.op, GetOp):
            return reads.GETS in self._calls
        return plan.query is not None and plan.query[0] in self._calls

    async def _ask(self, work: Work, run: list[Plan]) -> "_Answer":
        if isinstance(run[0].op, PutOp):
            await self._put(work, run)
            return _known([None] * len(run))
        if isinstance(run[0].op, GetOp):
            return await self._get(work, run)
        answer = await (self._search(work, run[0]) if run[0].scope else self._list(work, run[0]))

        async def the_one() -> list[Result]:
            return [await answer()]

        return the_one

    async def _put(self, work: Work, run: list[Plan]) -> None:
        last = {(place_of(cast(PutOp, plan.op).namespace), cast(PutOp, plan.op).key): plan for plan in run}
        # Every batch locks in the same order.
        in_order = sorted(last.values(), key=lambda plan: plan.owner)
        for owner, plans in groupby(in_order, key=lambda plan: plan.owner):
            given = [plan.write for plan in plans if plan.write is not None]
            await writes.write(work, owner, given, self._space, self._lexicon)
            found_by = [each.document for each in given if each.document is not None]
            self.profiles.wrote(owner, {each.speaker for each in found_by if each.speaker}, len(found_by))

    async def _get(self, work: Work, run: list[Plan]) -> "_Answer":
        asked = []
        for owner, plans in groupby(sorted(run, key=lambda plan: plan.owner), key=lambda plan: plan.owner):
            ops = [cast(GetOp, plan.op) for plan in plans]
            asked.append((owner, ops, await work.ask(owner, *reads.gets(owner, ops))))

        async def items() -> list[Result]:
            found: dict[tuple[str, str, str], DictRow] = {}
            for owner, ops, cursor in asked:
                rows = await cursor.fetchall()
                self.heat.note(rows)
                found |= {(owner, row["path"], row["key"]): row for row in rows}
                wanted = {(place_of(op.namespace)[1], op.key) for op in ops if renews(op)}
                await self._renew(work, [row for row in rows if (row["path"], row["key"]) in wanted])
            keys = [(*place_of(op.namespace), op.key) for op in (cast(GetOp, plan.op) for plan in run)]
            return [reads.VersionedItem(found[key]) if key in found else None for key in keys]

        return items

    async def _search(self, work: Work, plan: Plan) -> "_Answer":
        cursor = await work.ask(plan.owner, *cast(Query, plan.query))

        async def fused() -> list[Result]:
            found = found_in(await cursor.fetchone(), self._lexicon)
            rows = await self._ranked(work, plan, found)
            self.heat.note(row for row, _ in rows)
            await self._renew(work, [row for row, _ in rows] if renews(plan.op) else [])
            return [hit for _, hit in rows]

        async def hits() -> list[Result]:
            rows = await cursor.fetchall()
            if plan.deeper is not None and len(rows) < cast(Search, plan.search).op.limit:
                rows = await (await work.ask(plan.owner, *plan.deeper())).fetchall()
            self.heat.note(rows)
            await self._renew(work, rows if renews(plan.op) else [])
            return [reads.Hit(row, row["score"]) for row in rows]

        return fused if plan.is_fused else hits

    async def _ranked(self, work: Work, plan: Plan, found: Candidates) -> list[tuple[DictRow, reads.Hit]]:
        search, scope = cast(Search, plan.search), cast(Scope, plan.scope)
        question = cast(Question, plan.question)
        ranked = fuse(found, question, search.recipe, first=search.op.offset, most=search.op.limit)
        if not ranked:
            return []
        asked = await work.ask(plan.owner, *reads.by_ids(scope, [each.id for each in ranked]))
        by_id = {(row["owner"], row["id"]): row for row in await asked.fetchall()}
        pairs = [(by_id.get((each.owner, each.id)), each) for each in ranked]
        return [(row, reads.Hit(row, each.score, each.receipt())) for row, each in pairs if row is not None]

    async def _renew(self, work: Work, rows: Sequence[DictRow]) -> None:
        """Items that have a lifetime, and whose reader asked for it, live it anew; nothing else is written."""
        mortal = [row for row in rows if row["ttl_minutes"] is not None]
        for of, some in groupby(sorted(mortal, key=lambda row: row["owner"]), key=lambda row: row["owner"]):
            await work.query(reads.REFRESH, {"owner": of, "ids": [row["id"] for row in some]})

    async def _list(self, work: Work, plan: Plan) -> "_Answer":
        op = cast(ListNamespacesOp, plan.op)
        given = (c.path for c in op.match_conditions or () if c.match_type == "prefix" and "*" not in c.path)
        who, owner, _ = within(cast(Any, next(given, ())))
        cursor = await work.ask(who, *reads.namespaces(op, owner))

        async def names() -> list[Any]:
            return [tuple(row["labels"]) for row in await cursor.fetchall()]

        return names


def _transaction(
    conn: AsyncConnection[DictRow], plans: Sequence[Plan]
) -> AbstractAsyncContextManager[object]:
    """For one operation a pipeline is a transaction by itself, unless we may have to take it back."""
    is_one = len(plans) == 1 and (plans[0].write is None or plans[0].write.expected is None)
    return nullcontext() if is_one else conn.transaction()


def _known(results: list[Any]) -> "_Answer":
    async def known() -> list[Result]:
        return results

    return known

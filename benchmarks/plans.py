"""How Postgres runs our searches: EXPLAIN (ANALYZE, BUFFERS) under row security, in the store's own transactions."""

from collections.abc import Sequence
from typing import Final

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from benchmarks.contestants import CONNECTIONS, LIMIT
from benchmarks.synthetic import DIMS, Corpus, Question, Ready
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.statements.work import Params, Work
from memory.postgres.pool import open_pool

STRATEGIES: Final = ("vector", "keyword", "temporal", "hybrid")


class ExplainingWork(Work):
    """Runs the statements themselves, and keeps the plan of each."""

    def __init__(self, conn: AsyncConnection[DictRow], role: str, plans: list[str]) -> None:
        super().__init__(conn, role, {})
        self._plans = plans

    async def query(self, statement: str, params: Params) -> AsyncCursor[DictRow]:
        asked = await super().query(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", params)
        self._plans.append("\n".join(str(next(iter(row.values()))) for row in await asked.fetchall()))
        return await super().query(statement, params)


class Explaining(PostgresStore):
    """The store, which keeps the plan of every statement."""

    plans: list[str]

    async def _prepare(self) -> None:
        await super()._prepare()
        self._calls = {}

    def _work(self, conn: AsyncConnection[DictRow], *, alone: bool = False, patient: bool = False) -> Work:
        return ExplainingWork(conn, str(self._role), self.plans)


async def plans_of(address: str, corpus: Corpus, ready: Ready, questions: Sequence[Question]) -> str:
    """Markdown with the plans of each strategy; every question is asked, and the last one's plans are shown."""
    lines = []
    async with open_pool(address, max_size=CONNECTIONS, timeout_s=10, name="bench-plans") as pool:
        store = Explaining(pool, {"dims": DIMS, "embed": ready, "fields": ["text"]})
        for strategy in STRATEGIES:
            for question in questions:
                store.plans = []
                await store.asearch(
                    corpus.namespace(question.owner),
                    query=question.text,
                    filter={"$strategy": strategy},
                    limit=LIMIT,
                )
            lines += [f"### {strategy}: {questions[-1].text}", ""]
            lines += [line for plan in store.plans for line in ("```", plan, "```", "")]
    return "\n".join(lines)

"""How Postgres runs our searches: EXPLAIN (ANALYZE, BUFFERS) under row security, in the store's own transactions."""

from collections.abc import Sequence
from typing import Any, Final, cast

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from benchmarks.contestants import CONNECTIONS, LIMIT
from benchmarks.synthetic import DIMS, Corpus, Question, Ready
from memory.long_term.postgres_store import PostgresStore
from memory.postgres.pool import open_pool

STRATEGIES: Final = ("vector", "keyword", "temporal", "hybrid")


class Explaining(PostgresStore):
    """The store, which keeps the plan of every query that returns rows."""

    plans: list[str]

    async def _query(
        self, conn: AsyncConnection[DictRow], query: str, params: Sequence[Any]
    ) -> AsyncCursor[DictRow]:
        asked = await conn.execute(cast(Any, f"EXPLAIN (ANALYZE, BUFFERS) {query}"), params)
        self.plans.append("\n".join(str(next(iter(row.values()))) for row in await asked.fetchall()))
        return await super()._query(conn, query, params)


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

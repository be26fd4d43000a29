"""A database of LangGraph's stock store becomes ours at the first set-up, and its tables stay as they are."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from langgraph.store.base import PutOp
from langgraph.store.postgres.aio import AsyncPostgresStore

from memory.lifecycle.learning.build import episodes
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.signs import PLAIN
from memory.long_term.upkeep.takeover import indexed_by
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import index

ANA = ("memories", "ana", "semantic")


@asynccontextmanager
async def stock(address: str, *, indexed: bool = True) -> AsyncIterator[AsyncPostgresStore]:
    config: Any = index(HashedWords()) if indexed else None
    async with AsyncPostgresStore.from_conn_string(address, index=config) as store:
        await store.setup()
        yield store


@asynccontextmanager
async def ours(address: str, embedder: HashedWords | None = None) -> AsyncIterator[PostgresStore]:
    async with open_pool(address, max_size=4, timeout_s=20, name="takeover") as pool:
        store = PostgresStore(pool, index(embedder or HashedWords()))
        await store.setup()
        yield store


def ask(address: str, query: str) -> Any:
    with psycopg.connect(address) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        return connection.execute(query).fetchall()


async def test_items_keep_their_names_times_and_lifetimes(
    empty_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with stock(empty_database) as old:
        await old.aput(ANA, "tea", {"text": "green tea", "deep": {"n": [1, None, "x\u2028"]}})
        await old.aput(("memories", "bo"), "k", {"text": "rain"}, ttl=10)
        await old.aput(("alone",), "k", {"text": "sun"})
        await old.aput(ANA, "gone", {"text": "expired"}, ttl=10)
        before = {item.key: item for item in await old.asearch(ANA)}
    ask(
        empty_database,
        "UPDATE store SET expires_at = now() - interval '1 second' WHERE key = 'gone' RETURNING 1",
    )
    tables = ask(
        empty_database, "SELECT s::text FROM store s UNION ALL SELECT v::text FROM store_vectors v ORDER BY 1"
    )
    caplog.set_level(logging.INFO)
    async with ours(empty_database) as new:
        (tea,) = await new.asearch(ANA, query="green tea")
        was = before["tea"]
        assert (tea.value, tea.created_at, tea.updated_at) == (was.value, was.created_at, was.updated_at)
        assert tea.namespace == ANA
        assert await new.alist_namespaces() == [("alone",), ANA, ("memories", "bo")]
        ((minutes, left),) = ask(
            empty_database,
            "SELECT ttl_minutes, expires_at - now() FROM memory_items WHERE owner = 'memories.bo'",
        )
        assert minutes == 10
        assert timedelta(minutes=9) < left < timedelta(minutes=10)
    assert "taking over 3 memories" in caplog.text
    assert tables == ask(
        empty_database, "SELECT s::text FROM store s UNION ALL SELECT v::text FROM store_vectors v ORDER BY 1"
    )


async def test_what_was_not_to_be_found_is_not(empty_database: str) -> None:
    async with stock(empty_database) as old:
        await old.aput(ANA, "seen", {"text": "green tea"})
        await old.aput(ANA, "unseen", {"text": "green tea"}, index=False)
        await old.aput(
            ANA,
            "titled",
            {"text": "x", "title": "black tea", "tags": ["a b", "c"]},
            index=["title", "tags[*]"],
        )
    async with ours(empty_database) as new:
        assert {item.key for item in await new.asearch(ANA)} == {"seen", "unseen", "titled"}
        found = {item.key: item.score for item in await new.asearch(ANA, query="black tea")}
        assert set(found) == {"seen", "titled"}
        assert found["titled"] == pytest.approx(1.0, abs=0.01)
    kept = ask(
        empty_database,
        "SELECT m.key, l.fields FROM memory_lookup l JOIN memory_items m USING (owner, id) ORDER BY 1",
    )
    assert kept == [("seen", None), ("titled", ["tags[*]", "title"])]


async def test_without_vectors_all_of_it_is_indexed(empty_database: str) -> None:
    async with stock(empty_database, indexed=False) as old:
        await old.aput(ANA, "k", {"text": "green tea"})
    async with ours(empty_database) as new:
        assert [item.key for item in await new.asearch(ANA, query="green tea")] == ["k"]


async def test_it_happens_once(empty_database: str) -> None:
    async with stock(empty_database) as old:
        await old.aput(ANA, "k", {"text": "green tea"})
        async with ours(empty_database) as new:
            await new.adelete(ANA, "k")
        await old.aput(ANA, "later", {"text": "written behind our back"})
    async with ours(empty_database) as new:
        assert await new.asearch(ANA) == []


async def test_a_database_without_stock_tables_stays_ours(empty_database: str) -> None:
    async with ours(empty_database):
        pass
    async with stock(empty_database) as beside:
        await beside.aput(ANA, "k", {"text": "somebody else's"})
    async with ours(empty_database) as new:
        assert await new.asearch(ANA) == []


async def test_what_ours_has_already_wins(empty_database: str) -> None:
    async with ours(empty_database) as new:
        await new.aput(ANA, "k", {"text": "newer"})
    async with stock(empty_database) as old:
        await old.aput(ANA, "k", {"text": "older"})
        await old.aput(ANA, "other", {"text": "older, too"})
    ask(empty_database, "DELETE FROM memory_migrations WHERE number = 3 RETURNING 1")
    async with ours(empty_database) as new:
        texts = {item.key: item.value["text"] for item in await new.asearch(ANA)}
        assert texts == {"k": "newer", "other": "older, too"}
        assert {item.key for item in await new.asearch(ANA, query="newer older")} == {"k", "other"}


async def test_ended_half_way_it_goes_on(empty_database: str) -> None:
    async with stock(empty_database) as old:
        await old.abatch([PutOp(ANA, f"k{n:03}", {"text": f"memory {n}"}) for n in range(200)])

    class Failing(HashedWords):
        calls = 0

        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            self.calls += texts != [*PLAIN]
            if self.calls == 3:
                raise RuntimeError("the model is away")
            return await super().aembed_documents(texts)

    with pytest.raises(RuntimeError, match="away"):
        async with ours(empty_database, Failing()):
            pass
    assert ask(empty_database, "SELECT count(*) FROM memory_items") == [(128,)]
    async with ours(empty_database) as new:
        assert len(await new.asearch(ANA, query="memory", limit=300)) == 200
    assert ask(empty_database, "SELECT count(*), count(DISTINCT id) FROM memory_vectors") == [(200, 200)]


async def test_many_processes_take_over_once(empty_database: str) -> None:
    async with stock(empty_database) as old:
        await old.abatch([PutOp(ANA, f"k{n}", {"text": f"memory {n}"}) for n in range(100)])
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(*(stack.enter_async_context(ours(empty_database)) for _ in range(4)))
        assert len(await stores[0].asearch(ANA, limit=200)) == 100
    assert ask(empty_database, "SELECT count(*), count(DISTINCT id) FROM memory_vectors") == [(100, 100)]


async def test_episodes_are_numbered_as_they_were_said(empty_database: str) -> None:
    """The keys of memories are digests: their order says nothing."""
    place = ("memories", "ana", "episodic")
    said = [f"message number {n}" for n in range(9)]
    async with stock(empty_database) as old:
        for number, text in enumerate(said):
            at = datetime(2026, 5, 1, 12, number, tzinfo=UTC)
            evidence = Evidence(thread_id="t", said=(Said(f"m{number}", "user", text, at, None),))
            for memory in episodes(evidence, "", at):
                await old.aput(place, memory.id, memory.to_value())
    async with ours(empty_database):
        pass
    query = "SELECT m.value->>'detail' FROM memory_lookup l JOIN memory_items m USING (owner, id) ORDER BY l.place"
    assert [text for (text,) in ask(empty_database, query)] == said


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (None, None),
        ([], False),
        (["text"], None),
        (["title"], ["title"]),
        (["tags[*].0", "tags[*].1", "text"], ["tags[*]", "text"]),
        (["odd.0"], ["odd.0"]),
        (["$"], ["$"]),
    ],
)
def test_field_names_of_vectors_become_paths(names: list[str] | None, found: Any) -> None:
    value = {"text": "a", "title": "b", "tags": ["c", "d"], "odd": {"0": "e"}}
    assert indexed_by(value, names, ["text"]) == found

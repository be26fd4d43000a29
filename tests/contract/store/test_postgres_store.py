"""What our store promises beyond the contract."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from langgraph.store.base import BaseStore, GetOp, Item, PutOp, SearchOp
from langgraph.store.postgres.aio import AsyncPostgresStore

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.rows import isolation
from memory.long_term.statements.filters import MAX_CONDITIONS, MAX_LISTED
from memory.postgres.pool import open_pool
from memory.postgres.setup_lock import setup_lock
from tests.contract.store.embedding import DIMS, HashedWords
from tests.contract.store.places import PLACES, alone, index

NS = ("users", "ana")


@pytest.fixture(params=["ours"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def count(address: str, table: str) -> int:
    with psycopg.connect(address) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row
    return int(row[0])


async def test_batches_over_the_same_items_in_opposite_order_all_succeed(store: BaseStore) -> None:
    keys = [f"k{n}" for n in range(40)]

    async def write(turned: bool, number: int) -> None:
        order = reversed(keys) if turned else keys
        await store.abatch([PutOp(NS, key, {"text": f"{key} {number}", "by": number}) for key in order])

    for _ in range(5):
        await asyncio.gather(*(write(number % 2 == 0, number) for number in range(4)))
    writers = {item.value["by"] for item in await store.asearch(NS, limit=50)}
    assert len(writers) == 1


async def test_deletes_leave_no_vector(store: BaseStore, database_of: Callable[[str], str]) -> None:
    for n in range(5):
        await store.aput(NS, f"k{n}", {"text": f"tea {n}"})
    assert count(database_of("ours"), "memory_vectors") == 5
    await store.abatch([PutOp(NS, f"k{n}", None) for n in range(4)])
    await store.aput(NS, "k4", {"text": "tea"}, index=False)
    assert count(database_of("ours"), "memory_vectors") == 0


async def test_an_unembeddable_text_holds_no_connection(store: PostgresStore, embedder: HashedWords) -> None:
    with pytest.raises(RuntimeError, match="embedder"):
        await store.aput(NS, "k", {"text": HashedWords.POISON})
    assert store.pool.get_stats().get("requests_waiting", 0) == 0
    assert await store.aget(NS, "k") is None


async def test_r27_backends_terminated_between_operations(
    store: BaseStore, database_of: Callable[[str], str]
) -> None:
    for number in range(3):
        await store.aput(NS, f"k{number}", {"text": "tea"})
        with psycopg.connect(database_of("ours"), autocommit=True) as connection:
            gone = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'contract'"
            ).fetchall()
        assert gone
        assert len(await store.asearch(NS, query="tea")) == number + 1


@pytest.mark.parametrize("kept", [True, False], ids=["procedures", "statements"])
async def test_r27_a_backend_terminated_within_a_batch(
    store: PostgresStore, database_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    await store.aput(NS, "k", {"text": "tea"})
    if not kept:
        monkeypatch.setattr(store, "_calls", {})
    ask, cuts = store._ask, []

    async def cut(work: Any, run: Any) -> Any:
        if not cuts:
            cuts.append(work)
            with psycopg.connect(database_of("ours"), autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", (work.conn.info.backend_pid,))
        return await ask(work, run)

    monkeypatch.setattr(store, "_ask", cut)
    item, found = await store.abatch([GetOp(NS, "k"), SearchOp(NS, query="tea")])
    assert cuts
    assert isinstance(item, Item)
    assert found == await store.asearch(NS, query="tea") != []


async def test_it_serves_without_an_index(database: str) -> None:
    async with open_pool(database, max_size=2, timeout_s=20, name="plain") as pool:
        store = PostgresStore(pool)
        await store.setup()
        await store.aput(NS, "k", {"text": "tea", "n": 10})
        await store.aput(NS, "k", {"text": "tea", "n": 11})
        assert [item.key for item in await store.asearch(NS, query="tea", filter={"n": {"$gt": 9}})] == ["k"]
        await store.adelete(NS, "k")
        assert await store.asearch(NS) == []


async def test_whole_values_are_embedded_before_a_connection_is_taken(database: str) -> None:
    embedder = HashedWords()
    async with open_pool(database, max_size=2, timeout_s=20, name="whole") as pool:
        store = PostgresStore(pool, {"dims": DIMS, "embed": embedder})
        await store.setup()
        embedder.waiting.clear()
        embedder.door.clear()
        slow = [asyncio.create_task(store.aput(NS, f"k{n}", {"word": f"tea {n}"})) for n in range(4)]
        await embedder.waiting.wait()
        assert await store.abatch([GetOp(NS, "none")]) == [None]
        embedder.door.set()
        await asyncio.gather(*slow)
        assert len([item for item in await store.asearch(NS, query="tea") if item.score is not None]) == 4


async def test_many_setups_share_a_small_pool(database: str) -> None:
    async with open_pool(database, max_size=2, timeout_s=20, name="small") as pool:
        stores = [PostgresStore(pool, index(HashedWords())) for _ in range(6)]
        await asyncio.gather(*(store.setup() for store in stores))
        await stores[0].aput(NS, "k", {"text": "tea"})


async def test_holders_of_two_locks_do_not_wait_for_each_others_connection(database: str) -> None:
    async with open_pool(database, max_size=2, timeout_s=20, name="two-locks") as pool:
        both_began = asyncio.Barrier(2)

        async def set_up(name: str) -> None:
            await both_began.wait()
            async with setup_lock(pool, name):
                await asyncio.sleep(0.1)
                async with pool.connection() as conn:
                    await conn.execute("SELECT 1")

        await asyncio.gather(set_up("extension"), set_up("store"))


@pytest.mark.parametrize("store_name", ["ours", "encrypted"], indirect=True)
@pytest.mark.parametrize(
    "wanted",
    [
        {f"k{n}": 0 for n in range(MAX_CONDITIONS + 1)},
        {f"k{n}": {"$gt": 0, "$lt": 9} for n in range(MAX_CONDITIONS // 2 + 1)},
        {"n": {"$in": list(range(MAX_LISTED + 1))}},
        {"n": {"$nin": list(range(MAX_LISTED + 1))}},
    ],
    ids=["fields", "operators", "in", "nin"],
)
async def test_a_filter_of_thousands_of_fields_held_the_database(
    store: BaseStore, wanted: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="A filter "):
        await store.asearch(NS, filter=wanted)


async def test_a_filter_as_large_as_may_be_is_answered(store: BaseStore) -> None:
    value = {f"k{n}": 0 for n in range(MAX_CONDITIONS - 1)}
    await store.aput(NS, "k", {"text": "a", "n": 1, **value})
    for query in (None, "a"):
        wanted = {**value, "n": {"$in": list(range(MAX_LISTED))}}
        [hit] = await store.asearch(NS, filter=wanted, query=query)
        assert hit.key == "k"


async def test_a_search_ran_on_for_ever(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody waits for any more is given up, and not once more; what writes waits for its turn."""
    monkeypatch.setattr(isolation, "PATIENCE_MS", 300)
    async with open_pool(database, max_size=3, timeout_s=20, name="patience") as pool:
        store = PostgresStore(pool, index(HashedWords()))
        await store.setup()
        await store.aput(NS, "k", {"text": "tea", "n": 10})
        async with pool.connection() as other, other.transaction():
            await other.execute("LOCK TABLE memory_items IN ACCESS EXCLUSIVE MODE")
            for query in (None, "tea"):
                with pytest.raises(psycopg.errors.QueryCanceled):
                    await store.asearch(NS, query=query, filter={"n": {"$gt": 9}})
            waiting = asyncio.create_task(store.aput(NS, "l", {"text": "tea", "n": 11}))
            done, _ = await asyncio.wait([waiting], timeout=0.6)
            assert not done
        await waiting
        assert len(await store.asearch(NS, filter={"n": {"$gt": 9}})) == 2
        async with pool.connection() as conn:
            shown = await (await conn.execute("SHOW statement_timeout")).fetchone()
        assert shown == {"statement_timeout": "0"}


async def test_it_takes_over_what_the_stock_store_wrote(database: str) -> None:
    config: Any = {
        **index(HashedWords()),
        "ann_index_config": {"kind": "hnsw", "vector_type": "halfvec"},
    }
    async with AsyncPostgresStore.from_conn_string(database, index=config) as stock:
        await stock.setup()
        await stock.aput(NS, "k", {"text": "green tea", "n": 10}, ttl=1)
    async with PLACES["ours"].open(database, HashedWords(), alone) as ours:
        await PLACES["ours"].set_up(ours)
        (found,) = await ours.asearch(NS, query="green tea", filter={"n": {"$gt": 9}})
        assert found.score == pytest.approx(1.0, abs=0.01)
        await ours.aput(NS, "k", {"text": "red wine"}, ttl=0.5)
        await ours.aget(NS, "k", refresh_ttl=True)
        assert await ours.aget(NS, "k") is not None


@pytest_asyncio.fixture(loop_scope="session")
async def quick(database: str) -> AsyncIterator[BaseStore]:
    async with PLACES["ours"].open(database, HashedWords(), alone) as opened:
        yield opened


async def test_setup_again_changes_nothing(quick: PostgresStore) -> None:
    await quick.setup()
    await quick.aput(NS, "k", {"text": "tea"})
    await quick.setup()
    assert await quick.aget(NS, "k") is not None

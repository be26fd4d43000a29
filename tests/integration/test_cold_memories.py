"""What nobody read for long leaves the index of meanings, stays findable, and comes back when it is asked for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.upkeep.heat import Heat, cool, has_cold
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import DIMS, HashedWords
from tests.services.long_term import opened, rows

NS = ("users", "ana", "episodic")
BOB = ("users", "bob", "episodic")
NOW = timedelta(0)
A_YEAR = timedelta(days=365)
INDEX: Any = {"dims": DIMS, "embed": HashedWords(), "fields": ["text"]}


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with open_pool(database, max_size=4, timeout_s=20, name="heat") as pool:
        made = PostgresStore(pool, INDEX, heat=Heat(A_YEAR))
        await made.setup()
        yield made


def views(address: str) -> list[tuple[int, int, str]]:
    """(lane, length of its signs, signs) of every view, in the order of their keys."""
    with psycopg.connect(address) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        return connection.execute(
            "SELECT v.lane, bit_length(v.bits), v.bits::text FROM memory_vectors v JOIN memory_items m "
            "ON m.owner = v.owner AND m.id = v.id ORDER BY m.key, v.view"
        ).fetchall()


async def test_what_was_read_lately_stays_and_the_rest_grows_cold(
    store: PostgresStore, database: str
) -> None:
    for key in ("a", "b"):
        await store.aput(NS, key, {"text": f"green tea {key}"})
    assert await cool(store.pool, A_YEAR) == 0
    assert not await has_cold(store.pool)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        connection.execute("UPDATE memory_items SET updated_at = updated_at - interval '400 days'")
    await store.aget(NS, "b")
    assert await store.heat.flush(store.pool) == 1
    assert await cool(store.pool, A_YEAR, batch=1) == 1
    assert [(lane, length) for lane, length, _ in views(database)] == [(2, 0), (0, DIMS)]
    assert await has_cold(store.pool)


async def test_one_that_is_read_is_as_it_was_before_it_grew_cold(store: PostgresStore, database: str) -> None:
    await store.aput(NS, "a", {"said": "I planted roses", "meant": "a garden"}, index=["said", "meant"])
    before = views(database)
    assert len(before) == 2
    assert await cool(store.pool, NOW) == 1
    assert {length for _, length, _ in views(database)} == {0}
    found = await store.asearch(NS, query="roses", filter={"$strategy": "keyword"})
    assert [item.key for item in found] == ["a"]
    assert await store.heat.flush(store.pool) == 1
    assert views(database) == before
    assert not await has_cold(store.pool)


@pytest.mark.parametrize("strategy", ["vector", "hybrid"])
async def test_a_cold_memory_is_found_by_its_meaning_where_nothing_warm_is_near(
    store: PostgresStore, strategy: str
) -> None:
    await store.aput(NS, "cold", {"text": "a violin lesson"})
    await cool(store.pool, NOW)
    for n in range(30):
        await store.aput(NS, f"warm{n:02}", {"text": f"weather report number{n}"})
    chosen = {"$strategy": strategy}
    best, *_ = await store.asearch(NS, query="violin lesson", filter=chosen, limit=3)
    assert best.key == "cold"
    assert best.score is not None
    others = await store.asearch(NS, query="weather report", filter={"$strategy": "vector"}, limit=5)
    assert all(item.key.startswith("warm") for item in others)


async def test_pages_hold_warm_and_cold_ones_once_each(store: PostgresStore) -> None:
    keys = [f"k{n:02}" for n in range(60)]
    for key in keys[:40]:
        await store.aput(NS, key, {"text": f"tea {key}"})
    await cool(store.pool, NOW)
    for key in keys[40:]:
        await store.aput(NS, key, {"text": f"tea {key}"})
    paged = [
        item.key
        for offset in range(0, 70, 7)
        for item in await store.asearch(NS, query="tea", limit=7, offset=offset)
    ]
    assert sorted(paged) == keys
    assert set(paged[:20]) == set(keys[40:])
    assert [item.key for item in await store.asearch(NS, query="tea", limit=60)] == paged


async def test_writing_forgetting_and_expiring_leave_nothing_cold_behind(
    store: PostgresStore, database: str
) -> None:
    for key in ("changed", "gone", "expired"):
        await store.aput(NS, key, {"text": f"tea {key}"}, ttl=60)
    await cool(store.pool, NOW)
    await store.aput(NS, "changed", {"text": "coffee"})
    await store.adelete(NS, "gone")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        for table in ("memory_items", "memory_lookup", "memory_vectors"):
            connection.execute(
                f"UPDATE {table} SET expires_at = now() - interval '1 minute' WHERE expires_at IS NOT NULL"
            )
    assert [item.key for item in await store.asearch(NS, query="tea expired")] == ["changed"]
    assert await store.sweep_ttl() == 1
    assert [lane for lane, _, _ in views(database)] == [0]
    assert rows(database, "memory_vectors") == 1


async def test_s02_nobody_finds_anothers_cold_memory(store: PostgresStore) -> None:
    await store.aput(NS, "anas", {"text": "a violin lesson"})
    await cool(store.pool, NOW)
    await store.aput(BOB, "bobs", {"text": "weather"})
    for strategy in ("vector", "keyword", "hybrid"):
        found = await store.asearch(BOB, query="violin lesson", filter={"$strategy": strategy})
        assert all(item.namespace == BOB for item in found)
    found = await store.asearch(("users",), query="violin lesson", limit=5)
    assert found[0].key == "anas"


async def test_reading_writes_nothing_itself(store: PostgresStore, database: str) -> None:
    await store.aput(NS, "a", {"text": "a violin lesson"})
    await cool(store.pool, NOW)
    read_only = f"{database}&options=-c%20default_transaction_read_only%3Don"
    async with opened(read_only) as replica:
        assert (await replica.asearch(NS, query="violin lesson"))[0].key == "a"
        assert await replica.aget(NS, "a") is not None


async def test_a_store_that_keeps_no_heat_still_finds_what_another_let_grow_cold(
    store: PostgresStore, database: str
) -> None:
    await store.aput(NS, "a", {"text": "a violin lesson"})
    await cool(store.pool, NOW)
    async with opened(database) as other:
        assert [item.key for item in await other.asearch(NS, query="violin lesson")] == ["a"]


async def test_it_tends_itself_by_the_clock(database: str) -> None:
    seconds = [0.0]
    async with open_pool(database, max_size=4, timeout_s=20, name="heat") as pool:
        store = PostgresStore(pool, INDEX, heat=Heat(NOW, clock=lambda: seconds[0]))
        await store.setup()
        await store.aput(NS, "a", {"text": "tea"})
        await store.heat.tend(pool)
        assert await has_cold(pool)
        await store.aget(NS, "a")
        await store.heat.tend(pool)
        assert not await has_cold(pool)
        seconds[0] = 3_600.0
        await store.heat.tend(pool)
        assert await has_cold(pool)


async def test_a_model_whose_texts_are_all_alike_loses_nothing_to_the_cold(database: str) -> None:
    class Narrow(HashedWords):
        def embed_query(self, text: str) -> list[float]:
            found = super().embed_query(text)
            return [0.85 / len(found) ** 0.5 + 0.5 * part for part in found]

    index: Any = {"dims": DIMS, "embed": Narrow(), "fields": ["text"]}
    async with open_pool(database, max_size=4, timeout_s=20, name="heat") as pool:
        store = PostgresStore(pool, index, heat=Heat(A_YEAR))
        await store.setup()
        await store.aput(NS, "cold", {"text": "a violin lesson"})
        await cool(pool, NOW)
        for n in range(20):
            await store.aput(NS, f"warm{n:02}", {"text": f"weather report number{n}"})
        for strategy in ("vector", "hybrid"):
            found = await store.asearch(NS, query="violin lesson", filter={"$strategy": strategy}, limit=3)
            assert found[0].key == "cold"


async def test_what_was_read_before_anybody_noted_it_is_not_taken_for_unread(
    store: PostgresStore, database: str
) -> None:
    await store.aput(NS, "a", {"text": "tea"})
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        connection.execute("UPDATE memory_items SET updated_at = updated_at - interval '800 days'")
    await store.heat.tend(store.pool)
    assert not await has_cold(store.pool)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE memory_heat SET began = began - interval '400 days'")
    assert await cool(store.pool, A_YEAR) == 1


async def test_a_running_store_hears_of_what_another_process_let_grow_cold(
    store: PostgresStore, database: str
) -> None:
    async with opened(database) as other:
        await store.aput(NS, "a", {"text": "a violin lesson"})
        assert [item.key for item in await other.asearch(NS, query="violin lesson")] == ["a"]
        await cool(store.pool, NOW)
        other._watch._next = 0.0
        await other.asearch(NS, query="violin lesson")
        assert [item.key for item in await other.asearch(NS, query="violin lesson")] == ["a"]


async def test_what_could_not_be_written_down_is_written_another_time(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.aput(NS, "a", {"text": "tea"})
    await store.aget(NS, "a")

    async def away(*_: Any) -> None:
        raise psycopg.OperationalError("away")

    monkeypatch.setattr("memory.long_term.upkeep.heat._note", away)
    with pytest.raises(psycopg.OperationalError):
        await store.heat.flush(store.pool)
    monkeypatch.undo()
    assert await store.heat.flush(store.pool) == 1


async def test_one_with_many_views_takes_no_place_of_others_on_a_page(store: PostgresStore) -> None:
    await store.aput(NS, "big", {"notes": [f"tea number{n}" for n in range(190)]}, index=["notes[*]"])
    for n in range(3):
        await store.aput(NS, f"cold{n}", {"text": f"tea cold{n}"})
    await cool(store.pool, NOW)
    await store.aget(NS, "big")
    await store.heat.flush(store.pool)
    for n in range(20):
        await store.aput(NS, f"warm{n:02}", {"text": f"tea set warm{n}"})
    pages = [await store.asearch(NS, query="tea", limit=10, offset=offset) for offset in (0, 10, 20)]
    assert [len(page) for page in pages] == [10, 10, 4]
    assert len({item.key for page in pages for item in page}) == 24

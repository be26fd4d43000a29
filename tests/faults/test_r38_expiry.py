"""R38: the database's clock alone decides; what expired is never recalled, what was renewed is never deleted."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from langgraph.store.base import GetOp, PutOp, SearchOp

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.statements.operations import STRATEGY
from memory.long_term.statements.renewal import ASKED
from memory.long_term.upkeep import sweeper
from memory.long_term.upkeep.sweeper import sweep, sweeping
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import index
from tests.services.postgres import until

NS = ("users", "ana", "notes")
PARTS = ("memory_items", "memory_lookup", "memory_vectors")


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with open_pool(database, max_size=6, timeout_s=20, name="expiry") as pool:
        made = PostgresStore(pool, index(HashedWords()))
        await made.setup()
        yield made


@contextmanager
def connected(address: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        yield connection


def expire(address: str, where: str = "true") -> None:
    with connected(address) as connection:
        for table in PARTS:
            connection.execute(
                f"UPDATE {table} t SET expires_at = now() - interval '1 hour' WHERE (owner, id) IN "
                f"(SELECT owner, id FROM memory_items WHERE ttl_minutes IS NOT NULL AND {where})"
            )


def counts(address: str) -> list[int]:
    with connected(address) as connection:
        rows = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in PARTS]
    return [row[0] for row in rows if row]


async def happens(what: Callable[[], bool]) -> None:
    await asyncio.to_thread(until, what, "what the sweeper does")


async def test_expired_memories_go_with_all_that_they_were_found_by(
    store: PostgresStore, database: str
) -> None:
    await store.abatch([PutOp(NS, f"k{n}", {"text": f"tea {n}"}, ttl=1) for n in range(25)])
    await store.aput(("users", "bo"), "b", {"text": "tea"}, ttl=1)
    await store.aput(NS, "stays", {"text": "tea"})
    await store.aput(NS, "young", {"text": "tea"}, ttl=10)
    assert await store.sweep_ttl() == 0
    expire(database, "key <> 'young'")
    assert {item.key for item in await store.asearch(NS, query="tea", limit=50)} == {"stays", "young"}
    assert counts(database) == [28, 28, 28]
    assert await sweep(store.pool, batch=4) == 26
    assert counts(database) == [2, 2, 2]
    assert {item.key for item in await store.asearch(NS)} == {"stays", "young"}


async def test_a_renewal_that_the_sweep_waits_behind_wins(store: PostgresStore, database: str) -> None:
    await store.abatch([PutOp(NS, key, {"text": "tea"}, ttl=1) for key in ("renewed", "due")])
    expire(database)
    with psycopg.connect(database) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        connection.execute(
            "UPDATE memory_items SET expires_at = now() + interval '1 hour' WHERE key = 'renewed'"
        )
        assert await store.sweep_ttl() == 1
        connection.commit()
    assert await store.sweep_ttl() == 0
    assert [item.key for item in await store.asearch(NS)] == ["renewed"]


async def test_a_renewal_between_the_sweeps_look_and_its_lock_wins(
    store: PostgresStore, database: str
) -> None:
    """The sweep's statement sees the memory as expired; its lock then meets the renewed one."""
    await store.aput(NS, "k", {"text": "tea"}, ttl=1)
    expire(database)
    look = sweeper._DUE.replace("<= now()", "<= now() AND pg_advisory_xact_lock_shared(38) IS NOT NULL")
    assert look != sweeper._DUE
    found: list[Any] = []

    def looking() -> None:
        with connected(database) as connection:
            found.append(connection.execute(look, {"limit": 10}).fetchall())

    thread = threading.Thread(target=looking)
    with connected(database) as connection:
        connection.execute("SELECT pg_advisory_lock(38)")
        thread.start()
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 38 AND NOT granted"
        until(lambda: connection.execute(waiting).fetchall(), "the sweep has looked")
        connection.execute("UPDATE memory_items SET expires_at = now() + interval '1 hour'")
        connection.execute("SELECT pg_advisory_unlock(38)")
        await asyncio.to_thread(thread.join)
    assert found == [[]]


async def test_sweeps_beside_writers_and_renewals_delete_nothing_that_lives(
    store: PostgresStore, database: str
) -> None:
    keys = [f"k{n}" for n in range(40)]
    await store.abatch([PutOp(NS, key, {"text": "tea"}, ttl=60) for key in keys])

    async def renew() -> None:
        for number in range(30):
            await store.abatch([GetOp(NS, key, refresh_ttl=ASKED) for key in keys[number % 4 :: 4]])
            await store.abatch([PutOp(NS, key, {"text": f"tea {number}"}, ttl=60) for key in keys[::7]])

    async def add_and_expire() -> int:
        swept = 0
        for number in range(15):
            await store.abatch([PutOp(NS, f"old{number}-{n}", {"text": "x"}, ttl=0.0) for n in range(5)])
            swept += await store.sweep_ttl()
        return swept

    results = await asyncio.gather(renew(), renew(), add_and_expire(), add_and_expire())
    await store.sweep_ttl()
    assert sum(result or 0 for result in results) > 0
    assert {item.key for item in await store.asearch(NS, limit=100)} == set(keys)
    assert counts(database) == [40, 40, 40]


async def test_a_reader_whose_clock_is_an_hour_off_sees_the_same(
    store: PostgresStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.aput(NS, "k", {"text": "tea"}, ttl=30)
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert await store.aget(NS, "k") is not None
    assert await store.sweep_ttl() == 0
    expire(database)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert await store.aget(NS, "k") is None
    assert await store.sweep_ttl() == 1


async def test_it_sweeps_by_itself_and_goes_on_after_a_failure(
    store: PostgresStore, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store.aput(NS, "k", {"text": "tea"}, ttl=1)
    expire(database)
    with connected(database) as connection:
        connection.execute("ALTER TABLE memory_items RENAME TO hidden")
        async with sweeping(store.pool, 0.01):
            await happens(lambda: "could not be deleted" in caplog.text)
            connection.execute("ALTER TABLE hidden RENAME TO memory_items")
            await happens(lambda: counts(database) == [0, 0, 0])
    assert caplog.text.count("could not be deleted") == 1
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "sweep expired memories"]


def read_only(address: str) -> None:
    """As a replica is, for every connection that is opened from now on."""
    with connected(address) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = on")


async def test_a_bare_read_of_what_expires_writes_nothing(store: PostgresStore, database: str) -> None:
    """LangGraph's operations have refresh_ttl=True by default, which is no wish."""
    await store.aput(NS, "k", {"text": "tea"}, ttl=30)
    query = "SELECT expires_at, xmin FROM memory_items"
    with connected(database) as connection:
        before = connection.execute(query).fetchall()
    read_only(database)
    bare = [GetOp(NS, "k"), SearchOp(NS), SearchOp(NS, query="tea")]
    fused = SearchOp(NS, query="tea", filter={STRATEGY: "hybrid"})
    async with open_pool(database, max_size=2, timeout_s=20, name="replica") as pool:
        replica = PostgresStore(pool, index(HashedWords()))
        await replica.setup()
        for reader in (replica, store):
            item, *found = await reader.abatch([*bare, fused])
            assert item is not None
            assert [[each.key for each in hits] for hits in found] == [["k"]] * 3  # type: ignore[union-attr,misc]
            assert await reader.aget(NS, "k") is not None
            assert len(await reader.asearch(NS, query="tea")) == 1
        for wish in (replica.aget(NS, "k", refresh_ttl=True), replica.abatch([GetOp(NS, "k", ASKED)])):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                await wish
    with connected(database) as connection:
        assert connection.execute(query).fetchall() == before
    await store.abatch([GetOp(NS, "k", ASKED)])
    with connected(database) as connection:
        assert connection.execute(query).fetchall() > before


async def test_every_way_to_ask_for_renewal_renews(store: PostgresStore, database: str) -> None:
    await store.aput(NS, "k", {"text": "tea"}, ttl=30)

    def expires() -> Any:
        with connected(database) as connection:
            return connection.execute("SELECT expires_at FROM memory_items").fetchall()

    async def asked() -> list[Any]:
        return [
            await store.aget(NS, "k", refresh_ttl=True),
            await asyncio.to_thread(store.get, NS, "k", refresh_ttl=True),
            *await store.asearch(NS, query="tea", refresh_ttl=True),
            *await asyncio.to_thread(store.search, NS, refresh_ttl=True),
            *await store.abatch([GetOp(NS, "k", refresh_ttl=ASKED)]),
        ]

    before = expires()
    assert [item.key for item in await asked()] == ["k"] * 5
    once = expires()
    assert once > before
    await store.aget(NS, "k")
    await asyncio.to_thread(store.search, NS)
    assert expires() == once


async def test_a_read_only_database_is_left_to_its_primary(
    store: PostgresStore, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "memory")
    read_only(database)
    async with open_pool(database, max_size=2, timeout_s=20, name="replica") as pool, sweeping(pool, 0.01):
        await happens(lambda: "read-only" in caplog.text)

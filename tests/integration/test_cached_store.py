"""The cache where it can go wrong: two processes, a Redis that dies, forgets or cannot be reached."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
import redis
from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.layers import ProcessLayer, RedisLayer
from memory.long_term.wrappers.redis_client import open_redis
from memory.long_term.wrappers.redis_versions import RedisVersions
from memory.long_term.wrappers.versions import LocalVersions
from memory.postgres.pool import open_pool
from tests.services.postgres import until
from tests.services.redis import LocalRedis, install

PROJECT = Path(__file__).resolve().parents[2]
NS = ("users", "ana")
NOBODY = "redis://127.0.0.1:1/0"
Event = dict[str, Any]


@pytest.fixture
def own_redis() -> Iterator[LocalRedis]:
    """One that a test may kill."""
    server = LocalRedis(install())
    yield server
    server.stop()


class Workers:
    """Two processes of `cached_process`."""

    def __init__(self, postgres: str, address: str, folder: Path, maker: str = "parts") -> None:
        self.files = [folder / "1", folder / "2"]
        self._read_to = [0, 0]
        self._events: list[list[Event]] = [[], []]
        self.running = [
            subprocess.Popen(
                [
                    sys.executable,
                    *("-m", "config.loading", "tests.integration.cached_process"),
                    postgres,
                    address,
                    file,
                    file.name,
                    maker,
                ],
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=PROJECT,
                text=True,
            )
            for file in self.files
        ]

    def events(self) -> list[list[Event]]:
        """All so far, of each; what was read before is not read again."""
        for number, file in enumerate(self.files):
            if not file.exists():
                continue
            with file.open("rb") as text:
                text.seek(self._read_to[number])
                whole = text.read().rpartition(b"\n")[0]
            if whole:
                self._read_to[number] += len(whole) + 1
                self._events[number] += [json.loads(line) for line in whole.split(b"\n")]
        return self._events

    def do(self, number: int, kind: str, meaning: str) -> None:
        """Wait till each has done so many more of a kind; for hits, as many reads from the cache."""
        before = [amount(events, kind) for events in self.events()]

        def enough() -> bool:
            assert all(worker.poll() is None for worker in self.running), "a worker has ended"
            now = [amount(events, kind) for events in self.events()]
            return all(new >= old + number for new, old in zip(now, before, strict=True))

        until(enough, meaning)

    def kill(self) -> None:
        """Those of a test that failed."""
        for worker in self.running:
            if worker.poll() is None:
                worker.kill()
                worker.communicate()

    def end(self) -> list[Event]:
        for worker in self.running:
            _, said = worker.communicate("")
            assert worker.returncode == 0, said
        return [event for events in self.events() for event in events]


def amount(events: list[Event], kind: str) -> int:
    if kind == "hits":
        return int(events[-1]["hits"]) if events else 0
    return sum(event["kind"] == kind for event in events)


def check(events: list[Event]) -> None:
    """A key's numbers only grow: nobody reads less than what was written or read before he began."""
    for key in {event["key"] for event in events}:
        of_key = [event for event in events if event["key"] == key]
        begun = sorted((event["start"], event["number"]) for event in of_key if event["kind"] == "write")
        known = sorted((event["end"], event["number"]) for event in of_key)
        newest, place = 0, 0
        for read in sorted((one for one in of_key if one["kind"] == "read"), key=lambda one: one["start"]):
            while place < len(known) and known[place][0] < read["start"]:
                newest = max(newest, known[place][1])
                place += 1
            assert read["number"] >= newest, f"{read} is older than {newest}"
            possible = max([number for start, number in begun if start < read["end"]], default=0)
            # The last write may still be on its way when its process notes it.
            assert read["number"] <= possible + 1, f"{read} was not written yet"


def test_the_check_finds_a_stale_read() -> None:
    write = {"kind": "write", "key": "k", "number": 1, "start": 0.0, "end": 1.0}
    with pytest.raises(AssertionError, match="older than 1"):
        check([write, {"kind": "read", "key": "k", "number": 0, "start": 2.0, "end": 3.0}])
    check([write, {"kind": "read", "key": "k", "number": 0, "start": 0.5, "end": 3.0}])


async def set_up(address: str) -> None:
    async with open_pool(address, max_size=2, timeout_s=20, name="set-up") as pool:
        await PostgresStore(pool).setup()


@pytest.fixture
async def start_workers(database: str, tmp_path: Path) -> AsyncIterator[Callable[[str], Workers]]:
    """Starts both, with a Redis of this address."""
    await set_up(database)
    started: list[Workers] = []

    def start(address: str) -> Workers:
        started.append(Workers(database, address, tmp_path))
        return started[-1]

    yield start
    for workers in started:
        workers.kill()


async def test_two_processes_read_nothing_stale(
    start_workers: Callable[[str], Workers], redis_database: str
) -> None:
    workers = start_workers(redis_database)
    await asyncio.to_thread(workers.do, 40, "hits", "both read from the cache")
    await asyncio.to_thread(workers.do, 40, "write", "both write")
    check(await asyncio.to_thread(workers.end))


async def test_two_processes_of_the_factory_read_nothing_stale(
    database: str, redis_database: str, tmp_path: Path
) -> None:
    workers = Workers(database, redis_database, tmp_path, "factory")
    await asyncio.to_thread(workers.do, 20, "hits", "both read from the cache")
    await asyncio.to_thread(workers.do, 20, "write", "both write")
    check(await asyncio.to_thread(workers.end))


async def test_nothing_is_stale_when_redis_is_killed_and_comes_back(
    start_workers: Callable[[str], Workers], own_redis: LocalRedis
) -> None:
    workers = start_workers(own_redis.address)
    await asyncio.to_thread(workers.do, 12, "hits", "both read from the cache")
    own_redis._end_process()
    await asyncio.to_thread(workers.do, 20, "read", "both read without Redis")
    await asyncio.to_thread(workers.do, 2, "write", "both write without Redis")
    own_redis.start_again()
    await asyncio.to_thread(workers.do, 12, "hits", "both read from the cache again")
    await asyncio.to_thread(workers.do, 5, "write", "both write again")
    check(await asyncio.to_thread(workers.end))


class Parts:
    """Stores of several "processes" over one place."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.inner = InMemoryStore()

    async def store(self, address: str, max_age_s: float = 30.0) -> tuple[CachedStore, RedisVersions]:
        client = await self.stack.enter_async_context(open_redis(address, timeout_s=0.2))
        versions = RedisVersions(client, lease_s=0.2, pause_s=0.01)
        layers = [ProcessLayer(), RedisLayer(client)]
        return CachedStore(self.inner, versions=versions, layers=layers, max_age_s=max_age_s), versions


async def value(store: CachedStore) -> Any:
    item = await store.aget(NS, "k")
    return item and item.value["n"]


async def fill(store: CachedStore) -> None:
    """Read till it comes from the cache."""
    hits = store.counts.hits
    while store.counts.hits == hits:
        await value(store)


async def test_a_redis_that_comes_back_with_an_older_snapshot_is_not_believed(own_redis: LocalRedis) -> None:
    async with AsyncExitStack() as stack:
        parts = Parts(stack)
        store, _ = await parts.store(own_redis.address)
        await store.aput(NS, "k", {"n": 1})
        await fill(store)
        with redis.Redis.from_url(own_redis.address) as client:
            client.save()
        await store.aput(NS, "k", {"n": 2})
        own_redis._end_process()
        own_redis.start_again()
        assert await value(store) == 2
        await fill(store)
        assert await value(store) == 2


async def test_a_writer_that_cannot_reach_redis_returns_when_nobody_can_be_served_the_old(
    redis_database: str,
) -> None:
    async with AsyncExitStack() as stack:
        parts = Parts(stack)
        reader, _ = await parts.store(redis_database, max_age_s=0.5)
        cut_off, _ = await parts.store(NOBODY, max_age_s=0.5)
        await parts.inner.aput(NS, "k", {"n": 1})
        for number in range(2, 5):
            await fill(reader)
            await cut_off.aput(NS, "k", {"n": number})
            assert await value(reader) == number


async def test_without_redis_reads_and_writes_go_on(own_redis: LocalRedis) -> None:
    async with AsyncExitStack() as stack:
        store, _ = await Parts(stack).store(own_redis.address, max_age_s=0.1)
        own_redis._end_process()
        for number in range(3):
            await store.aput(NS, "k", {"n": number})
            assert await value(store) == number
        assert store.counts.hits == 0


async def test_the_lease_of_a_writer_that_died_keeps_its_owner_alone_out_and_ends(
    redis_database: str,
) -> None:
    async with AsyncExitStack() as stack:
        store, versions = await Parts(stack).store(redis_database)
        await store.aput(NS, "k", {"n": 1})
        await fill(store)
        versions.lease_s = 600.0
        await versions.announce([NS], [], "died")
        other, mine = await versions.read([("users", "bob"), NS])
        assert (mine, other is not None) == (None, True)
        versions.lease_s = 0.05
        await versions.announce([NS], [], "died")
        await fill(store)


async def test_a_slow_write_renews_its_lease(redis_database: str) -> None:
    async with AsyncExitStack() as stack:
        _, versions = await Parts(stack).store(redis_database)
        while await versions.read([NS]) == [None]:  # noqa: ASYNC110 - the epoch's first lease
            await asyncio.sleep(0.01)
        # Renewed three times a lease: a loop that is late by half of one does no harm.
        versions.lease_s = 1.0
        async with versions.writing([NS], mortal=[], max_age_s=1.0):
            await asyncio.sleep(versions.lease_s * 1.5)
            assert await versions.read([NS]) == [None]
        assert await versions.read([NS]) != [None]


async def test_what_is_in_redis_is_data(redis_database: str) -> None:
    async with AsyncExitStack() as stack:
        store, _ = await Parts(stack).store(redis_database)
        await store.aput(NS, "k", {"n": 1})
        await fill(store)
        with redis.Redis.from_url(redis_database) as client:
            (key,) = client.scan_iter("mnemograph:cache:e:*")
            for junk in (b"", b"\x80\x04.", b"[1]", b'{"key": "k"}', b"7"):
                client.set(key, junk, ex=100)
                store._layers[0].lru.clear()  # type: ignore[attr-defined]
                assert await value(store) == 1


async def test_a_cache_around_an_early_batcher_is_refused() -> None:
    async with BatchedStore(InMemoryStore(), durable=False) as early:
        with pytest.raises(ValueError, match="put the batcher around"):
            CachedStore(early, versions=LocalVersions(), layers=[ProcessLayer()])


async def test_owners_with_lifetimes_are_passed_by() -> None:
    class Mortal(InMemoryStore):
        supports_ttl = True
        ttl_config: ClassVar[Any] = {"refresh_on_read": False}

    store = CachedStore(Mortal(), versions=LocalVersions(), layers=[ProcessLayer()])
    await store.abatch([PutOp(NS, "k", {"n": 1}, ttl=1.0), PutOp(("users", "bob"), "k", {"n": 1})])
    for _ in range(2):
        await store.aget(NS, "k")
        await store.aget(("users", "bob"), "k")
        await store.aget(("users", "bob"), "k", refresh_ttl=True)
    assert (store.counts.hits, store.counts.misses, store.counts.passed_by) == (1, 1, 4)

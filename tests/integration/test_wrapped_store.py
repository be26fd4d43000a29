"""The cache, the batcher and the encrypter as the settings ask for them."""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import redis
from langgraph.store.base import BaseStore

from config.settings import Settings
from graphs.ingest import ingest, turns_of
from memory.lifecycle.recalling.recall import Recalled, recall
from memory.long_term import wrapping
from memory.long_term.factory import open_store
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.redis_versions import RedisVersions
from tests.services.encrypted import OLD, QUESTIONS, THREAD, WORDS, dump, found_in, kept_in, lines
from tests.services.factory import opened
from tests.services.postgres import until

ANA = ("users", "ana")
pytestmark = pytest.mark.usefixtures("short_lease")
KEYS = f"old:{base64.b64encode(OLD).decode()}"
NOBODY = "redis://ana:canary-password@127.0.0.1:1/0"


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """For so long nobody uses a cache whose Redis is new to them."""
    monkeypatch.setattr(wrapping, "RedisVersions", partial(RedisVersions, lease_s=0.2))


def cache_of(store: BaseStore) -> CachedStore:
    while not isinstance(store, CachedStore):
        store = store.inner  # type: ignore[attr-defined]
    return store


async def read(store: BaseStore, key: str = "k") -> Any:
    item = await store.aget(ANA, key)
    return item and item.value["text"]


def told(found: Recalled) -> tuple[Any, ...]:
    """All of a recalled memory and its receipt but the scores."""
    lanes = {name: lane["rank"] for name, lane in found.receipt["lanes"].items()}
    rest = found.model_dump(exclude={"score", "receipt"})
    return rest, lanes, sorted(found.receipt["boosts"])


async def used(store: BaseStore) -> CachedStore:
    """The cache, once it is used for this owner."""
    cache = cache_of(store)
    hits = cache.counts.hits
    await happens(lambda: read(store, "nothing"), lambda: cache.counts.hits > hits)
    cache.counts.hits = 0
    return cache


async def happens(what: Callable[[], Awaitable[Any]], done: Callable[[], Any]) -> None:
    """Does it until it is done; pytest's time-out bounds it."""
    await what()
    while not done():
        await asyncio.sleep(0.05)
        await what()


async def test_recall_and_its_receipts_come_through_all_three(
    database: str, second_database: str, redis_database: str
) -> None:
    now = datetime(2026, 3, 6, tzinfo=UTC)
    wraps: dict[str, Any] = {
        "cache": redis_database,
        "cache_max_age_s": 30,
        "write_batching": "early",
        "encryption_keys": KEYS,
    }
    async with AsyncExitStack() as stack:
        stores = []
        for configured in (Settings(postgres=database), Settings(postgres=second_database, **wraps)):
            stores.append(await stack.enter_async_context(open_store(configured)))
            await ingest(stores[-1], "ana", {THREAD: turns_of(lines())}, configured)
        plain, sealed = stores
        cache = await used(sealed)
        assert isinstance(sealed, EncryptedStore)
        assert isinstance(sealed.inner, BatchedStore)
        assert isinstance(sealed.inner.inner, CachedStore)
        for question in QUESTIONS:
            wanted = await recall(plain, "ana", question, limit=10, now=now)
            assert wanted and all(each.receipt for each in wanted)
            for _ in range(2):
                found = await recall(sealed, "ana", question, limit=10, now=now)
                assert list(map(told, found)) == list(map(told, wanted))
                # What is embedded together with what decides on a float's last bits.
                assert [each.score for each in found] == pytest.approx(
                    [each.score for each in wanted], abs=0.01
                )
        # Each search again, and what was used before at every recall but the first.
        assert cache.counts.hits == len(QUESTIONS) + 2 * len(QUESTIONS) - 1
        kept = kept_in(redis_database)
    assert len(kept) > len(QUESTIONS)
    assert "$sealed" in " ".join(kept.values())
    assert found_in(kept, WORDS) == found_in(dump(second_database), WORDS) == set()
    assert found_in(dump(database), WORDS) == set(WORDS)


@pytest.mark.parametrize("batching", ["durable", "early"])
async def test_what_waits_is_written_and_redis_let_go_when_the_body_fails(
    batching: str, database: str, redis_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wraps = {"cache": redis_database, "write_batching": batching, "write_batch_window_s": 1}
    with redis.Redis.from_url(redis_database) as client:
        writes = []

        async def body() -> None:
            async with opened(monkeypatch, database, **wraps) as store:
                assert isinstance(store, BatchedStore)
                assert store.durable is (batching == "durable")
                writes.append(asyncio.create_task(store.aput(ANA, "k", {"text": "aab"})))
                await asyncio.sleep(0)
                raise RuntimeError("the body")

        with pytest.raises(RuntimeError, match="the body"):
            await body()
        await writes[0]
        until(lambda: client.info("clients")["connected_clients"] == 1, "our connections are closed")
    async with opened(monkeypatch, database) as plain:
        assert await read(plain) == "aab"


async def test_a_redis_that_is_away_at_the_start_costs_a_warning(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "memory")
    async with opened(monkeypatch, database, cache=NOBODY, cache_max_age_s=0.1) as store:
        assert "The cache's Redis at 127.0.0.1:1 does not answer (ConnectionError)" in caplog.text
        for text in ("aab", "abb"):
            await store.aput(ANA, "k", {"text": text})
            assert await read(store) == text
            assert [item.key for item in await store.asearch(ANA, query=text)] == ["k"]
    assert "canary" not in caplog.text


async def test_a_redis_of_another_password_is_as_good_as_away(
    database: str, redis_database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = redis_database.replace("redis://", "redis://ana:canary-password@")
    async with opened(monkeypatch, database, cache=address, cache_max_age_s=0.1) as store:
        await store.aput(ANA, "k", {"text": "aab"})
        assert await read(store) == "aab"
    assert "does not answer (AuthenticationError)" in caplog.text
    assert "canary" not in caplog.text


async def test_two_databases_share_a_redis_and_nothing_in_it(
    database: str, second_database: str, redis_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wraps = {"cache": redis_database, "cache_max_age_s": 30}
    async with (
        opened(monkeypatch, database, **wraps) as one,
        opened(monkeypatch, second_database, **wraps) as two,
    ):
        await one.aput(ANA, "k", {"text": "one"})
        caches = [await used(store) for store in (one, two)]
        for _ in range(3):
            assert await read(one) == "one"
            assert await read(two) is None
        assert [cache.counts.hits for cache in caches] == [2, 2]
    async with opened(monkeypatch, database, **wraps) as again:
        assert await read(again) == "one"
        assert cache_of(again).counts.hits == 1


async def test_the_stores_of_one_process_forget_what_any_of_them_replaced(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A LangGraph server opens one for each of its event loops."""
    wraps = {"cache": "process", "cache_max_age_s": 30}

    async def write_elsewhere() -> None:
        async with opened(monkeypatch, database, **wraps) as other:
            await other.aput(ANA, "k", {"text": "new"})

    async with opened(monkeypatch, database, **wraps) as store:
        await store.aput(ANA, "k", {"text": "old"})
        for _ in range(2):
            assert await read(store) == "old"
        assert cache_of(store).counts.hits == 1
        await asyncio.to_thread(asyncio.run, write_elsewhere())
        assert await read(store) == "new"


@pytest.mark.parametrize("where", ["process", "redis"])
async def test_nothing_is_cached_beyond_its_lifetime(
    where: str, database: str, redis_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a lifetime that was given past the cache, or before it began."""
    cache = "process" if where == "process" else redis_database
    async with (
        opened(monkeypatch, database) as plain,
        opened(monkeypatch, database, cache=cache, cache_max_age_s=30) as store,
    ):
        await plain.aput(ANA, "k", {"text": "aab"}, ttl=1.5 / 60)
        await plain.aput(ANA, "long", {"text": "aab"}, ttl=10)
        cache_in_use = await used(store)
        searches: list[Any] = [{"query": "aab"}, {"query": "aab", "filter": {"$strategy": "hybrid"}}, {}]
        for search in searches:
            assert len(await store.asearch(ANA, **search)) == 2
        assert await read(store) == "aab"
        left: list[Any] = [True]

        async def look() -> None:
            left[0] = await read(plain)

        await happens(look, lambda: left[0] is None)
        assert await read(store) is None
        for search in searches:
            assert [item.key for item in await store.asearch(ANA, **search)] == ["long"]
        hits = cache_in_use.counts.hits
        assert await read(store) is None
        assert cache_in_use.counts.hits == hits + 1

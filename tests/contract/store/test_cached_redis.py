"""What of the suite happens over time, on a cache with both layers and its versions in a real Redis."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from langgraph.store.base import BaseStore

from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.layers import ProcessLayer, RedisLayer
from memory.long_term.wrappers.redis_client import open_redis
from memory.long_term.wrappers.redis_versions import RedisVersions
from tests.contract.store import suite
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import OUR_ITEMS, PLACES, Connect, empty

NS = ("users", "ana")


@pytest.fixture(params=["cached"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def store(
    store_name: str,
    embedder: HashedWords,
    redis_address: str,
    database_of: Callable[[str], str],
    connect: Connect,
) -> AsyncIterator[BaseStore]:
    address = database_of(store_name)
    ready = empty(address)
    prefix = f"contract:{secrets.token_hex(4)}"
    async with (
        PLACES["ours"].open(address, embedder, connect) as inner,
        open_redis(redis_address, timeout_s=20) as client,
    ):
        if not ready:
            await PLACES["ours"].set_up(inner)
        versions = RedisVersions(client, prefix=prefix, lease_s=0.05)
        while await versions.read([NS]) == [None]:  # noqa: ASYNC110 - the epoch's first lease
            await asyncio.sleep(0.01)
        layers = [ProcessLayer(), RedisLayer(client, prefix=prefix)]
        yield CachedStore(inner, versions=versions, layers=layers, codec=OUR_ITEMS)


class TestBasics(suite.Basics): ...


class TestBatches(suite.Batches): ...


class TestSearch(suite.Search): ...


class TestLifetimes(suite.Lifetimes): ...


class TestConcurrency(suite.Concurrency): ...


async def test_the_suite_does_reach_the_cache(store: CachedStore) -> None:
    await store.aput(NS, "k", {"text": "tea"})
    for _ in range(3):
        assert await store.aget(NS, "k") is not None
        assert len(await store.asearch(NS, query="tea")) == 1
    assert (store.counts.hits, store.counts.misses, store.counts.passed_by) == (4, 2, 0)

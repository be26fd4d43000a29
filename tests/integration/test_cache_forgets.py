"""An owner who is erased leaves the caches, in this process and in Redis; what is another's stays there."""

import asyncio
from typing import Any

import redis
from langgraph.store.memory import InMemoryStore

from memory.long_term.erasing import CACHE, erase_from, held_by
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.layers import Layer, ProcessLayer, RedisLayer
from memory.long_term.wrappers.redis_client import open_redis
from memory.long_term.wrappers.redis_versions import RedisVersions
from memory.long_term.wrappers.versions import LocalVersions

ANA, BOB = ("users", "ana"), ("users", "bob")


async def filled(store: CachedStore) -> None:
    for owner in (ANA, BOB):
        await store.aput(owner, "k", {"text": "tea"})
        for _ in range(2):
            assert await store.aget(owner, "k") is not None
            assert len(await store.asearch(owner)) == 1


async def test_an_erased_owner_leaves_the_process_cache() -> None:
    store = CachedStore(InMemoryStore(), versions=LocalVersions(), layers=[ProcessLayer()])
    await filled(store)
    assert await held_by(store, ANA) == {CACHE: 2, "items": 1}
    await erase_from(store, ANA)
    assert await held_by(store, ANA) == {CACHE: 0, "items": 0}
    assert await held_by(store, BOB) == {CACHE: 2, "items": 1}
    assert await store.aget(ANA, "k") is None


async def test_an_erased_owner_leaves_redis_with_every_key(plain_redis_database: str) -> None:
    async with open_redis(plain_redis_database) as client:
        layers: list[Layer] = [ProcessLayer(), RedisLayer(client)]
        store = CachedStore(InMemoryStore(), versions=RedisVersions(client, lease_s=0.05), layers=layers)
        # The first answer only begins an epoch; nothing is kept before a lease has passed.
        for _ in range(200):
            await filled(store)
            if all([(await held_by(store, owner))[CACHE] for owner in (ANA, BOB)]):
                break
            await asyncio.sleep(0.05)
        with redis.Redis.from_url(plain_redis_database) as looking:
            before: set[Any] = set(looking.scan_iter("*"))
            hers, his = [(await held_by(store, owner))[CACHE] for owner in (ANA, BOB)]
            assert hers, "nothing was cached, so nothing is tested"
            await erase_from(store, ANA)
            assert (await held_by(store, ANA)) == {CACHE: 0, "items": 0}
            after: set[Any] = set(looking.scan_iter("*"))
        assert len(before - after) >= 3
        assert (await held_by(store, BOB))[CACHE] == his

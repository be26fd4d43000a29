"""A process that writes its own keys and reads everybody's through the cache, until its input ends.

`ADDRESS REDIS FILE SEED parts` makes the cache of its parts, with short times and a store that dawdles; with
`factory` it is the one of the settings.

Every operation becomes a line of JSON: kind, key, number, start, end (the machine's monotonic clock), hits.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langgraph.store.base import BaseStore, Op, Result

from config.loading import settled
from config.settings import Settings
from memory.long_term.factory import open_store
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.layers import ProcessLayer, RedisLayer
from memory.long_term.wrappers.our_items import OurItems
from memory.long_term.wrappers.redis_client import open_redis
from memory.long_term.wrappers.redis_versions import RedisVersions
from memory.postgres.pool import open_pool

NS = ("users", "ana")
MAX_AGE_S = 1.0
LEASE_S = 0.5
READ_EVERY_S = 0.01
LONGEST_S = 0.3


class Dawdling(BaseStore):
    """It waits a little before and after what it does, so that every race has its time."""

    def __init__(self, inner: BaseStore, chance: random.Random) -> None:
        self.inner, self.chance = inner, chance
        self.supports_ttl, self.ttl_config = inner.supports_ttl, inner.ttl_config

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        return self.inner.batch(ops)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        await asyncio.sleep(self.chance.choice([0, 0, 0.002, 0.01]))
        results = await self.inner.abatch(ops)
        await asyncio.sleep(self.chance.choice([0, 0, 0.002, 0.01]))
        return results


@asynccontextmanager
async def of_settings(postgres: str, redis: str, chance: random.Random) -> AsyncIterator[CachedStore]:
    async with open_store(Settings(postgres=postgres, cache=redis, pool_size=4)) as store:
        assert isinstance(store, CachedStore)
        yield store


@asynccontextmanager
async def of_parts(postgres: str, redis: str, chance: random.Random) -> AsyncIterator[CachedStore]:
    async with (
        open_pool(postgres, max_size=4, timeout_s=20, name="cached") as pool,
        open_redis(redis, timeout_s=2.0) as client,
    ):
        versions = RedisVersions(client, lease_s=LEASE_S, pause_s=0.05)
        layers = [ProcessLayer(), RedisLayer(client)]
        codec = OurItems()
        inner = Dawdling(PostgresStore(pool), chance)
        yield CachedStore(inner, versions=versions, layers=layers, max_age_s=MAX_AGE_S, codec=codec)


MAKERS = {"parts": of_parts, "factory": of_settings}


async def main(postgres: str, redis: str, events: str, seed: str, maker: str) -> None:
    chance = random.Random(int(seed))
    mine = [f"{seed}a", f"{seed}b"]
    everybodys = [f"{name}{letter}" for name in ("1", "2") for letter in "ab"]
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    with Path(events).open("w", buffering=1) as file:  # noqa: ASYNC230 - nobody else waits on this loop
        async with MAKERS[maker](postgres, redis, chance) as store:

            def note(kind: str, key: str, number: int, start: float) -> None:
                event: dict[str, Any] = {"kind": kind, "key": key, "number": number, "start": start}
                print(json.dumps({**event, "end": time.monotonic(), "hits": store.counts.hits}), file=file)

            async def write(key: str) -> None:
                number = 0
                while not ended.done():
                    number += 1
                    start = time.monotonic()
                    await store.aput(NS, key, {"n": number}, index=False)
                    note("write", key, number, start)
                    # On a busy machine, too, nobody writes for a part of the time: only then is there a hit.
                    # A write that waited for a dead Redis is no measure of that.
                    took = min(time.monotonic() - start, LONGEST_S)
                    await asyncio.sleep(chance.random() * (0.1 + 6 * took))

            async def read() -> None:
                while not ended.done():
                    key, start = chance.choice(everybodys), time.monotonic()
                    if chance.random() < 0.5:
                        item = await store.aget(NS, key, refresh_ttl=False)
                        note("read", key, item.value["n"] if item else 0, start)
                    else:
                        found = await store.asearch(NS, limit=20, refresh_ttl=False)
                        seen = {item.key: item.value["n"] for item in found}
                        for each in everybodys:
                            note("read", each, seen.get(each, 0), start)
                    await asyncio.sleep(chance.random() * READ_EVERY_S)

            await asyncio.gather(*(write(key) for key in mine), read(), read(), read())


if __name__ == "__main__":
    settled()
    asyncio.run(main(*sys.argv[1:]))

"""The wrappers that the settings ask for, in the one right order.

EncryptedStore(BatchedStore(CachedStore(store))): what waits in the batcher, lies in the cache and goes to Redis is
sealed already, and a batch's writes change what is cached once.
"""

import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

from langgraph.store.base import BaseStore

from config.settings import Settings
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.layers import Layer, ProcessLayer, RedisLayer
from memory.long_term.wrappers.our_items import OurItems
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.long_term.wrappers.redis_client import AWAY, Client, open_redis
from memory.long_term.wrappers.redis_versions import RedisVersions
from memory.long_term.wrappers.scopes import digest
from memory.long_term.wrappers.versions import LocalVersions, Versions
from memory.postgres.pool import Pool
from memory.redis_place import redis_place

log = logging.getLogger(__name__)

# Tells a database from its copies and from others that share a Redis, however it is reached.
_WHICH: Final = """
    SELECT current_database() AS name, 'memory_items'::regclass::oid AS items, min(applied_at) AS since
    FROM memory_migrations
"""
_VERSIONS: Final[WeakValueDictionary[str, LocalVersions]] = WeakValueDictionary()
"""By database: a LangGraph server opens a store for each of its event loops, and what one writes, all forget."""
_OPENING: Final = threading.Lock()


@asynccontextmanager
async def wrapped(
    store: PostgresStore, configured: Settings, keys: OwnerKeys | None, indexed: Sequence[str]
) -> AsyncIterator[BaseStore]:
    """`store`, which is set up, within the wrappers. At the end what waits is written, then Redis is let go.

    `keys`: the owners' keys where memories are sealed; the store then has a KeyedLexicon over the same.
    """
    outer: BaseStore = store
    async with AsyncExitStack() as stack:
        cache = configured.cache.get_secret_value()
        if cache != "off":
            outer = cached = await _cached(stack, store, cache, configured.cache_max_age_s)
            stack.push_async_callback(cached.aclose)
        if configured.write_batching != "off":
            batched = BatchedStore(
                outer,
                max_wait_s=configured.write_batch_window_s,
                max_queue=configured.write_batch_queue,
                durable=configured.write_batching == "durable",
            )
            outer = await stack.enter_async_context(batched)
        yield EncryptedStore(outer, keys, indexed=indexed) if keys else outer


async def _cached(stack: AsyncExitStack, store: PostgresStore, cache: str, max_age_s: float) -> CachedStore:
    which = await _which(store.pool)
    versions: Versions
    layers: list[Layer] = [ProcessLayer()]
    if cache == "process":
        with _OPENING:
            versions = _VERSIONS.setdefault(which, LocalVersions())
    else:
        prefix = f"mnemograph:cache:{which}"
        client = await stack.enter_async_context(open_redis(cache))
        await _greet(client, redis_place(cache, "MNEMOGRAPH_CACHE"), max_age_s)
        versions = RedisVersions(client, prefix=prefix)
        layers.append(RedisLayer(client, prefix=prefix))
    return CachedStore(store, versions=versions, layers=layers, max_age_s=max_age_s, codec=OurItems())


async def _which(pool: Pool) -> str:
    async with pool.connection() as conn:
        row = await (await conn.execute(_WHICH)).fetchone()
    named = dict(row or {})
    return digest(f"{named['name']}:{named['items']}:{named['since'].timestamp()}")[:16]


async def _greet(client: Client, place: str, max_age_s: float) -> None:
    """A cache that is away stops nobody, so that nobody would hear of a wrong address."""

    def ask(pipe: Any) -> None:
        pipe.ping()

    try:
        await client.transact(ask)
    except AWAY as error:
        log.warning(
            "The cache's Redis at %s does not answer (%s): until it does, reads go to Postgres and a write may take "
            "%g s longer.",
            place,
            type(error).__name__,
            max_age_s + client.late_s,
        )

"""Short-term memory as the settings ask for it."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver
from redis.exceptions import RedisError
from redisvl.exceptions import RedisVLError

from config.settings import Settings, settings
from memory.postgres.address import postgres_address
from memory.postgres.errors import place_name
from memory.postgres.pool import Pool, open_pool
from memory.redis_place import redis_place
from memory.serving import serving
from memory.short_term.hooks import with_hooks
from memory.short_term.postgres import sealed_saver as postgres_sealed
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.postgres.sealed_saver import SealedPostgresSaver
from memory.short_term.redis import sealed_savers as sealed_redis
from memory.short_term.redis.module import RedisSaver
from memory.short_term.redis.plain import PlainRedisSaver
from memory.short_term.redis.sealed_savers import SealedPlainRedisSaver, SealedRedisSaver
from memory.short_term.redis.server import Found, look_over, open_client, open_cluster, unusable
from memory.short_term.savers import MemorySaver
from memory.short_term.sealed.sealed_state import SealedState
from memory.short_term.sealed.sealing import Sealing
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import StateSerde
from memory.short_term.strict import require_strict

log = logging.getLogger(__name__)

COMPRESS_FROM: Final = 128
"""Bytes, where no other saver than ours could read a conversation anyway."""


@asynccontextmanager
async def open_checkpointer(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """A checkpointer that is set up, strict, with the user's hooks. Raises UserError when it or they cannot serve."""
    async with _opened(configured) as saver:
        require_strict(saver.serde)
        if isinstance(saver, Sealing):
            require_strict(saver.state.serde)
        yield with_hooks(saver, configured.state_hooks)


@asynccontextmanager
async def _opened(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    where = configured.checkpointer.get_secret_value()
    if where == "memory":
        yield MemorySaver()
    elif where == "postgres":
        async with _postgres(configured) as saver:
            yield saver
    else:
        async with _redis(where, configured) as saver:
            yield saver


@asynccontextmanager
async def _postgres(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    async with threads_pool(configured) as (pool, address):
        serde, state = state_parts(configured)
        timeout_s = configured.checkpoint_timeout_s
        saver = (
            SealedPostgresSaver(pool, state, timeout_s=timeout_s)
            if state
            else PostgresSaver(pool, serde=serde, timeout_s=timeout_s)
        )
        await saver.setup()
        await postgres_sealed.require_agreement(pool, state, place_name(address))
        yield saver


@asynccontextmanager
async def threads_pool(configured: Settings) -> AsyncIterator[tuple[Pool, str]]:
    """Connections to the short-term memory's Postgres, and its address."""
    async with (
        postgres_address(configured) as address,
        open_pool(
            address,
            max_size=configured.pool_size,
            timeout_s=configured.connect_timeout_s,
            name="mnemograph-threads",
            prepare_threshold=0 if configured.prepared_statements else None,
        ) as pool,
    ):
        yield pool, address


@asynccontextmanager
async def _redis(address: str, configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    where, ttl = redis_place(address, "MNEMOGRAPH_CHECKPOINTER"), configured.thread_ttl_minutes
    async with threads_redis(address, configured) as (client, found):
        kind = "with modules" if found.modules else "for plain Redis"
        log.info("Threads are kept in the Redis at %s by the checkpointer %s: %s.", where, kind, found.why)
        if not found.modules:
            yield await _plain_redis(client, configured, where)
            return
        serde, state = state_parts(configured)
        packs = serde if configured.compress_state_from else None
        saver = (
            SealedRedisSaver(client, state, ttl_minutes=ttl)
            if state
            else RedisSaver(client, serde=packs, ttl_minutes=ttl)
        )
        try:
            await saver.asetup()
            await sealed_redis.require_agreement(saver, where)
        except (RedisError, RedisVLError) as error:
            raise unusable(where, error) from error
        yield saver


@asynccontextmanager
async def threads_redis(address: str, configured: Settings) -> AsyncIterator[tuple[Any, Found]]:
    """A client of the short-term memory's Redis, one server or a cluster, and what it was found to be."""
    timeout_s, connections = configured.connect_timeout_s, configured.pool_size
    found = await look_over(address, timeout_s=timeout_s)
    opening: AbstractAsyncContextManager[Any] = (
        open_cluster(address, connections=connections, timeout_s=timeout_s)
        if found.cluster
        else open_client(address, connections=connections, timeout_s=timeout_s, patient=not found.modules)
    )
    async with opening as client:
        yield client, found


async def _plain_redis(client: Any, configured: Settings, where: str) -> BaseCheckpointSaver[Any]:
    serde, state = state_parts(configured)
    how: Any = {"ttl_minutes": configured.thread_ttl_minutes, "timeout_s": configured.connect_timeout_s}
    saver = (
        SealedPlainRedisSaver(client, state, **how) if state else PlainRedisSaver(client, serde=serde, **how)
    )
    await sealed_redis.require_agreement(saver, where)
    return saver


def state_parts(configured: Settings) -> tuple[StateSerde, SealedState | None]:
    """The state's serializer, and what seals with it if there are keys."""
    keys = StateKeys.given(configured.master_keys())
    # What LangGraph's own savers do not read either way: what is sealed, and a database that Mnemograph alone runs.
    usual = COMPRESS_FROM if keys or _is_embedded(configured) else 0
    given = configured.compress_state_from
    compress_from = usual if given is None else given
    serde = StateSerde(keys, compress_from=compress_from, read_clear=configured.read_clear_state)
    return serde, SealedState(serde, keys) if keys else None


def _is_embedded(configured: Settings) -> bool:
    return (configured.checkpointer.get_secret_value(), configured.postgres.get_secret_value()) == (
        "postgres",
        "embedded",
    )


@asynccontextmanager
async def checkpointer() -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """What langgraph.json names: the checkpointer of this process's settings."""
    async with open_checkpointer(settings()) as opened:
        with serving.with_checkpointer(opened):
            yield opened


@asynccontextmanager
async def serving_checkpointer(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """The one that this process's LangGraph server has open, or else one of these settings."""
    if serving.checkpointer is not None:
        yield serving.checkpointer
        return
    async with open_checkpointer(configured) as saver:
        yield saver

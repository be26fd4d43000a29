"""Short-term memory as the settings ask for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redisvl.exceptions import RedisVLError

from config.errors import UserError
from config.settings import Settings, settings
from memory.postgres.address import postgres_address
from memory.postgres.errors import place_name
from memory.postgres.pool import Pool, open_pool
from memory.redis_place import redis_place
from memory.short_term.postgres_sealed import SealedPostgresSaver, require_agreement
from memory.short_term.savers import MemorySaver, PostgresSaver, RedisSaver
from memory.short_term.sealed_redis import SealedRedisSaver
from memory.short_term.sealed_state import SealedState
from memory.short_term.state_keys import StateKeys
from memory.short_term.state_serde import StateSerde

COMPRESS_FROM: Final = 512
"""Bytes, where conversations are sealed."""


@asynccontextmanager
async def open_checkpointer(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """A checkpointer that is set up. Raises UserError when its database cannot serve."""
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
async def _postgres(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    async with threads_pool(configured) as (pool, address):
        serde, state = state_parts(configured)
        saver = SealedPostgresSaver(pool, state) if state else PostgresSaver(pool, serde=serde)
        await saver.setup()
        await require_agreement(pool, state, place_name(address))
        yield saver


@asynccontextmanager
async def _redis(address: str, configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    timeout_s = configured.connect_timeout_s
    _, state = state_parts(configured)
    place = redis_place(address, "MNEMOGRAPH_CHECKPOINTER")
    # The saver's own way to a client warns that it is about to change.
    client = Redis.from_url(
        address,
        protocol=2,
        socket_connect_timeout=timeout_s,
        socket_timeout=timeout_s,
        health_check_interval=30,
    )
    async with client:
        try:
            modules = {_module_name(listed) for listed in await client.module_list()}
            if not {"search", "ReJSON"} <= modules:
                raise UserError(
                    f"The Redis at {place} has no RediSearch and RedisJSON: use Redis 8 or Redis Stack, "
                    "or set MNEMOGRAPH_CHECKPOINTER=postgres."
                )
            saver = SealedRedisSaver(client, state) if state else RedisSaver(client)
            await saver.asetup()
        except (RedisError, RedisVLError) as error:
            raise UserError(
                f"The Redis at {place} cannot be used ({type(error).__name__}): start it, correct "
                "MNEMOGRAPH_CHECKPOINTER, or set MNEMOGRAPH_CHECKPOINTER=postgres."
            ) from error
        yield saver


def state_parts(configured: Settings) -> tuple[StateSerde, SealedState | None]:
    """The state's serializer, and what seals with it if there are keys."""
    keys = StateKeys.given(configured.master_keys())
    # What is sealed no database compresses, and LangGraph's own savers do not read it either way.
    usual = COMPRESS_FROM if keys else 0
    given = configured.compress_state_from
    compress_from = usual if given is None else given
    serde = StateSerde(keys, compress_from=compress_from, read_clear=configured.read_clear_state)
    return serde, SealedState(serde, keys) if keys else None


def _module_name(listed: Any) -> str:
    fields = {_text(name): value for name, value in dict(listed).items()}
    return _text(fields.get("name", ""))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@asynccontextmanager
async def checkpointer() -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """What langgraph.json names: the checkpointer of this process's settings."""
    async with open_checkpointer(settings()) as opened:
        yield opened

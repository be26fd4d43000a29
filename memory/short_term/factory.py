"""Short-term memory as the settings ask for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redisvl.exceptions import RedisVLError

from config.errors import UserError
from config.settings import Settings, settings
from memory.postgres.address import postgres_address
from memory.postgres.pool import open_pool
from memory.redis_place import redis_place
from memory.serving import serving
from memory.short_term.hooks import with_hooks
from memory.short_term.savers import MemorySaver, PostgresSaver, RedisSaver


@asynccontextmanager
async def open_checkpointer(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """A checkpointer that is set up, with the user's hooks. Raises UserError when it or they cannot serve."""
    async with _opened(configured) as saver:
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
        async with _redis(where, configured.connect_timeout_s) as saver:
            yield saver


@asynccontextmanager
async def _postgres(configured: Settings) -> AsyncIterator[BaseCheckpointSaver[Any]]:
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
        saver = PostgresSaver(pool)
        await saver.setup()
        yield saver


@asynccontextmanager
async def _redis(address: str, timeout_s: float) -> AsyncIterator[BaseCheckpointSaver[Any]]:
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
            saver = RedisSaver(client)
            await saver.asetup()
        except (RedisError, RedisVLError) as error:
            raise UserError(
                f"The Redis at {place} cannot be used ({type(error).__name__}): start it, correct "
                "MNEMOGRAPH_CHECKPOINTER, or set MNEMOGRAPH_CHECKPOINTER=postgres."
            ) from error
        yield saver


def _module_name(listed: Any) -> str:
    fields = {_text(name): value for name, value in dict(listed).items()}
    return _text(fields.get("name", ""))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@asynccontextmanager
async def checkpointer() -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """What langgraph.json names: the checkpointer of this process's settings."""
    async with open_checkpointer(settings()) as opened:
        with serving.with_checkpointer(opened):
            yield opened

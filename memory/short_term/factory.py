"""Short-term memory as the settings ask for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from langgraph.checkpoint.base import BaseCheckpointSaver
from redis.exceptions import RedisError

from config.errors import UserError
from config.settings import Settings, settings
from memory.postgres.address import postgres_address
from memory.postgres.pool import open_pool
from memory.short_term.savers import MemorySaver, PostgresSaver, RedisSaver


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
        async with _redis(where) as saver:
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
        ) as pool,
    ):
        saver = PostgresSaver(pool)
        await saver.setup()
        yield saver


@asynccontextmanager
async def _redis(address: str) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    place = f"{urlsplit(address).hostname}:{urlsplit(address).port or 6379}"
    saver = RedisSaver(redis_url=address)
    try:
        await saver.__aenter__()
        modules = {
            str(_text(module.get(b"name", module.get("name", "")))) for module in await _modules(saver)
        }
        if not {"search", "ReJSON"} <= modules:
            raise UserError(
                f"The Redis at {place} has no RediSearch and RedisJSON: use Redis 8 or Redis Stack, "
                "or set MNEMOGRAPH_CHECKPOINTER=postgres."
            )
        await saver.asetup()
    except RedisError as error:
        await saver.__aexit__(None, None, None)
        raise UserError(
            f"The Redis at {place} cannot be used ({type(error).__name__}): start it, correct "
            "MNEMOGRAPH_CHECKPOINTER, or set MNEMOGRAPH_CHECKPOINTER=postgres."
        ) from error
    try:
        yield saver
    finally:
        await saver.__aexit__(None, None, None)


async def _modules(saver: RedisSaver) -> list[dict[Any, Any]]:
    listed = await saver.client.module_list()
    return list(listed)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@asynccontextmanager
async def checkpointer() -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """What langgraph.json names: the checkpointer of this process's settings."""
    async with open_checkpointer(settings()) as opened:
        yield opened

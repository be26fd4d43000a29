"""Short-term memory as the settings ask for it, and the sentences when it cannot be had."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
import redis

from config.errors import UserError
from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.redis_module import RedisSaver
from memory.short_term.savers import MemorySaver, PostgresSaver
from tests.services.postgres import until

SECRET = "canary-password"


async def refused(settings: Settings) -> str:
    """The one sentence with which opening fails."""
    with pytest.raises(UserError) as caught:
        async with open_checkpointer(settings):
            pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert SECRET not in sentence
    return sentence


@asynccontextmanager
async def plain_redis(modules: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A Redis that answers MODULE LIST with `modules` and all else with OK; its address, what it was asked."""
    asked: list[bytes] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (header := await reader.readline()).startswith(b"*"):
            words = []
            for _ in range(int(header[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2])
            asked.append(b" ".join(words))
            writer.write(modules if words[0].upper() == b"MODULE" else b"+OK\r\n")
            await writer.drain()
        ended.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"redis://:{SECRET}@127.0.0.1:{port}/0", asked
        await ended.wait()  # our connection was closed
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "modules",
    [b"*0\r\n", b"*1\r\n*4\r\n$4\r\nname\r\n$6\r\nsearch\r\n$3\r\nver\r\n:21020\r\n"],
    ids=["none", "search-alone"],
)
async def test_a_redis_without_the_modules_is_refused_in_a_sentence(modules: bytes) -> None:
    async with plain_redis(modules) as (address, asked):
        sentence = await refused(Settings(checkpointer=address))
    assert "has no RediSearch and RedisJSON" in sentence
    assert "MNEMOGRAPH_CHECKPOINTER=postgres" in sentence
    assert b"MODULE LIST" in asked
    assert not any(words.startswith(b"FT.") for words in asked)


async def test_a_redis_that_may_not_be_asked_is_refused_in_a_sentence() -> None:
    async with plain_redis(b"-NOPERM this user has no permissions\r\n") as (address, _):
        assert "cannot be used (NoPermissionError)" in await refused(Settings(checkpointer=address))


async def test_a_redis_that_is_down_is_one_sentence() -> None:
    with socket.socket() as bound:  # taken, and nobody listens
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        sentence = await refused(
            Settings(checkpointer=f"redis://ana:{SECRET}@{place}/0", connect_timeout_s=1)
        )
    assert f"The Redis at {place} cannot be used" in sentence


async def test_an_address_that_cannot_be_read_is_one_sentence() -> None:
    sentence = await refused(Settings(checkpointer=f"redis://:{SECRET}@localhost:port/0"))
    assert "MNEMOGRAPH_CHECKPOINTER" in sentence


async def test_postgres_down_is_one_sentence() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        address = f"postgresql://ana:{SECRET}@{place}/threads"
        assert place in await refused(Settings(postgres=address, connect_timeout_s=0.3))


async def test_redis_is_closed_with_the_factory(redis_database: str) -> None:
    with redis.Redis.from_url(redis_database) as watcher:
        before = {client["id"] for client in watcher.client_list()}
        async with open_checkpointer(Settings(checkpointer=redis_database)) as saver:
            assert isinstance(saver, RedisSaver)
            assert {client["id"] for client in watcher.client_list()} > before
        assert {client["id"] for client in watcher.client_list()} == before


async def test_postgres_is_closed_with_the_factory(database: str) -> None:
    def connections() -> int:
        with psycopg.connect(database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'mnemograph-threads'"
            ).fetchone()
        assert row
        return int(row[0])

    async with open_checkpointer(Settings(postgres=database)) as saver:
        assert isinstance(saver, PostgresSaver)
        assert connections() >= 1
    until(lambda: not connections(), "every backend notices")


async def test_memory_needs_nothing() -> None:
    async with open_checkpointer(Settings(checkpointer="memory")) as saver:
        assert isinstance(saver, MemorySaver)

"""R28: a Redis that stalls, trickles or resets: an error within the deadline, and it goes on afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.redis.away import RedisAwayError
from tests.contract.test_redis_checkpointers import said, say, thread
from tests.services.postgres import PATIENCE_S
from tests.services.proxy import Mode, Proxy, proxy_to

DEADLINE_S = 1.0
# One attempt more after a reset, on a machine that is busy.
GRACE_S = 5.0


@pytest.fixture(params=["redis_database", "plain_redis_database"])
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    with proxy_to(request.getfixturevalue(request.param)) as made:
        yield made


@pytest.fixture
async def saver(proxy: Proxy) -> AsyncIterator[Any]:
    configured = Settings(checkpointer=proxy.address, connect_timeout_s=DEADLINE_S)  # type: ignore[arg-type]
    async with open_checkpointer(configured) as opened:
        yield opened


async def read(saver: Any) -> str:
    """What a reader meets; it must not wait much longer than the deadline."""
    began = time.monotonic()
    try:
        found = await saver.aget_tuple(thread("t", checkpoint_ns=""))
    except RedisAwayError:
        assert time.monotonic() - began < DEADLINE_S + GRACE_S
        return "error"
    return "answered" if found else "empty"


@pytest.mark.parametrize("mode", ["stall", "trickle", "reset"])
async def test_r28_an_error_within_the_deadline_and_recovery(saver: Any, proxy: Proxy, mode: Mode) -> None:
    await say(saver, "before")
    proxy.turn(mode)
    assert await read(saver) == "error"
    assert set(await asyncio.gather(*(read(saver) for _ in range(6)))) == {"error"}
    with pytest.raises(RedisAwayError):
        await say(saver, "during")
    proxy.turn("forward")
    end = time.monotonic() + PATIENCE_S
    while (met := await read(saver)) != "answered":
        assert met == "error" and time.monotonic() < end
    await say(saver, "after")
    assert [text for text in await said(saver) if text != "during"] == [
        "before",
        "re: before",
        "after",
        "re: after",
    ]


async def test_r28_connections_that_were_reset_while_idle_cost_nothing(saver: Any, proxy: Proxy) -> None:
    await say(saver, "one")
    proxy.turn("reset")
    proxy.turn("forward")
    await say(saver, "two")
    assert await said(saver) == ["one", "re: one", "two", "re: two"]

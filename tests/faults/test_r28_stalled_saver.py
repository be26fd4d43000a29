"""R28 for the checkpointer: a Postgres that stalls, trickles or resets costs an error in time, and nothing after."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.base import empty_checkpoint
from psycopg_pool import PoolTimeout

from config.errors import UserError
from memory.postgres.pool import open_pool
from memory.short_term.postgres.saver import PostgresSaver
from tests.services.postgres import PATIENCE_S
from tests.services.proxy import Mode, Proxy, proxy_to

DEADLINE_S = 0.5
# Far above the deadline on a busy machine; psycopg itself takes up to 5 s to take a statement back.
GRACE_S = 15.0
CONFIG: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with proxy_to(database) as made:
        yield made


@pytest.fixture
async def saver(proxy: Proxy) -> AsyncIterator[PostgresSaver]:
    async with open_pool(proxy.address, max_size=2, timeout_s=3, name="r28") as pool:
        made = PostgresSaver(pool, timeout_s=DEADLINE_S)
        await made.setup()
        yield made


async def attempt(saver: PostgresSaver, write: bool) -> str:
    began = time.monotonic()
    try:
        if write:
            await saver.aput(CONFIG, empty_checkpoint(), {"source": "update", "step": 1}, {})
        else:
            await saver.aget_tuple(CONFIG)
    except (UserError, psycopg.OperationalError, PoolTimeout) as error:
        assert time.monotonic() - began < DEADLINE_S + GRACE_S
        return str(error)
    return "answered"


@pytest.mark.parametrize("mode", ["stall", "trickle", "reset"])
async def test_r28_the_savers_own_deadline_holds(saver: PostgresSaver, proxy: Proxy, mode: Mode) -> None:
    assert await attempt(saver, write=True) == "answered"
    before = await saver.aget_tuple(CONFIG)
    proxy.turn(mode)
    ended = [await attempt(saver, write=False)]
    ended += await asyncio.gather(*(attempt(saver, write=number % 2 == 0) for number in range(6)))
    assert "answered" not in ended
    if mode == "stall":
        assert "did not answer within 0.5 s: try again in a moment" in ended[0]
    proxy.turn("forward")
    end = time.monotonic() + PATIENCE_S
    while await attempt(saver, write=False) != "answered":
        assert time.monotonic() < end, "it does not recover"
    found = [each async for each in saver.alist(CONFIG)]
    assert before is not None
    assert before.checkpoint["id"] in {each.checkpoint["id"] for each in found}


async def test_r28_a_caller_who_gives_up_keeps_nobody_from_the_connection(
    saver: PostgresSaver, proxy: Proxy
) -> None:
    saver._timeout_s = 600.0
    await attempt(saver, write=True)
    proxy.turn("stall")
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(DEADLINE_S):
                await saver.aget_tuple(CONFIG)
    proxy.turn("forward")
    async with asyncio.timeout(PATIENCE_S):
        while await attempt(saver, write=False) != "answered":
            pass

"""R28: a Postgres that stalls, trickles or resets: the caller's deadline holds, and it goes on afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from memory.long_term.postgres_store import PostgresStore
from tests.services.long_term import opened
from tests.services.postgres import PATIENCE_S
from tests.services.proxy import Mode, Proxy, proxy_to

NS = ("users", "ana")
DEADLINE_S = 0.5
# Far above the deadline on a busy machine, and below what psycopg itself takes to give up.
GRACE_S = 5.0


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with proxy_to(database) as made:
        yield made


@pytest.fixture
async def store(proxy: Proxy) -> AsyncIterator[PostgresStore]:
    async with opened(proxy.address, timeout_s=3, max_size=2) as made:
        yield made


async def in_time(store: PostgresStore) -> str:
    """What a caller with a deadline meets."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(DEADLINE_S):
            await store.asearch(NS, query="tea")
    except (TimeoutError, psycopg.OperationalError, PoolTimeout) as error:
        assert time.monotonic() - began < DEADLINE_S + GRACE_S
        return type(error).__name__
    return "answered"


async def recovered(store: PostgresStore) -> None:
    """Callers who come afterwards are served, without a restart."""
    end = time.monotonic() + PATIENCE_S
    while await in_time(store) != "answered":
        assert time.monotonic() < end, "it does not recover"
    await store.aput(NS, "after", {"text": "green tea"})
    assert {item.key for item in await store.asearch(NS, query="tea")} == {"before", "after"}


@pytest.mark.parametrize("mode", ["stall", "trickle", "reset"])
async def test_r28_a_deadline_holds_whatever_the_network_does(
    store: PostgresStore, proxy: Proxy, mode: Mode
) -> None:
    await store.aput(NS, "before", {"text": "green tea"})
    proxy.turn(mode)
    ended = [await in_time(store) for _ in range(2)]
    ended += await asyncio.gather(*(in_time(store) for _ in range(4)))
    assert "answered" not in ended
    proxy.turn("forward")
    await recovered(store)


async def test_r28_without_a_deadline_a_full_pool_gives_one_in_time(
    store: PostgresStore, proxy: Proxy
) -> None:
    await store.aput(NS, "before", {"text": "green tea"})
    proxy.turn("stall")
    tasks = [asyncio.create_task(store.aget(NS, "before")) for _ in range(4)]
    done, waiting = await asyncio.wait(tasks, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    assert isinstance(next(iter(done)).exception(), PoolTimeout)
    proxy.turn("forward")
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(not isinstance(each, BaseException) or isinstance(each, PoolTimeout) for each in ended)
    await recovered(store)


async def test_r28_a_write_given_up_is_there_as_a_whole_or_not_at_all(
    store: PostgresStore, proxy: Proxy
) -> None:
    await store.aput(NS, "before", {"text": "green tea"})
    proxy.turn("stall")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            await store.aput(NS, "late", {"text": "red wine"})
    proxy.turn("reset")
    proxy.turn("forward")
    end = time.monotonic() + PATIENCE_S
    while await in_time(store) != "answered":
        assert time.monotonic() < end
    item = await store.aget(NS, "late")
    found = [each.key for each in await store.asearch(NS, query="red wine") if (each.score or 0) > 0.9]
    assert found == (["late"] if item else [])

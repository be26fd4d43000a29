"""The write batcher over a store that a test can hold, break and look into."""

import asyncio
import logging
from typing import Any

import pytest
from langgraph.store.base import GetOp, Op, PutOp, Result, SearchOp
from langgraph.store.memory import InMemoryStore

from memory.long_term.erasing import erase_from
from memory.long_term.wrappers.batched import BatchedStore

NS = ("users", "ana")
OTHER = ("users", "bob")
LONG_S = 1_000.0


class Watched(InMemoryStore):
    """Its writes wait for a door; a batch with a bad value fails whole."""

    def __init__(self, away: bool = False) -> None:
        super().__init__()
        self.door = asyncio.Event()
        self.door.set()
        self.batches: list[list[str]] = []
        self.away = away

    async def abatch(self, ops: Any) -> list[Result]:
        listed: list[Op] = list(ops)
        keys = [op.key for op in listed if isinstance(op, PutOp)]
        if keys:
            self.batches.append(keys)
            await self.door.wait()
        if self.away and keys:
            raise ConnectionError("away")
        if any(isinstance(op, PutOp) and (op.value or {}).get("bad") for op in listed):
            raise LookupError("a bad value")
        return await super().abatch(listed)


async def test_callers_share_a_batch_of_the_size_given() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_items=4, max_wait_s=LONG_S) as store:
        await asyncio.gather(*(store.aput(NS, f"k{n}", {"n": n}) for n in range(8)))
    assert inner.batches == [["k0", "k1", "k2", "k3"], ["k4", "k5", "k6", "k7"]]


async def test_a_batch_that_is_not_full_goes_in_time() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_wait_s=0.01) as store:
        await asyncio.gather(*(store.aput(NS, f"k{n}", {"n": n}) for n in range(3)))
        assert inner.batches == [["k0", "k1", "k2"]]


async def test_only_the_bad_one_fails_and_a_call_stays_whole() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_wait_s=0.01) as store:
        ended = await asyncio.gather(
            store.aput(NS, "a", {}),
            store.abatch([PutOp(NS, "b", {}), PutOp(NS, "c", {"bad": 1})]),
            store.aput(OTHER, "d", {}),
            store.adelete(NS, "a"),
            return_exceptions=True,
        )
        assert [type(each) for each in ended] == [type(None), LookupError, type(None), type(None)]
        assert [item.key for item in await store.asearch(("users",))] == ["d"]


async def test_a_place_that_is_away_is_not_asked_for_every_caller() -> None:
    inner = Watched(away=True)
    async with BatchedStore(inner, max_wait_s=0.01) as store:
        puts = [store.aput(NS, f"k{n}", {}) for n in range(9)]
        ended = await asyncio.gather(*puts, return_exceptions=True)
    assert [type(each) for each in ended] == [ConnectionError] * 9
    assert len(inner.batches) == 3


async def test_writers_wait_for_room() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_items=1, max_wait_s=0.0, max_queue=2, durable=False) as store:
        inner.door.clear()
        puts = [asyncio.create_task(store.aput(NS, "k", {"n": n})) for n in range(6)]
        while len(inner.batches) < 1 or not puts[2].done():  # noqa: ASYNC110
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        # One is being written, two wait, and the rest was not acknowledged.
        assert [put.done() for put in puts] == [True] * 3 + [False] * 3
        inner.door.set()
        await asyncio.gather(*puts)
        item = await store.aget(NS, "k")
        assert item and item.value == {"n": 5}


async def test_durable_is_acknowledged_after_the_commit_alone() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_wait_s=0.0) as store:
        inner.door.clear()
        put = asyncio.create_task(store.aput(NS, "k", {}))
        while not inner.batches:  # noqa: ASYNC110
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not put.done()
        inner.door.set()
        await put
        assert inner._data[NS]["k"].value == {}


async def test_early_acknowledged_writes_are_seen_by_reads_of_their_owner() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_wait_s=LONG_S, durable=False) as store:
        value = {"n": 1}
        await store.aput(NS, "k", value)
        value["n"] = 2
        assert await store.aget(OTHER, "k") is None
        assert inner.batches == []
        (found,) = await store.asearch(NS)
        assert found.value == {"n": 1}
        await store.aput(OTHER, "k", {})
        assert len(await store.asearch(("users",))) == 2
        await store.aput(NS, "k", {"n": 3})
        read, _ = await store.abatch([GetOp(NS, "k"), PutOp(NS, "k", {"n": 4})])
        assert read and read.value == {"n": 3}  # type: ignore[union-attr]


async def test_early_acknowledged_writes_that_fail_are_logged_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with BatchedStore(Watched(), durable=False) as store:
            await store.aput(NS, "a", {"bad": "a secret"})
            await store.aput(NS, "b", {})
            assert len(await store.asearch(NS)) == 1
            assert store.lost == 1
    assert "LookupError" in caplog.text
    assert "a secret" not in caplog.text


async def test_closing_writes_what_waits_and_refuses_the_rest() -> None:
    inner = Watched()
    store = BatchedStore(inner, max_wait_s=LONG_S, durable=False)
    await store.aput(NS, "a", {})
    await store.aclose()
    await store.aclose()
    assert inner.batches == [["a"]]
    with pytest.raises(RuntimeError, match="closed and takes no more writes"):
        await store.aput(NS, "b", {})
    assert [item.key for item in await store.asearch(NS)] == ["a"]


async def test_a_writer_that_waits_for_room_at_closing_is_refused() -> None:
    inner = Watched()
    inner.door.clear()
    store = BatchedStore(inner, max_items=1, max_wait_s=0.0, max_queue=1)
    puts = [asyncio.create_task(store.aput(NS, "k", {"n": n})) for n in range(3)]
    while not inner.batches:  # noqa: ASYNC110
        await asyncio.sleep(0)
    closing = asyncio.create_task(store.aclose())
    await asyncio.wait({puts[2]})
    inner.door.set()
    ended = await asyncio.gather(*puts, closing, return_exceptions=True)
    assert [type(each) for each in ended] == [type(None), type(None), RuntimeError, type(None)]


async def test_who_gives_up_before_his_turn_writes_nothing() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_items=2, max_wait_s=LONG_S) as store:
        put = asyncio.create_task(store.aput(NS, "gone", {}))
        await asyncio.sleep(0)
        put.cancel()
        await asyncio.wait({put})
        await asyncio.gather(store.aput(NS, "a", {}), store.aput(NS, "b", {}))
    assert inner.batches == [["a", "b"]]


async def test_many_writers_of_few_items_leave_the_last_of_each() -> None:
    inner = Watched()
    async with BatchedStore(inner, max_items=3, max_wait_s=0.0, max_queue=5) as store:
        await asyncio.gather(*(store.aput(NS, f"k{n % 4}", {"n": n}) for n in range(100)))
        found = {item.key: item.value["n"] for item in await store.asearch(NS)}
    assert found == {"k0": 96, "k1": 97, "k2": 98, "k3": 99}


async def test_synchronous_calls_are_refused_on_the_loop_and_served_beside_it() -> None:
    async with BatchedStore(Watched()) as store:
        with pytest.raises(asyncio.InvalidStateError, match="asynchronous methods"):
            store.put(NS, "k", {})

        async def elsewhere() -> int:
            await store.aput(NS, "other", {})
            return len(await store.asearch(NS))

        await asyncio.to_thread(store.put, NS, "k", {})
        assert await asyncio.to_thread(asyncio.run, elsewhere()) == 2
        (found,) = await asyncio.to_thread(store.batch, [SearchOp(NS)])
        assert len(found) == 2  # type: ignore[arg-type]


def test_a_store_whose_loop_has_ended_says_so() -> None:
    async def make() -> BatchedStore:
        return BatchedStore(Watched())

    store = asyncio.run(make())
    with pytest.raises(RuntimeError, match="event loop of this BatchedStore has ended"):
        store.put(NS, "k", {})


async def test_an_erasure_left_its_own_last_write_in_the_queue() -> None:
    async with BatchedStore(Watched(), durable=False, max_wait_s=LONG_S) as store:
        await store.aput(NS, "k", {"n": 1})
        await erase_from(store, NS)
        assert store.waiting_of(NS) == 0
        assert await store.aget(NS, "k") is None

"""Writes of many callers, gathered into batches."""

import asyncio
import copy
import logging
from collections.abc import Collection
from types import TracebackType
from typing import Self

import psycopg
from langgraph.store.base import BaseStore, Op, PutOp, Result

from memory.long_term.statements.operations import PutSince, under_its_conditions
from memory.long_term.wrappers.scopes import Owner, is_write, owner_of, read_owner, written_place
from memory.long_term.wrappers.waiting import Unit, Waiting
from memory.long_term.wrappers.wrapper import Wrapper

log = logging.getLogger(__name__)

Waiter = asyncio.Future[list[Result]]

MAX_AT_ONCE = 4
"""Batches under way: a slow one (an embedder) does not keep the others."""

OUTAGE = (OSError, psycopg.OperationalError)
"""Raised by a place that is away, whatever it is asked: two in a row, and the rest is not tried."""


class BatchedStore(Wrapper):
    """Puts and deletes go in batches of up to `max_items`, after at most `max_wait_s` seconds.

    A call of several operations stays whole, in one batch. When a batch fails its calls are done one by one, so
    that only a bad one fails. Writes of one item keep their order. While `max_queue` operations wait, writers
    wait for room. With `durable` a write returns when it is committed; without it, when it is queued: its error
    is then logged, and the call counted in `lost`, reads through this store wait for what they should see, and all
    writes of one owner keep their order, since nobody waits for one before the next.
    Close it (`aclose`, `async with`): it writes what waits, and refuses later writes with RuntimeError.
    """

    def __init__(
        self,
        inner: BaseStore,
        *,
        max_items: int = 100,
        max_wait_s: float = 0.005,
        max_queue: int = 1_000,
        durable: bool = True,
    ) -> None:
        super().__init__(inner)
        self.durable = durable
        self.lost = 0
        self._max_wait_s = max_wait_s
        self._waiting: Waiting[Waiter] = Waiting(
            max_items=max_items, max_queue=max_queue, by_owner=not durable
        )
        self._closed = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._door = asyncio.Lock()
        self._dispatcher: asyncio.Task[None] | None = None
        self._batches: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Write all that waits, then end. Twice is fine."""
        self._closed = True
        self._room.set()
        self._hurry(self._waiting.pending())
        if self._dispatcher is not None:
            await asyncio.shield(self._dispatcher)

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        if not self.durable:
            await self._settled(ops)
        if not any(is_write(op) for op in ops):
            return await self.inner.abatch(ops)
        # What becomes of any other write (one on a condition) is what its caller asks for.
        early = not self.durable and all(type(op) in (PutOp, PutSince) for op in ops)
        unit = await self._queue(_copied(ops) if early else ops)
        if early:
            unit.waiter.add_done_callback(self._count_lost)
            return [None] * len(ops)
        try:
            return await unit.waiter
        except asyncio.CancelledError:
            self._waiting.remove(unit)
            self._room.set()
            raise

    def waiting_of(self, owner: Owner) -> int:
        """Writes for this owner that wait or are being written."""
        return sum(owner in unit.owners for unit in self._waiting.pending())

    async def drain(self, owner: Owner) -> None:
        """Wait for them, however they end."""
        seen = [unit for unit in self._waiting.pending() if owner in unit.owners]
        self._hurry(seen)
        if seen:
            await asyncio.wait([unit.waiter for unit in seen])

    def _around(self, view: BaseStore) -> BaseStore:
        return _Beside(view, self)

    async def settle(self, ops: Collection[Op]) -> None:
        """Wait for what was acknowledged to whomever these operations concern."""
        await self._settled(ops, written=[owner_of(written_place(op)[0]) for op in ops if is_write(op)])

    async def _settled(self, ops: Collection[Op], written: Collection[Owner] = ()) -> None:
        """Wait for what was acknowledged and is to be seen by these reads."""
        reads = [op for op in ops if not is_write(op)]
        owners = [*(read_owner(op) for op in reads), *written]
        seen = [
            unit
            for unit in self._waiting.pending()
            if any(owner is None or owner in unit.owners for owner in owners)
        ]
        self._hurry(seen)
        if seen:
            await asyncio.wait([unit.waiter for unit in seen])

    def _hurry(self, units: Collection[Unit[Waiter]]) -> None:
        for unit in units:
            unit.due = float("-inf")
        self._wake.set()

    async def _queue(self, ops: list[Op]) -> Unit[Waiter]:
        # One at a time, so that nobody overtakes one who waits for room.
        async with self._door:
            while not self._closed and not self._waiting.has_room(len(ops)):
                self._room.clear()
                await self._room.wait()
            if self._closed:
                raise RuntimeError("This store is closed and takes no more writes; open a new one.")
            unit = Unit(ops, self._loop.time() + self._max_wait_s, self._loop.create_future())
            if unit.alone:
                # Nobody is gathered with it, so there is nothing to wait for.
                unit.due = float("-inf")
            self._waiting.add(unit)
        if self._dispatcher is None:
            self._dispatcher = self._loop.create_task(self._dispatch())
        self._wake.set()
        return unit

    async def _dispatch(self) -> None:
        while not (self._closed and not self._waiting.pending()):
            self._wake.clear()
            due = self._waiting.next_due() if len(self._batches) < MAX_AT_ONCE else None
            if due is not None and due <= self._loop.time():
                self._start(self._waiting.take())
                continue
            try:
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _start(self, batch: list[Unit[Waiter]]) -> None:
        task = self._loop.create_task(self._write(batch))
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)
        task.add_done_callback(lambda _: self._wake.set())
        self._room.set()

    async def _write(self, batch: list[Unit[Waiter]]) -> None:
        try:
            await self._write_together(batch)
        finally:
            self._waiting.finish(batch)
            for unit in batch:
                unit.waiter.cancel()

    async def _write_together(self, batch: list[Unit[Waiter]]) -> None:
        try:
            results = await self.inner.abatch([op for unit in batch for op in unit.ops])
        except Exception as error:  # noqa: BLE001 - it is the callers', each gets their own
            if len(batch) == 1:
                _fail(batch[0], error)
            else:
                await self._write_one_by_one(batch)
            return
        start = 0
        for unit in batch:
            _answer(unit, results[start : start + len(unit.ops)])
            start += len(unit.ops)

    async def _write_one_by_one(self, batch: list[Unit[Waiter]]) -> None:
        outages: list[Exception] = []
        for unit in batch:
            if len(outages) == 2:
                _fail(unit, outages[-1])
                continue
            try:
                _answer(unit, await self.inner.abatch(unit.ops))
                outages = []
            except OUTAGE as error:
                outages.append(error)
                _fail(unit, error)
            except Exception as error:  # noqa: BLE001 - it is this caller's
                outages = []
                _fail(unit, error)

    def _count_lost(self, waiter: Waiter) -> None:
        if waiter.cancelled() or waiter.exception() is not None:
            self.lost += 1
            log.error("a write that was acknowledged early is lost: %s", _what(waiter))


def _copied(ops: list[Op]) -> list[Op]:
    """The caller goes on with its values before they are written."""
    try:
        return [_copy(op) if isinstance(op, PutOp) else op for op in ops]
    except RecursionError:
        raise ValueError("A memory's value is nested too deeply to be stored.") from None


def _copy(op: PutOp) -> PutOp:
    return under_its_conditions(PutOp(op.namespace, op.key, copy.deepcopy(op.value), op.index, op.ttl), op)


def _answer(unit: Unit[Waiter], results: list[Result]) -> None:
    if not unit.waiter.done():
        unit.waiter.set_result(results)


def _fail(unit: Unit[Waiter], error: Exception) -> None:
    if not unit.waiter.done():
        unit.waiter.set_exception(error)


def _what(waiter: Waiter) -> str:
    # Only its kind: an error's text may hold what was to be written.
    return "its batch was cancelled" if waiter.cancelled() else type(waiter.exception()).__name__


class _Beside(Wrapper):
    """Past the queue, for a reader: its batches are its own, and follow what was acknowledged before them."""

    def __init__(self, inner: BaseStore, batcher: BatchedStore) -> None:
        super().__init__(inner)
        self._batcher = batcher

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        if not self._batcher.durable:
            await self._batcher.settle(ops)
        return await self.inner.abatch(ops)

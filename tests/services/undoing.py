"""A chat in this process alone, whose every step of persistence can fail."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from langgraph.store.base import BaseStore, Op, PutOp, Result
from langgraph.store.memory import InMemoryStore

from graphs.chat import Chat, compile_chat
from memory.short_term.savers import MemorySaver
from tests.unit.memory_parts import DIMS, WordHashes


class Crash(Exception):  # noqa: N818 - what happened, and nobody's mistake
    """This process is gone, as far as what it writes is concerned."""


@dataclass
class Failpoint:
    """Fails at the n-th write and at all later ones, before or after it is done."""

    at: int = 0
    after: bool = False
    count: int = 0

    def before_write(self) -> None:
        self.count += 1
        if self.at and (self.count > self.at or (self.count == self.at and not self.after)):
            raise Crash

    def after_write(self) -> None:
        if self.at and self.count >= self.at:
            raise Crash

    def arm(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.count = at, after, 0


class CrashingSaver(MemorySaver):
    def __init__(self, failpoint: Failpoint) -> None:
        super().__init__()
        self.failpoint = failpoint

    async def aput(self, *args: Any, **kwargs: Any) -> Any:
        self.failpoint.before_write()
        written = await super().aput(*args, **kwargs)
        self.failpoint.after_write()
        return written

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        self.failpoint.before_write()
        await super().aput_writes(*args, **kwargs)
        self.failpoint.after_write()


class CrashingStore(BaseStore):
    """Its batches are whole or not at all, as Postgres's are."""

    supports_ttl = True

    def __init__(self, failpoint: Failpoint) -> None:
        self.failpoint = failpoint
        self.inner = InMemoryStore(index={"dims": DIMS, "embed": WordHashes(), "fields": ["text"]})

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        raise NotImplementedError("everything here is asynchronous")

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        given = list(ops)
        writes = any(isinstance(op, PutOp) for op in given)
        if writes:
            self.failpoint.before_write()
        results = await self.inner.abatch(given)
        if writes:
            self.failpoint.after_write()
        return results


@dataclass
class Crashing:
    chat: Chat
    store: BaseStore
    failpoint: Failpoint


@pytest.fixture
def crashing() -> Crashing:
    return a_crashing_chat()


def a_crashing_chat() -> Crashing:
    failpoint = Failpoint()
    store = CrashingStore(failpoint)
    return Crashing(compile_chat(CrashingSaver(failpoint), store), store, failpoint)

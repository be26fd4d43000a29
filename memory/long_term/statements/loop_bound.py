"""A store written once, asynchronously, and called from every thread."""

import asyncio
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from langgraph.store.base import BaseStore, Item, Op, Result, SearchItem

from memory.long_term.statements.began import dated
from memory.long_term.statements.renewal import told


class LoopBound(BaseStore):
    """A BaseStore made on a running event loop, to which every call is brought; subclasses write `_abatch`.

    The synchronous methods raise asyncio.InvalidStateError on the loop's own thread, which they would block for
    ever; from elsewhere every method raises RuntimeError when the loop runs no more. Nothing lives longer because
    it was read, unless the reader asks for that: by `refresh_ttl=True` of a method, or by ASKED in an operation.
    """

    dates = False
    """Whether puts are told when their work began, for a store that refuses what comes after an erasure."""
    supports_ttl = True
    ttl_config: Any = {"refresh_on_read": False}  # noqa: RUF012 - BaseStore's own attribute

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    @abstractmethod
    async def _abatch(self, ops: list[Op]) -> list[Result]: ...

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        listed = self._listed(ops)
        if asyncio.get_running_loop() is self._loop:
            return await self._abatch(listed)
        self._check_running()
        future = asyncio.run_coroutine_threadsafe(self._abatch(listed), self._loop)
        return await asyncio.wrap_future(future)

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        if _running_loop() is self._loop:
            raise asyncio.InvalidStateError(
                f"{type(self).__name__} was called synchronously on its own event loop, which would wait for "
                "itself; call its asynchronous methods (aget, aput, abatch, ...) there."
            )
        self._check_running()
        return asyncio.run_coroutine_threadsafe(self._abatch(self._listed(ops)), self._loop).result()

    def _listed(self, ops: Iterable[Op]) -> list[Op]:
        listed = list(ops)
        return dated(listed) if self.dates else listed

    def get(self, namespace: tuple[str, ...], key: str, *, refresh_ttl: bool | None = None) -> Item | None:
        return super().get(namespace, key, refresh_ttl=told(refresh_ttl))

    async def aget(
        self, namespace: tuple[str, ...], key: str, *, refresh_ttl: bool | None = None
    ) -> Item | None:
        return await super().aget(namespace, key, refresh_ttl=told(refresh_ttl))

    def search(
        self, namespace_prefix: tuple[str, ...], /, *, refresh_ttl: bool | None = None, **more: Any
    ) -> list[SearchItem]:
        return super().search(namespace_prefix, refresh_ttl=told(refresh_ttl), **more)

    async def asearch(
        self, namespace_prefix: tuple[str, ...], /, *, refresh_ttl: bool | None = None, **more: Any
    ) -> list[SearchItem]:
        return await super().asearch(namespace_prefix, refresh_ttl=told(refresh_ttl), **more)

    def _check_running(self) -> None:
        if not self._loop.is_running():
            raise RuntimeError(
                f"The event loop of this {type(self).__name__} has ended; open a new store on a running one."
            )


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None

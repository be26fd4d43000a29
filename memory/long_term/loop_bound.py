"""A store written once, asynchronously, and called from threads as well."""

import asyncio
from collections.abc import Iterable
from typing import Any

from langgraph.store.base import BaseStore, Op, Result


class LoopBound(BaseStore):
    """A BaseStore whose `batch` runs `abatch` on the event loop that the store was opened on."""

    supports_ttl = True
    # Nothing lives longer because it was read, unless the reader asks for that.
    ttl_config: Any = {"refresh_on_read": False}  # noqa: RUF012 - BaseStore's own attribute

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """From any thread but the loop's own, which would wait for itself: there, await `abatch`."""
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is self._loop:
            raise asyncio.InvalidStateError(
                "This thread runs the store's event loop: await the asynchronous methods (aget, aput, asearch) here."
            )
        return asyncio.run_coroutine_threadsafe(self.abatch(list(ops)), self._loop).result()

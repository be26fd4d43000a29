"""Work on a connection that its caller may leave at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

_left: set[asyncio.Task[Any]] = set()


async def let_go(work: Coroutine[Any, Any, Result]) -> Result:
    """Await the work; one who gives up goes at once, and the work is cancelled behind them.

    Cancelling has psycopg ask the server to end the statement and wait for the answer, which over a network that
    stalls takes ten seconds: far beyond what the caller has left.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        _left.add(task)
        task.add_done_callback(_forget)
        task.cancel()
        raise


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        # Nobody is left to hear of it.
        task.exception()

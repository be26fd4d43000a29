"""Writes that come to a deleted thread before any checkpoint: of a new life that is being written, or of a late run.

A run with the durability "async" sends what its tasks wrote beside the checkpoints, and not behind them. A new life's
first checkpoint is on its way then; a late run's was refused, or will never be sent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

PAUSES: Final = [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 0.64]
"""Seconds between attempts; a thread that has no checkpoint after them stays deleted."""


async def written(write: Callable[[], Awaitable[bool | None]]) -> bool:
    """Whether something was stored. `write` tells so, or None where the thread was deleted and has no checkpoint."""
    for pause in PAUSES:
        stored = await write()
        if stored is not None:
            return stored
        await asyncio.sleep(pause)
    return bool(await write())

"""How much a checkpointer holds of threads, counted where it lies: rows, keys, entries."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard

from langgraph.checkpoint.base import BaseCheckpointSaver

CHECKPOINTS = "checkpoints"


class CountsItsOwn(Protocol):
    """A checkpointer with a quick way of its own."""

    async def aheld(self, thread_ids: Sequence[str]) -> dict[str, int]:
        """By place: tables, keys."""
        ...


async def held(saver: Any, thread_ids: Sequence[str]) -> dict[str, int]:
    """By place, how much there is of these threads; what is not there is counted, too, as 0."""
    if _counts(saver):
        return await saver.aheld(thread_ids)
    stock: BaseCheckpointSaver[Any] = saver
    counts = Counter({CHECKPOINTS: 0})
    for thread_id in thread_ids:
        async for _ in stock.alist({"configurable": {"thread_id": thread_id}}):
            counts[CHECKPOINTS] += 1
    return dict(counts)


def _counts(saver: Any) -> TypeGuard[CountsItsOwn]:
    return hasattr(saver, "aheld")

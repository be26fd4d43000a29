"""How far a memory has faded: a half-life by kind, which use, evidence and importance prolong. Pure.

Fading only ever reorders, and within bounds: nothing leaves recall or the store by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2
from typing import Final

from memory.schema import Kind, Memory

FLOOR: Final = 0.85
"""What is left of the weight of a memory that has faded altogether."""
FRESH: Final = timedelta(days=30)
"""For so long after the last touch nothing fades."""
HALF_LIFE: Final[Mapping[Kind, timedelta]] = {
    Kind.SEMANTIC: timedelta(days=365),
    Kind.EPISODIC: timedelta(days=180),
}
"""Of a memory of no importance that nobody used and one message bears out. A procedure has none: it holds."""
BY_USE: Final = 0.5
"""What each doubling of the replies that used a memory adds to its half-life, as a share of it."""
BY_EVIDENCE: Final = 0.25
"""The same for each doubling of the turns that said it."""
BY_IMPORTANCE: Final = 1.0
"""What an importance of 1 adds."""


@dataclass(frozen=True)
class Use:
    """How many replies used a memory, and when the last one did."""

    count: int
    last: datetime


def half_life(memory: Memory, use: Use | None = None) -> timedelta | None:
    """None for what never fades: procedures, and what a person pinned."""
    known = HALF_LIFE.get(memory.kind)
    if known is None or memory.pinned:
        return None
    used = use.count if use else 0
    return known * (
        1
        + BY_USE * log2(1 + max(0, used))
        + BY_EVIDENCE * log2(1 + len(memory.also))
        + BY_IMPORTANCE * memory.importance
    )


def touched(memory: Memory, use: Use | None = None) -> datetime:
    """When it was said, or used after that."""
    said = memory.provenance.said_at
    return max(said, use.last) if use else said


def multiplier(memory: Memory, now: datetime, use: Use | None = None) -> float:
    """From FLOOR, faded, to 1, fresh. What is dated after `now` is fresh."""
    life = half_life(memory, use)
    if life is None:
        return 1.0
    age = max(timedelta(0), now - touched(memory, use) - FRESH)
    return float(FLOOR + (1 - FLOOR) * 0.5 ** (age / life))


def multipliers(memories: Sequence[Memory], now: datetime, uses: Mapping[str, Use]) -> list[float]:
    """Each one's beside the others': ages count from the last touch of any, so that rest alone fades nothing.

    Years after a conversation its memories stand to each other as they did at its end.
    """
    latest = max((touched(memory, uses.get(memory.id)) for memory in memories), default=now)
    return [multiplier(memory, min(now, latest), uses.get(memory.id)) for memory in memories]

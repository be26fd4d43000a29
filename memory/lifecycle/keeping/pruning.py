"""Which memories go when an owner has more than a policy keeps: those worth least. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from memory.lifecycle.reading.decay import FLOOR, Use, multiplier
from memory.schema import Kind, Memory, Status

_GONE_FIRST: Final = (Status.RETRACTED, Status.MERGED, Status.SUPERSEDED)
"""What is not recalled anyway, the least telling first; what waits for a person stays."""


@dataclass(frozen=True)
class Pruning:
    """How many memories an owner keeps; None keeps all."""

    keep: int | None = None


def select_for_forgetting(
    memories: Sequence[Memory], policy: Pruning, now: datetime, uses: Mapping[str, Use] | None = None
) -> list[Memory]:
    """What goes, the least first. Never a pinned one, a procedure, or one that waits for a person.

    Emptied episodes do not count: they hold nothing but that their turn was remembered, and stay for that.
    """
    counted = [memory for memory in memories if not memory.emptied]
    if policy.keep is None or len(counted) <= policy.keep:
        return []
    found = sorted(filter(_may_go, counted), key=lambda memory: _worth(memory, now, uses or {}))
    return found[: len(counted) - policy.keep]


def _may_go(memory: Memory) -> bool:
    waiting = memory.status in (Status.QUARANTINED, Status.PROPOSED)
    return not (memory.pinned or waiting or memory.kind is Kind.PROCEDURAL)


def _worth(memory: Memory, now: datetime, uses: Mapping[str, Use]) -> tuple[float, ...]:
    """History first, then episodes, then facts; among alike the faded and unimportant first."""
    use = uses.get(memory.id)
    rank = _GONE_FIRST.index(memory.status) if memory.status in _GONE_FIRST else len(_GONE_FIRST)
    fresh = (multiplier(memory, now, use) - FLOOR) / (1 - FLOOR)
    used = min(use.count if use else 0, 10) / 10
    said = memory.provenance.said_at.timestamp()
    return rank, memory.kind is Kind.SEMANTIC, memory.importance + fresh + used, said

"""Which of several memories that say different things of one matter holds. Pure.

By who it rests on, then by when it was said, then by id: every order of asking gives the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from memory.schema import Memory, Source, Status

TRUST: Final = {Source.USER: 3, Source.AGENT: 2, Source.TOOL: 1, Source.DOCUMENT: 1}
"""The user's word beats what an agent inferred, which beats what a tool or a document says."""
_WHO: Final = {
    Source.USER: "the user's own word",
    Source.AGENT: "an agent's inference",
    Source.TOOL: "what a tool gave",
    Source.DOCUMENT: "what a document says",
}


@dataclass(frozen=True)
class Verdict:
    """`holds` stays active, each of `gives_way` is superseded by it, for the reason at the same place."""

    holds: Memory
    gives_way: tuple[Memory, ...]
    reasons: tuple[str, ...]


def settle(claims: Sequence[Memory]) -> Verdict:
    """The verdict on at least one memory that says something of the same slot. Raises ValueError on none."""
    if not claims:
        raise ValueError("There is nothing to settle: give the memories that contradict each other.")
    holds, *others = sorted(claims, key=_rank, reverse=True)
    return Verdict(holds, tuple(others), tuple(_reason(holds, other) for other in others))


def beats(one: Memory, other: Memory) -> bool:
    """Whether the first holds against the second: false for the other way round."""
    return _rank(one) > _rank(other)


def superseded(memory: Memory, by: Memory, reason: str) -> Memory:
    """The memory as history. What was said before never ends before it began."""
    ends = max(memory.validity.valid_from, by.validity.valid_from)
    validity = memory.validity.model_copy(update={"valid_to": ends, "superseded_by": by.id})
    return memory.model_copy(update={"status": Status.SUPERSEDED, "reason": reason, "validity": validity})


def _rank(memory: Memory) -> tuple[int, datetime, str]:
    came = memory.provenance
    return TRUST[came.source], came.said_at, memory.id


def _reason(holds: Memory, other: Memory) -> str:
    one, two = holds.provenance, other.provenance
    learner = f" (learned by {one.agent})" if one.agent else ""
    if TRUST[one.source] != TRUST[two.source]:
        return f"It gives way to {_WHO[one.source]}{learner}: it rests on {_WHO[two.source]}."
    if one.said_at != two.said_at:
        return f"Something newer from as good a source holds{learner}."
    return f"Two sources as good said different things at once{learner}; one of them was taken."

"""Facts that say the same in nearly the same words become one. Pure, once the near ones are known.

That two statements embed close together proves nothing: opposites, and two of which a number or a name differs, do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from memory.lifecycle.language.statements import agree, read
from memory.schema import Kind, Memory, Source, Status

CLOSE: Final = 0.9
"""The cosine from which two statements may be the same."""
MAX_TURNS: Final = 200
"""Turns that a memory names as those that said it, too."""
_TRUST: Final = (Source.USER, Source.DOCUMENT, Source.TOOL, Source.AGENT)
_HAPPENINGS: Final = frozenset({"event", "plan"})
"""What happened twice is two happenings, however alike they are told."""


@dataclass(frozen=True)
class Merge:
    """`kept` speaks for `merged` from now on; both as they become."""

    kept: Memory
    merged: Sequence[Memory]


def say_the_same(one: Memory, other: Memory, cosine: float) -> bool:
    """Whether one may stand for the other: the same names, numbers, dates and sense, and no word against it."""
    if cosine < CLOSE or one.provenance.source is not other.provenance.source:
        return False
    if one.category in _HAPPENINGS and one.provenance.said_at.date() != other.provenance.said_at.date():
        return False
    a, b = read(one.text), read(other.text)
    alike = (a.names, a.numbers, a.dates, a.holds, a.past) == (b.names, b.numbers, b.dates, b.holds, b.past)
    return alike and agree(a, b) and (a.core <= b.core or b.core <= a.core)


def may_merge(memory: Memory) -> bool:
    """An active fact with no history of its own: what was corrected, undone or pinned stays by itself."""
    return (
        memory.kind is Kind.SEMANTIC
        and memory.status is Status.ACTIVE
        and memory.undone is None
        and memory.supersedes is None
        and not memory.stands_for
    )


def merges(facts: Sequence[Memory], near: Mapping[str, Mapping[str, float]], reason: str) -> list[Merge]:
    """Each fact at most once: the fullest, best borne out statement stands for those that say the same.

    `near` are the cosines by both ids, as far as they are known.
    """
    found: list[Merge] = []
    taken: set[str] = set()
    of_id = {fact.id: fact for fact in facts}
    for kept in sorted(facts, key=_worth, reverse=True):
        if kept.id in taken:
            continue
        same = [
            of_id[other]
            for other, cosine in sorted(near.get(kept.id, {}).items())
            if other in of_id and other not in taken and other != kept.id
            if _stands_for(kept, of_id[other], cosine)
        ]
        if same:
            found.append(_merged(kept, same, reason))
            taken |= {kept.id, *(each.id for each in same)}
    return found


def _stands_for(kept: Memory, other: Memory, cosine: float) -> bool:
    if other.pinned or not may_merge(other):
        return False
    return say_the_same(kept, other, cosine) and read(other.text).core <= read(kept.text).core


def _worth(memory: Memory) -> tuple[object, ...]:
    """A statement that says more stands for one that says less, never the other way round."""
    trust = -_TRUST.index(memory.provenance.source)
    said = -memory.provenance.said_at.timestamp()
    return (
        len(read(memory.text).core),
        memory.pinned,
        trust,
        len(memory.also),
        memory.importance,
        said,
        memory.id,
    )


def _merged(kept: Memory, same: Sequence[Memory], reason: str) -> Merge:
    turns = [turn for each in same for turn in (each.turn, *each.also) if turn != kept.turn]
    whole = kept.model_copy(
        update={
            "also": list(dict.fromkeys([*kept.also, *turns]))[-MAX_TURNS:],
            "stands_for": [*kept.stands_for, *(each.id for each in same)],
            "importance": max(each.importance for each in (kept, *same)),
        }
    )
    gone = [each.model_copy(update={"status": Status.MERGED, "reason": reason}) for each in same]
    return Merge(whole, gone)

"""Who a user is, from the facts that matter most, as one bounded text. Pure, and made when it is asked for.

Nothing keeps it: what is corrected or forgotten is not in the next one.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from memory.lifecycle.reading.decay import Use
from memory.schema import Kind, Memory, Status

MAX_CHARS: Final = 1_200
_FIRST: Final = ("identity", "health", "relationship", "location", "work", "preference", "possession")
"""Of facts alike in importance, those that hold longest and matter most."""


def profile_of(
    memories: Sequence[Memory], uses: Mapping[str, Use] | None = None, *, most_chars: int = MAX_CHARS
) -> str:
    """The active facts, what matters most first, whole lines as long as they fit; "" where there are none."""
    facts = [
        memory
        for memory in memories
        if memory.kind is Kind.SEMANTIC and memory.status is Status.ACTIVE and memory.undone is None
    ]
    lines: list[str] = []
    left = most_chars
    for memory in sorted(facts, key=lambda memory: _matters(memory, uses or {})):
        line = f"- {memory.text}"
        if len(line) + 1 <= left and line not in lines:
            lines.append(line)
            left -= len(line) + 1
    return "\n".join(lines)


def _matters(memory: Memory, uses: Mapping[str, Use]) -> tuple[object, ...]:
    use = uses.get(memory.id)
    place = _FIRST.index(memory.category) if memory.category in _FIRST else len(_FIRST)
    weight = memory.importance + min(use.count if use else 0, 5) / 10
    return not memory.pinned, -weight, place, -memory.provenance.said_at.timestamp(), memory.id

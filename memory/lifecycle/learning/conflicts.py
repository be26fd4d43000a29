"""Which of two memories that contradict each other holds: by who it rests on, then by when it came. Pure."""

from datetime import timedelta
from typing import Final

from memory.lifecycle.language.beginnings import is_dated, latest_beginning
from memory.lifecycle.language.statements import is_move
from memory.lifecycle.learning.admission import trust
from memory.schema import Memory, Source

RECENTLY: Final = timedelta(days=90)
LATER: Final = "Something that was said later holds."
HAPPENED_LATER: Final = "Something that came later holds."
_WHO: Final = {
    Source.USER: "the user's own word",
    Source.AGENT: "an agent's inference",
    Source.TOOL: "what a tool gave",
    Source.DOCUMENT: "what a document says",
}


def outranked(memory: Memory, by: Memory) -> str:
    """Why a memory gives way to one that rests on a better source, in a sentence; "" where it does not."""
    if trust(by) <= trust(memory):
        return ""
    learner = f" (learned by {by.provenance.agent})" if by.provenance.agent else ""
    better, worse = _WHO[by.provenance.source], _WHO[memory.provenance.source]
    return f"It gives way to {better}{learner}: it rests on {worse}."


def gives_way(new: Memory, known: Memory) -> str:
    """Why what is learned gives way to what is known, in a sentence; "" where it holds.

    Of two that were said at once from as good a source, what is learned holds.
    """
    if trust(new) > trust(known):
        return ""
    return outranked(new, known) or _later(new, known)


def _later(new: Memory, known: Memory) -> str:
    """A move has its own time: one that was before what is known to hold is history, whenever it is told."""
    began = known.validity.valid_from
    # Whoever tells of a home just after they left it tells of it as theirs.
    told = began if is_dated(known) else began - RECENTLY
    if is_move(new.text) and is_dated(new) and latest_beginning(new) <= told:
        return HAPPENED_LATER
    both = is_move(new.text) and is_move(known.text) and is_dated(new) and is_dated(known)
    if both and new.validity.valid_from > known.validity.valid_from:
        return ""
    return LATER if known.provenance.said_at > new.provenance.said_at else ""

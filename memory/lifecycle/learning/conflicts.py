"""Which of two memories that contradict each other holds: by who it rests on, then by when it came. Pure."""

from datetime import timedelta
from typing import Final

from memory.lifecycle.language.beginnings import is_dated, latest_beginning, tells_the_past
from memory.lifecycle.language.statements import is_move
from memory.lifecycle.learning.admission import trust
from memory.schema import Memory, Source

RECENTLY: Final = timedelta(days=90)
ONE_TALK: Final = timedelta(days=1)
"""A conversation that goes on after it is another talk."""
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
    dated_move = is_move(new.text) and is_dated(new)
    if dated_move and latest_beginning(new) <= told and not _takes_back(new, known):
        return HAPPENED_LATER
    both = dated_move and is_move(known.text) and is_dated(known)
    if both and new.validity.valid_from > known.validity.valid_from:
        return ""
    return LATER if known.provenance.said_at > new.provenance.said_at else ""


def _takes_back(new: Memory, known: Memory) -> bool:
    """Whether a move of long ago takes the place of an undated home, which was told before it in one talk.

    Who goes on from one to the other tells what is so, unless they say that they speak of the past: "back then". Days
    later, or in one breath, both may be true: they moved again.
    """
    came, was = new.provenance, known.provenance
    after = was.thread_id == came.thread_id and was.said_at < came.said_at <= was.said_at + ONE_TALK
    apart = not set(was.message_ids) & set(came.message_ids)
    return after and apart and not is_dated(known) and not tells_the_past(came.quote or new.text)

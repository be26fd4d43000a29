"""Which of two memories that contradict each other holds: by who it rests on, then by when it was said. Pure."""

from typing import Final

from memory.lifecycle.admission import trust
from memory.schema import Memory, Source

LATER: Final = "Something that was said later holds."
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
    later = known.provenance.said_at > new.provenance.said_at
    return outranked(new, known) or (LATER if later else "")

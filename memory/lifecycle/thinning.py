"""How much of an old episode stays embedded. Pure: its text, its words and its place in the thread always stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from memory.lifecycle.decay import Use, touched
from memory.long_term.lexemes import lexemes
from memory.long_term.sentences import stated
from memory.schema import Kind, Memory, Status, Views

_ORDER: Final = (Views.ALL, Views.WHOLE, Views.NONE)


@dataclass(frozen=True)
class Thinning:
    """After how long untouched an episode keeps one view, and, where it says little, none.

    It says little with fewer than `words` different words outside questions. None keeps everything.
    """

    whole_after: timedelta | None = timedelta(days=30)
    none_after: timedelta | None = timedelta(days=30)
    words: int = 12


def thinned(memory: Memory, policy: Thinning, now: datetime, use: Use | None = None) -> Views:
    """What it keeps: never more than it has, and all of it for whatever is pinned, no episode, or not active."""
    if memory.kind is not Kind.EPISODIC or memory.pinned or memory.status is not Status.ACTIVE:
        return memory.views
    untouched = now - touched(memory, use)
    if policy.none_after is not None and untouched >= policy.none_after and says_little(memory, policy.words):
        wanted = Views.NONE
    elif policy.whole_after is not None and untouched >= policy.whole_after:
        wanted = Views.WHOLE
    else:
        wanted = Views.ALL
    return max(memory.views, wanted, key=_ORDER.index)


def says_little(memory: Memory, words: int) -> bool:
    text = memory.detail or memory.text
    return stated(text) < 1 and len(set(lexemes(text))) < words

"""How much of an old episode stays embedded. Pure: its text, its words and its place in the thread always stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from memory.lifecycle.reading.decay import Use, touched
from memory.long_term.language.sentences import stated
from memory.schema import Kind, Memory, Status, Views

_ORDER: Final = (Views.ALL, Views.WHOLE, Views.NONE)


@dataclass(frozen=True)
class Thinning:
    """After how long untouched an episode keeps one view, and, where it says little, none. None keeps everything.

    It says little when less than `stated` of it states anything (memory.long_term.language.sentences.stated, 0 to 1).
    Chosen on real conversations: of what states more, recall needs the vectors (`python -m benchmarks.consolidate`).
    """

    whole_after: timedelta | None = timedelta(days=30)
    none_after: timedelta | None = timedelta(days=30)
    stated: float = 0.3


def thinned(memory: Memory, policy: Thinning, now: datetime, use: Use | None = None) -> Views:
    """What it keeps: never more than it has, and all of it for whatever is pinned, no episode, or not active."""
    if memory.kind is not Kind.EPISODIC or memory.pinned or memory.status is not Status.ACTIVE:
        return memory.views
    untouched = now - touched(memory, use)
    if (
        policy.none_after is not None
        and untouched >= policy.none_after
        and _says_little(memory, policy.stated)
    ):
        wanted = Views.NONE
    elif policy.whole_after is not None and untouched >= policy.whole_after:
        wanted = Views.WHOLE
    else:
        wanted = Views.ALL
    return max(memory.views, wanted, key=_ORDER.index)


def _says_little(memory: Memory, least: float) -> bool:
    return stated(memory.detail or memory.text) < least

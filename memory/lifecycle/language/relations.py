"""How two statements of one owner stand to each other, by what they say and by the words of who said one. Pure."""

import re
from difflib import SequenceMatcher
from typing import Final, Literal

from memory.lifecycle.language.statements import (
    Slot,
    Statement,
    agree,
    is_end_of,
    is_move,
    leaves,
    read,
    stems,
)

Relation = Literal["new", "same", "refines", "outdates", "corrects"]

NEARLY: Final = 0.7
"""From this likeness in spelling on, two words are easily taken for each other."""
MAX_EXTRA: Final = 3
"""Content words that what is ended may have beyond those of its end: "eats meat on Sundays", "eats no meat"."""

_WRONG = re.compile(
    r"\bname(?: is not|['’]s not| isn['’]t)\b"
    r"|\b(?:wrong|incorrect|mistaken?|mistyped|misheard|misunderstood|misspoke|misspelt|typo|not true|untrue"
    r"|i meant|made that up|never (?:was|were|had|did|said|been|\w+ed)"
    r"|(?:that['’]?s|that is|it['’]?s|is) not (?:right|correct|so)|(?:isn['’]t|wasn['’]t) (?:right|correct|true))\b",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(?:no longer|instead|any ?more|now(?:adays)?|these days|switched|changed|became|become|stopped|quit|moved"
    r"|gave up|used to|replaced)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:not|since|left|recently|just|actually|no|nope|rather|lately)\b|n['’]t\b",
    re.IGNORECASE,
)
_JOBS: Final = frozenset({"title", "trade"})
"""Two ways to say as what somebody works: "works as a baker", "is a baker"."""
_CALLED: Final = stems("called named name")
_GOES_ON = re.compile(r"(?:,| (?:called|named|who|which|that|with|from|in|at|near|and|for|since|as))\b")


def relation(new: Statement, old: Statement, *, happening: bool = False) -> Relation:
    """What a statement does to an older one of the same owner, by what both say alone.

    `happening`: the older one tells of something that happened, or is going to: only the very same says it again.
    """
    if _is_left(new, old) or is_end_of(new.text, old.text):
        return "outdates"
    by_slot = _by_slot(new, old)
    if by_slot is not None:
        return by_slot
    if not agree(new, old):
        return "new"
    if new.holds != old.holds:
        return "outdates" if _is_opposite(new, old) else "new"
    if new.core == old.core:
        return "same" if _says(new) and _same_figures(new, old) else "new"
    return "new" if happening or not new.holds else _by_length(new, old)


def _by_length(new: Statement, old: Statement) -> Relation:
    if _says(old) and _goes_on(old.text, new.text):
        return "refines"
    return "same" if _says(new) and _goes_on(new.text, old.text) else "new"


def says_wrong(words: str) -> bool:
    """Whether the user says that something never was so, rather than that it changed."""
    return _WRONG.search(words) is not None and not re.search(r"\b(?:no longer|any ?more)\b", words)


def says_changed(words: str) -> bool:
    """Whether the user says that something is not as it was."""
    return _OVER.search(words) is not None or _CHANGED.search(words) is not None


def bears_out(advised: Relation, new: Statement, old: Statement, words: str, *, alike: bool) -> bool:
    """Whether a model's word is to be believed, by the user's `words`: never of somebody else, never against figures.

    `alike`: both are of one category.
    """
    slots = {slot.name for slot in (new.slot, old.slot) if slot}
    if not agree(new, old) or (len(slots) > 1 and slots != _JOBS):
        return False
    frame = _frame(new) & _frame(old)
    shared = bool((new.core & old.core) - frame)
    if advised in ("same", "refines"):
        figures = _same_figures(new, old) if advised == "same" else _has_the_figures(new, old)
        return shared and new.holds == old.holds and figures and not _mistakable(new, old)
    named = bool((old.core - frame) & stems(words))
    over = alike and _OVER.search(words) is not None
    return (says_changed(words) or says_wrong(words)) and (shared or named or over or new.holds != old.holds)


def _mistakable(new: Statement, old: Statement) -> bool:
    """Whether words in which they differ are spelled nearly alike: hydroxyzine is no hydralazine."""
    return any(_nearly(one, other) for one in new.core - old.core for other in old.core - new.core)


def _nearly(one: str, other: str) -> bool:
    kin = one.startswith(other) or other.startswith(one)
    return not kin and min(len(one), len(other)) > 3 and SequenceMatcher(None, one, other).ratio() >= NEARLY


def _frame(statement: Statement) -> frozenset[str]:
    """The stems that say of whom, and which verb: two things that somebody likes share no more."""
    rest = statement.text[len(statement.subject) :].split()
    return read(f"{statement.subject} {' '.join(rest[:1])}").core


def _by_slot(new: Statement, old: Statement) -> Relation | None:
    """None where they do not give the same attribute two values."""
    one, other = new.slot, old.slot
    if one is None or other is None or (one.name, one.who) != (other.name, other.who):
        return None
    if not (one.single and other.single):
        if one.value != other.value:
            return "new"
        return "same" if new.holds == old.holds else None
    if new.holds and old.holds:
        return _of_values(one, other, moved=is_move(new.text))
    if new.holds == old.holds or old.past or one.head != other.head:
        return "new"
    return "outdates"


def _is_left(new: Statement, old: Statement) -> bool:
    """Whether somebody left where the other says that they live or work."""
    left, slot = leaves(new.text), old.slot
    if left is None or slot is None or slot.name not in ("home", "employer") or not old.holds:
        return False
    return left.who == slot.who and bool(left.head) and left.head == slot.head


def _of_values(new: Slot, old: Slot, *, moved: bool) -> Relation:
    if new.value == old.value and not moved:
        return "same"
    if new.head == old.head:
        return (
            "new"
            if moved
            else "refines"
            if new.value > old.value
            else "same"
            if new.value < old.value
            else "new"
        )
    if new.head > old.head:
        return "refines"
    return "same" if new.head < old.head else "outdates"


def _is_opposite(new: Statement, old: Statement) -> bool:
    """Whether one denies what the other says: of the denied, all words are in the other."""
    denied, said = (old, new) if new.holds else (new, old)
    # Whoever has no cat has no cat called Zorba.
    called = stems(" ".join(said.names)) | _CALLED if said.names else frozenset()
    words, extra = _says(denied), said.core - denied.core - called
    if old.past or not words or not denied.core <= said.core or not denied.names <= said.names:
        return False
    # A single thing that somebody has not may be in what they do: "has no recipe", "tries out cooking recipes".
    most = MAX_EXTRA if len(words) > 1 or words & _frame(said) else 1
    return not extra or (len(extra) <= most and not said.several)


def _says(statement: Statement) -> frozenset[str]:
    """The stems of what it says of whom it is about."""
    return statement.core - stems(statement.subject)


def _has_the_figures(new: Statement, old: Statement) -> bool:
    return old.names <= new.names and old.numbers <= new.numbers and old.dates <= new.dates


def _same_figures(new: Statement, old: Statement) -> bool:
    return (new.names, new.numbers, new.dates) == (old.names, old.numbers, old.dates)


def _goes_on(short: str, long: str) -> bool:
    """Whether the longer text is the shorter one and something about it: "has a dog", "has a dog called Rex"."""
    return long.casefold().startswith(short.casefold()) and _GOES_ON.match(long[len(short) :]) is not None

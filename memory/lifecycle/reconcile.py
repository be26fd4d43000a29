"""What a new fact does to what is known: says it again, adds to it, ends it, shows that it was wrong, or none of these.

Pure once the neighbours are fetched. What a model says of it (`change`, `of`) is advice: it is followed where both
statements bear it out, and changes nothing that is not among the neighbours.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Literal

from memory.lifecycle.admission import trust
from memory.lifecycle.statements import Slot, Statement, agree, is_move, read, stems
from memory.schema import Memory, Status

Relation = Literal["new", "same", "refines", "outdates", "corrects"]

MAX_ALSO: Final = 200
NEARLY: Final = 0.7
"""From this likeness in spelling on, two words are easily taken for each other."""
MAX_EXTRA: Final = 3
"""Content words that what is ended may have beyond those of its end: "eats meat on Sundays", "eats no meat"."""

_WRONG = re.compile(
    r"\b(?:wrong|incorrect|mistaken?|mistyped|misheard|misunderstood|misspoke|misspelt|typo|not true|untrue"
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
_GOES_ON = re.compile(r"(?:,| (?:called|named|who|which|that|with|from|in|at|near|and|for|since|as))\b")
_HAPPENINGS: Final = frozenset({"event", "plan"})
"""Categories of which one that is told again may be another one."""


@dataclass(frozen=True)
class Candidate:
    """A new fact as a memory, what its extractor says that it does, and the user's words around it."""

    memory: Memory
    change: Relation = "new"
    of: str = ""
    words: str = ""


@dataclass(frozen=True)
class Ruling:
    """What became of a candidate, with the memory that it concerns, in a sentence."""

    memory: Memory
    relation: Relation | Literal["older"]
    reason: str
    of: Memory | None = None


@dataclass
class Reconciled:
    """What there is to write: new memories, and known ones as they are from now on, by id."""

    new: dict[str, Memory] = field(default_factory=dict)
    changed: dict[str, Memory] = field(default_factory=dict)
    rulings: list[Ruling] = field(default_factory=list)

    def known(self, neighbours: Iterable[Memory]) -> list[Memory]:
        """The active ones of these, as they are by now, and of what is new."""
        found = {each.id: self.changed.get(each.id, each) for each in neighbours} | self.new
        return [each for each in found.values() if each.status is Status.ACTIVE]


def reconciled(candidates: Sequence[Candidate], neighbours: Sequence[Memory]) -> Reconciled:
    """Candidates in their order against these memories and against each other.

    `neighbours` are semantic memories of the same owner; those that are not active are left as they are.
    """
    result = Reconciled()
    for each in candidates:
        _take(result, each, result.known(neighbours))
    return result


def relation(new: Statement, old: Statement, *, happening: bool = False) -> Relation:
    """What a statement does to an older one of the same owner, by what both say alone.

    `happening`: the older one tells of something that happened, or is going to: only the very same says it again.
    """
    by_slot = _by_slot(new, old)
    if by_slot is not None:
        return by_slot
    if not agree(new, old):
        return "new"
    if new.holds != old.holds:
        return "outdates" if _is_opposite(new, old) else "new"
    if new.core == old.core:
        return "same" if new.core and _same_figures(new, old) else "new"
    return "new" if happening or not new.holds else _by_length(new, old)


def _by_length(new: Statement, old: Statement) -> Relation:
    if _goes_on(old.text, new.text):
        return "refines"
    return "same" if _goes_on(new.text, old.text) else "new"


def says_wrong(words: str) -> bool:
    """Whether the user says that something never was so, rather than that it changed."""
    return _WRONG.search(words) is not None and not re.search(r"\b(?:no longer|any ?more)\b", words)


def says_changed(words: str) -> bool:
    """Whether the user says that something is not as it was."""
    return _OVER.search(words) is not None or _CHANGED.search(words) is not None


def _take(result: Reconciled, candidate: Candidate, known: Sequence[Memory]) -> None:
    memory = candidate.memory
    found = [(old, _related(candidate, old)) for old in known if old.id != memory.id]
    same = next((old for old in known if old.id == memory.id or old.fingerprint == memory.fingerprint), None)
    same = same or next((old for old, how in found if how == "same"), None)
    if same is not None:
        _keep(result, said_again(same, memory.turn))
        # Of the same evidence it is this very memory, of which an earlier attempt was cut off.
        how: Relation = "new" if same.id == memory.id else "same"
        result.rulings.append(Ruling(memory, how, _SAYS[how], None if how == "new" else same))
        return
    newer = next((old for old, how in found if how in _ENDING and _is_newer(old, memory)), None)
    if newer is not None:
        _add_history(result, memory, newer)
        return
    touched = [(old, how) for old, how in found if how != "new" and trust(memory) >= trust(old)]
    _replace(result, memory, touched)


_ENDING: Final = ("outdates", "corrects")


def _related(candidate: Candidate, old: Memory) -> Relation:
    """What both statements bear out, where the extractor's advice is one more reason but never the only one."""
    new, known = read(candidate.memory.text), read(old.text)
    own = relation(new, known, happening=old.category in _HAPPENINGS)
    advised = candidate.change if candidate.of == old.id else "new"
    wrong = says_wrong(candidate.words)
    if own == "outdates" and advised in ("same", "refines") and not says_changed(candidate.words):
        return "new"
    if own == "outdates":
        return "corrects" if wrong or (advised == "corrects" and not says_changed(candidate.words)) else own
    if own == "new" and advised != "new" and _bears_out(advised, candidate, old):
        return "corrects" if advised == "outdates" and wrong else advised
    return own


def _bears_out(advised: Relation, candidate: Candidate, old: Memory) -> bool:
    """Whether a model's word is to be believed: never about somebody else, never against the figures."""
    new, known = read(candidate.memory.text), read(old.text)
    if not agree(new, known) or (new.slot and known.slot and new.slot.name != known.slot.name):
        return False
    frame = _frame(new) & _frame(known)
    shared = bool((new.core & known.core) - frame)
    if advised in ("same", "refines"):
        alike = _same_figures(new, known) if advised == "same" else _has_the_figures(new, known)
        return shared and new.holds == known.holds and alike and not _mistakable(new, known)
    named = bool((known.core - frame) & stems(candidate.words))
    alike = candidate.memory.category == old.category and _OVER.search(candidate.words) is not None
    told = says_changed(candidate.words) or says_wrong(candidate.words)
    return told and (shared or named or alike or new.holds != known.holds)


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
    if is_move(old.text) or (not (one.single and other.single) and one.value != other.value):
        return "same" if new.text.casefold() == old.text.casefold() else "new"
    if not (one.single and other.single):
        return "same" if new.holds == old.holds else None
    if new.holds and old.holds:
        return _of_values(one, other, moved=is_move(new.text))
    if new.holds == old.holds or old.past or one.head != other.head:
        return "new"
    return "outdates"


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
    extra = said.core - denied.core
    within = bool(denied.core) and denied.core <= said.core and denied.names <= said.names
    return within and not old.past and (not extra or (len(extra) <= MAX_EXTRA and not said.several))


def _has_the_figures(new: Statement, old: Statement) -> bool:
    return old.names <= new.names and old.numbers <= new.numbers and old.dates <= new.dates


def _same_figures(new: Statement, old: Statement) -> bool:
    return (new.names, new.numbers, new.dates) == (old.names, old.numbers, old.dates)


def _goes_on(short: str, long: str) -> bool:
    """Whether the longer text is the shorter one and something about it: "has a dog", "has a dog called Rex"."""
    return long.casefold().startswith(short.casefold()) and _GOES_ON.match(long[len(short) :]) is not None


def _is_newer(old: Memory, new: Memory) -> bool:
    """Whether what is known was said after what is learned now, as when an older conversation is read in late."""
    return old.provenance.said_at > new.provenance.said_at


def _keep(result: Reconciled, memory: Memory) -> None:
    target = result.new if memory.id in result.new else result.changed
    target[memory.id] = memory


def _add_history(result: Reconciled, memory: Memory, newer: Memory) -> None:
    """It was true before what is known: it joins the history behind that."""
    begins = max(newer.validity.valid_from, memory.validity.valid_from)
    validity = memory.validity.model_copy(update={"valid_to": begins, "superseded_by": newer.id})
    reason = "Something that was said later holds."
    update = {"status": Status.SUPERSEDED, "validity": validity, "reason": reason}
    result.new[memory.id] = memory.model_copy(update=update)
    if newer.supersedes is None:
        _keep(result, newer.model_copy(update={"supersedes": memory.id}))
    result.rulings.append(Ruling(result.new[memory.id], "older", reason, newer))


def _replace(result: Reconciled, memory: Memory, touched: Sequence[tuple[Memory, Relation]]) -> None:
    """The new memory, and what it ends, corrects or speaks for as that is from now on."""
    for old, how in touched:
        _keep(result, closed(old, memory, how))
    ended = [old.id for old, how in touched if how in _ENDING]
    spoken = [old.id for old, how in touched if how == "refines"]
    update = {
        "supersedes": ended[0] if ended else memory.supersedes,
        "stands_for": [*memory.stands_for, *spoken],
    }
    result.new[memory.id] = memory.model_copy(update=update)
    for old, how in touched:
        result.rulings.append(Ruling(result.new[memory.id], how, _SAYS[how], old))
    if not touched:
        result.rulings.append(Ruling(memory, "new", _SAYS["new"]))


_SAYS: Final = {
    "refines": "It says more than what was known, and stands for it.",
    "outdates": "What was known no longer holds.",
    "corrects": "What was known was wrong.",
    "same": "It says what is known already.",
    "new": "Nothing that is known says so.",
}


def closed(old: Memory, by: Memory, how: Relation) -> Memory:
    """A memory as it is once another took its place: outdated, wrong, or told more fully."""
    status = {"corrects": Status.RETRACTED, "refines": Status.MERGED}.get(how, Status.SUPERSEDED)
    reason = {
        "corrects": "The user said that it was wrong.",
        "refines": "It is told more fully by another memory.",
    }.get(how, "It no longer holds.")
    ends = None if how == "refines" else max(old.validity.valid_from, by.validity.valid_from)
    if how == "corrects":
        ends = old.validity.valid_from
    validity = old.validity.model_copy(update={"valid_to": ends, "superseded_by": by.id})
    return old.model_copy(update={"status": status, "reason": reason, "validity": validity})


def said_again(memory: Memory, turn: str) -> Memory:
    """The memory with this turn as further evidence, so that forgetting it finds those words as well."""
    if turn == memory.turn or turn in memory.also:
        return memory
    undone = [each for each in memory.undone_also if each != turn]
    return memory.model_copy(update={"also": [*memory.also, turn][-MAX_ALSO:], "undone_also": undone})

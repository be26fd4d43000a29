"""What a new fact does to what is known: says it again, adds to it, ends it, shows that it was wrong, or none of these.

Pure once the neighbours are fetched. What a model says of it (`change`, `of`) is advice: it is followed where both
statements bear it out, and changes nothing that is not among the neighbours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from memory.lifecycle.language.parts import ENDING, how_of_parts, kept_part, rest_of
from memory.lifecycle.language.relations import Relation, bears_out, relation, says_changed, says_wrong
from memory.lifecycle.language.statements import Statement, read
from memory.lifecycle.learning.admission import trust
from memory.lifecycle.learning.conflicts import gives_way, outranked
from memory.schema import Memory, Status

MAX_ALSO: Final = 200
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
    relation: Relation | Literal["older", "weaker"]
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


def _take(result: Reconciled, candidate: Candidate, known: Sequence[Memory]) -> None:
    memory, says = candidate.memory, read(candidate.memory.text)
    found = [(old, _related(candidate, says, old)) for old in known if old.id != memory.id]
    same = next((old for old in known if old.id == memory.id or old.fingerprint == memory.fingerprint), None)
    same = same or next((old for old, how in found if how == "same"), None)
    if same is not None:
        _keep(result, said_again(same, memory.turn))
        # Of the same evidence it is this very memory, of which an earlier attempt was cut off.
        how: Relation = "new" if same.id == memory.id else "same"
        result.rulings.append(Ruling(memory, how, _SAYS[how], None if how == "new" else same))
        return
    holds = next((old for old, how in found if how in ENDING and gives_way(memory, old)), None)
    if holds is not None:
        _add_history(result, memory, holds)
        return
    touched = [(old, how) for old, how in found if how != "new" and trust(memory) >= trust(old)]
    _keep_rest(result, candidate, [old for old, how in touched if how in ENDING], known)
    _replace(result, memory, touched)


def _keep_rest(
    result: Reconciled, candidate: Candidate, ended: Sequence[Memory], known: Sequence[Memory]
) -> None:
    """What an ended statement says beside what has ended stays: with whom somebody lived, if not where."""
    for old in ended:
        for memory in rests(old, candidate.memory, candidate.words):
            if memory.fingerprint not in {each.fingerprint for each in known}:
                result.new[memory.id] = memory
                result.rulings.append(Ruling(memory, "new", _KEPT, old))


def rests(old: Memory, new: Memory, words: str) -> list[Memory]:
    """The parts of an ended memory that hold on."""
    return [kept_part(old, part) for part in rest_of(read(new.text), old.text, words)]


def _related(candidate: Candidate, new: Statement, old: Memory) -> Relation:
    """What both statements bear out, where the extractor's advice is one more reason but never the only one."""
    known = read(old.text)
    own = relation(new, known, happening=old.category in _HAPPENINGS)
    own = how_of_parts(new, old.text) if own == "new" else own
    advised = candidate.change if candidate.of == old.id else "new"
    wrong = says_wrong(candidate.words)
    if own == "outdates" and advised in ("same", "refines") and not says_changed(candidate.words):
        return "new"
    if own == "outdates":
        return "corrects" if wrong or (advised == "corrects" and not says_changed(candidate.words)) else own
    alike = candidate.memory.category == old.category
    if own == "new" and advised != "new" and bears_out(advised, new, known, candidate.words, alike=alike):
        return "corrects" if advised == "outdates" and wrong else advised
    return own


def _keep(result: Reconciled, memory: Memory) -> None:
    target = result.new if memory.id in result.new else result.changed
    target[memory.id] = memory


def _add_history(result: Reconciled, memory: Memory, holds: Memory) -> None:
    """It was true before what is known, as when an older conversation is read in late, or rests on less: history."""
    begins = max(holds.validity.valid_from, memory.validity.valid_from)
    validity = memory.validity.model_copy(update={"valid_to": begins, "superseded_by": holds.id})
    weaker, reason = bool(outranked(memory, holds)), gives_way(memory, holds)
    update = {"status": Status.SUPERSEDED, "validity": validity, "reason": reason}
    result.new[memory.id] = memory.model_copy(update=update)
    if holds.supersedes is None and not weaker:
        _keep(result, holds.model_copy(update={"supersedes": memory.id}))
    result.rulings.append(Ruling(result.new[memory.id], "weaker" if weaker else "older", reason, holds))


def _replace(result: Reconciled, memory: Memory, touched: Sequence[tuple[Memory, Relation]]) -> None:
    """The new memory, and what it ends, corrects or speaks for as that is from now on."""
    for old, how in touched:
        _keep(result, closed(old, memory, how))
    ended = [old.id for old, how in touched if how in ENDING]
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


_KEPT: Final = "It stood beside what no longer holds."
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
    }.get(how, outranked(old, by) or "It no longer holds.")
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

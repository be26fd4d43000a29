"""What the user said, here and elsewhere, as far as it is still so: later words end what was said before them.

A memory may be older than what was said since: facts that are extracted in the background are not there yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agents.offline.antecedents import just_before
from agents.offline.clauses import asks_to_forget
from agents.offline.extractor import message_facts
from agents.offline.prompt import Recalled
from agents.offline.telling import USERS, less, lines_of
from agents.offline.text import is_question, sentences
from memory.lifecycle.language.statements import is_move, slot_of
from memory.lifecycle.turns.evidence import points_back

MAX_MESSAGES = 50
MAX_SENTENCES = 300

_Known = dict[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class Told:
    """A sentence, with the statements in it that nothing later speaks against."""

    text: str
    facts: tuple[str, ...] = ()


def told_here(earlier: Sequence[str], beings: Mapping[str, str] = MappingProxyType({})) -> list[Told]:
    """The latest sentence first, without those that say nothing but what has changed since.

    `beings` are persons and animals of the user's by name.
    """
    known: _Known = {}
    found: list[Told] = []
    for text, before in reversed(list(_sentences(earlier))[-MAX_SENTENCES:]):
        message = {"id": "said", "text": text}
        said = message_facts(message, keep_relative=True, before=before, beings=beings)
        facts = [fact.statement for fact in said]
        so = tuple(fact for fact in facts if _is_so(fact, known))
        if so or not facts:
            found.append(Told(text, so))
    return found


def _sentences(earlier: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each that tells something, with the message before where it points back to that."""
    for at, message in list(enumerate(earlier))[-MAX_MESSAGES:]:
        before = earlier[at - 1] if at and points_back(message) else ""
        for item in sentences(message):
            if not is_question(item.text) and not asks_to_forget(item.text):
                yield item.text, just_before(message, item.start, before)


def standing(memories: Sequence[Recalled], here: Iterable[Told]) -> tuple[list[Recalled], list[Recalled]]:
    """The memories that hold by all that was said since, in their order; and the facts that do not."""
    known: _Known = {}
    for told in here:
        for fact in told.facts:
            _is_so(fact, known)
    hold: dict[int, Recalled] = {}
    over: list[Recalled] = []
    for at, memory in sorted(enumerate(memories), key=lambda row: row[1].said_at, reverse=True):
        if memory.kind == "episodic":
            hold[at] = _without_what_changed(memory, known)
        elif _is_so(memory.text, known):
            hold[at] = memory
        else:
            over.append(memory)
    return [hold[at] for at in sorted(hold)], over


def _without_what_changed(episode: Recalled, known: _Known) -> Recalled:
    changed = [
        line.text
        for line in lines_of(episode)
        if line.who.casefold() in USERS
        and (facts := stated(line.text, episode.said_at))
        # All of them are looked at: each is known from now on.
        and not any([_is_so(fact, known) for fact in facts])  # noqa: C419
    ]
    return less(episode, changed)


def stated(line: str, at: str) -> list[str]:
    """What a sentence of the user's states, by the rules: nothing for most of them."""
    return [fact.statement for fact in message_facts({"id": "said", "text": line, "at": at})]


def _is_so(statement: str, known: _Known) -> bool:
    """Whether it gives an attribute of one value no other value than what is known; it is known from now on."""
    slot = slot_of(statement)
    if slot is None or not slot.single or is_move(statement):
        return True
    return known.setdefault((slot.name, slot.who), slot.head) == slot.head

"""What the user said earlier in this conversation, as far as it is still so: later words and memories end what was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.offline.clauses import asks_to_forget
from agents.offline.extractor import message_facts
from agents.offline.prompt import Recalled
from agents.offline.text import is_question, sentences
from memory.lifecycle.statements import slot_of

MAX_MESSAGES = 50
MAX_SENTENCES = 300


@dataclass(frozen=True)
class Told:
    """A sentence, with the statements in it that nothing later speaks against."""

    text: str
    facts: tuple[str, ...] = ()


def told_here(earlier: Sequence[str], memories: Iterable[Recalled]) -> list[Told]:
    """The latest sentence first, without those that say nothing but what has changed since."""
    known: dict[tuple[str, str], frozenset[str]] = {}
    for memory in memories:
        if memory.kind == "semantic":
            _is_so(memory.text, known)
    said = [
        item.text
        for message in earlier[-MAX_MESSAGES:]
        for item in sentences(message)
        if not is_question(item.text) and not asks_to_forget(item.text)
    ]
    found: list[Told] = []
    for text in reversed(said[-MAX_SENTENCES:]):
        facts = [fact.statement for fact in message_facts({"id": "said", "text": text}, keep_relative=True)]
        so = tuple(fact for fact in facts if _is_so(fact, known))
        if so or not facts:
            found.append(Told(text, so))
    return found


def _is_so(statement: str, known: dict[tuple[str, str], frozenset[str]]) -> bool:
    """Whether it gives an attribute of one value no other value than what is known; it is known from now on."""
    slot = slot_of(statement)
    if slot is None or not slot.single:
        return True
    return known.setdefault((slot.name, slot.who), slot.head) == slot.head

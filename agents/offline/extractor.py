"""Facts from plain first-person English, by rules.

What it reaches: sentences in which someone says of themselves, plainly and in one clause, who they are, where
they live, what they do, whom and what they have, what they like, how they are, what they did and what they
plan. It reads no irony, no context across sentences and no language but English; most sentences teach it
nothing. It is built to be right rather than complete. Of what is known it changes what has the same attribute, or says
the very opposite; it writes no procedures.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypedDict

from agents.offline.beings import known_beings
from agents.offline.clauses import SECRET, Clause, clauses
from agents.offline.core import core
from agents.offline.corrections import corrected
from agents.offline.dates import moment
from agents.offline.person import to_third
from agents.offline.rules import importance, match
from agents.offline.text import MAX_CHARS, sentences, shorten
from agents.offline.wishes import all_wishes
from memory.lifecycle.language.relations import relation, says_wrong
from memory.lifecycle.language.statements import Statement, agree, read
from memory.lifecycle.turns.extraction import MAX_FACTS, Change, Extraction, Fact

_QUOTE_LIMIT = 600
_SHORT = 100
_SINCE = re.compile(r"\bsince (?:[A-Z][a-z]+ )?((?:19|20)\d\d)\b")
_NOW = re.compile(r"\b(?:now|these days|nowadays)\b", re.IGNORECASE)
_HABIT = re.compile(r"^[^,.]{1,80}? (?:drinks|eats|drives|rides|wears|uses|smokes)\b")
_AS_WHAT = re.compile(r"^The user (?:is|works as) (?P<what>an? .+)$")
_CORRECTS = re.compile(r"\W*(?:no|nope|actually|correction|sorry|wait)\b", re.IGNORECASE)


class TurnMessage(TypedDict, total=False):
    """One message: `role` is user, assistant or tool; `name` a transcript's speaker; `at` an ISO time."""

    id: str
    role: str
    name: str | None
    at: str | None
    text: str


class Related(TypedDict, total=False):
    """A memory that the turn may change."""

    id: str
    kind: str
    statement: str


class TurnDocument(TypedDict, total=False):
    """The messages of one turn, in order, the user's name where it is known, and what the turn may change.

    `before` is what the user said just before them.
    """

    messages: list[TurnMessage]
    about: str | None
    before: str
    related: list[Related]


def extract(document: TurnDocument | dict[str, Any]) -> Extraction:
    """What the turn's users say of themselves: pure, linear in the messages' length, at most 20 facts."""
    found = [item for item in document.get("messages") or [] if isinstance(item, dict)]
    known = [item for item in document.get("related") or [] if isinstance(item, dict)]
    related = [item for item in known if item.get("kind") != "procedural"]
    procedures = all_wishes(document)
    # What is a wish on how to answer is not a fact as well.
    wished = {(wish.message_id, wish.quote) for wish in procedures}
    beings = known_beings(str(row.get("statement") or "") for row in related)
    facts: list[Fact] = []
    seen: set[str] = set()
    before = str(document.get("before") or "")
    for message in found:
        if message.get("role") != "user":
            continue
        earlier, before = before, f"{before}\n{_text(message)}"
        for fact in message_facts(message, before=earlier, beings=beings):
            said = fact.statement.casefold() in seen or (fact.message_id, fact.quote) in wished
            if not said and len(facts) < MAX_FACTS:
                seen.add(fact.statement.casefold())
                facts.append(_held_against(fact, related, _text(message)))
    return Extraction(summary=_summary(found), facts=facts, procedures=procedures)


def _held_against(fact: Fact, related: Sequence[Related | dict[str, Any]], words: str) -> Fact:
    """The fact with what it does to the first of the related memories that it plainly concerns."""
    new = read(fact.statement)
    since = _SINCE.search(fact.statement)
    update: dict[str, Any] = {
        "subject": "user" if new.subject == "the user" else new.subject,
        "since": f"{since[1]}-01-01" if since else "",
    }
    known = [read(str(row.get("statement") or "")) for row in related]
    for row, old in zip(related, known, strict=True):
        how = _change(new, old, words)
        if how == "new" and fact.category == "work" and _NOW.search(words) and _of_one_job(new, old):
            how = "outdates"
        if (
            how == "new"
            and _NOW.search(words)
            and [old] == [each for each in known if _of_one_being(new, each)]
        ):
            how = "outdates"
        if how != "new":
            update |= {"change": how, "of": str(row.get("id") or "")[:64]}
            break
    return fact.model_copy(update=update)


def _change(new: Statement, old: Statement, words: str) -> Change:
    """By what both say; a name of something that one may have several of changes only where the user corrects it."""
    how = relation(new, old)
    wrong = says_wrong(words)
    renamed = new.slot and old.slot and (new.slot.name, new.slot.who) == (old.slot.name, old.slot.who)
    if how == "new" and renamed and (wrong or _CORRECTS.match(words)):
        return "corrects" if wrong else "outdates"
    if how == "new" and _CORRECTS.match(words) and _NOW.search(words) and _of_one_habit(new, old):
        return "outdates"
    return "corrects" if how == "outdates" and wrong else how


def _of_one_job(new: Statement, old: Statement) -> bool:
    """Whether both say as what the user works, of which "… now" gives another."""
    said = [_AS_WHAT.match(each.text) for each in (new, old)]
    jobs = [match(f"I am {found['what']}", dated=False) for found in said if found]
    return new.holds and old.holds and [job and job.category for job in jobs] == ["work", "work"]


def _of_one_being(new: Statement, old: Statement) -> bool:
    """Whether the same of somebody's is given another value: "my sister" may be the sister Ines who is known."""
    one, other = new.slot, old.slot
    if one is None or other is None or not (one.single and other.single and new.holds and old.holds):
        return False
    return (one.name == other.name and one.who != other.who and one.head != other.head) and agree(new, old)


def _of_one_habit(new: Statement, old: Statement) -> bool:
    """Whether both say what somebody drinks, drives or the like, of which "no, … now" gives another."""
    verbs = [_HABIT.match(each.text) for each in (new, old)]
    return all(verbs) and len({found[0].casefold() for found in verbs if found}) == 1


def message_facts(
    message: TurnMessage | dict[str, Any],
    *,
    keep_relative: bool = False,
    before: str = "",
    beings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Fact]:
    """The facts of one user message, in its order; `keep_relative` leaves "tomorrow" as it was said.

    `before` is what its speaker said before it, which tells whom "she" means, and of what "No, Lisbon" is said;
    `beings` are persons and animals of theirs by name.
    """
    name = " ".join(str(message.get("name") or "").split())[:80]
    found = [
        _fact(clause, name, message, keep_relative=keep_relative)
        for clause in clauses(_text(message), before, beings)
    ]
    facts = [fact for fact in found if fact is not None]
    yield from facts or _correcting(message, before.strip().splitlines()[-1:], keep_relative=keep_relative)


def _correcting(
    message: TurnMessage | dict[str, Any], before: Sequence[str], *, keep_relative: bool
) -> Iterator[Fact]:
    """The one fact that was said before, with the value that a message of one word gives for it."""
    said = _text(message).strip()
    known = [
        fact
        for text in before
        for fact in message_facts({**message, "text": text}, keep_relative=keep_relative)
    ]
    statement = corrected(said, known[0].statement) if len(known) == 1 and len(said) <= _SHORT else ""
    if statement:
        yield known[0].model_copy(update={"statement": statement, "quote": said})


def _fact(
    clause: Clause, name: str, message: TurnMessage | dict[str, Any], *, keep_relative: bool
) -> Fact | None:
    at = message.get("at")
    kept = core(clause.text, moment(at if isinstance(at, str) else None), keep_relative=keep_relative)
    rule = match(kept.text, dated=kept.dated) if kept else None
    if kept is None or rule is None:
        return None
    statement = to_third(kept.text, name or "The user")
    if len(statement) > 300 or len(clause.quote) > _QUOTE_LIMIT:
        return None
    return Fact(
        statement=statement,
        category=rule.category,
        importance=importance(rule),
        quote=clause.quote,
        message_id=str(message.get("id") or "unknown"),
    )


def _text(message: TurnMessage | dict[str, Any]) -> str:
    text = message.get("text")
    return text[:MAX_CHARS] if isinstance(text, str) else ""


def _summary(messages: Sequence[TurnMessage | dict[str, Any]]) -> str:
    """The first sentence of the user and, in brief, of the answer; secrets are left out."""
    parts: list[str] = []
    asked = next((item for item in messages if item.get("role") == "user" and _text(item).strip()), None)
    if asked is not None:
        who = str(asked.get("name") or "The user")
        parts.append(f"{who} said: {_first_sentence(_text(asked), 200)}")
    answers = [item for item in messages if item.get("role") == "assistant" and _text(item).strip()]
    if answers:
        parts.append(f"The assistant answered: {_first_sentence(_text(answers[-1]), 120)}")
    return " ".join(parts) or "Nothing was said."


def _first_sentence(text: str, limit: int) -> str:
    first = next(sentences(text), None)
    words = shorten(first.text if first else text, limit)
    if SECRET.search(words):
        return "(something that looks like a secret)."
    return words if words.endswith((".", "!", "?", "…")) else words + "."

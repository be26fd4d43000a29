"""Facts from plain first-person English, by rules.

What it reaches: sentences in which someone says of themselves, plainly and in one clause, who they are, where
they live, what they do, whom and what they have, what they like, how they are, what they did and what they
plan. It reads no irony, no context across sentences and no language but English; most sentences teach it
nothing. It is built to be right rather than complete.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

from agents.offline.clauses import SECRET, Clause, clauses
from agents.offline.core import core
from agents.offline.dates import moment
from agents.offline.person import to_third
from agents.offline.rules import importance, match
from agents.offline.text import MAX_CHARS, sentences, shorten
from agents.offline.wishes import all_wishes
from memory.lifecycle.extraction import MAX_FACTS, Extraction, Fact

_QUOTE_LIMIT = 600


class TurnMessage(TypedDict, total=False):
    """One message: `role` is user, assistant or tool; `name` a transcript's speaker; `at` an ISO time."""

    id: str
    role: str
    name: str | None
    at: str | None
    text: str


class TurnDocument(TypedDict, total=False):
    """The messages of one turn, in order, and the user's name where it is known."""

    messages: list[TurnMessage]
    about: str | None


def extract(document: TurnDocument | dict[str, Any]) -> Extraction:
    """What the turn's users say of themselves: pure, linear in the messages' length, at most 20 facts."""
    found = [item for item in document.get("messages") or [] if isinstance(item, dict)]
    procedures = all_wishes(document)
    # What is a wish on how to answer is not a fact as well.
    wished = {(wish.message_id, wish.quote) for wish in procedures}
    facts: list[Fact] = []
    seen: set[str] = set()
    for message in found:
        if message.get("role") != "user":
            continue
        for fact in message_facts(message):
            known = fact.statement.casefold() in seen or (fact.message_id, fact.quote) in wished
            if not known and len(facts) < MAX_FACTS:
                seen.add(fact.statement.casefold())
                facts.append(fact)
    return Extraction(summary=_summary(found), facts=facts, procedures=procedures)


def message_facts(message: TurnMessage | dict[str, Any], *, keep_relative: bool = False) -> Iterator[Fact]:
    """The facts of one user message, in its order; `keep_relative` leaves "tomorrow" as it was said."""
    name = " ".join(str(message.get("name") or "").split())[:80]
    for clause in clauses(_text(message)):
        fact = _fact(clause, name, message, keep_relative=keep_relative)
        if fact is not None:
            yield fact


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

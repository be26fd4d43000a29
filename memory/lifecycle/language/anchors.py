"""A time that a question gives by an event ("before we moved"), from the memory of that event. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from memory.long_term.language.lexemes import lexemes
from memory.long_term.language.sentences import sentences, stated
from memory.long_term.language.times import BEGINNING, END, Relation, Span, anchor_of, spans_in
from memory.schema import Memory, Source

# "After my exams" has no memory of its own yet in "What do I want to do after my exams?"
_AHEAD: Final = re.compile(
    r"\b(?:(?:will|would|could|can)(?!\s+you\b)|may|might|should|shall|wants?|plan(?:s|ned|ning)?|hopes?|going\s+to)\b",
    re.IGNORECASE,
)
_INSTANT: Final = timedelta(microseconds=1)
Anchor = tuple[Relation, str]

ENOUGH: Final = 0.75
"""The share of the event's words that a memory of it has."""
NEAR: Final = 0.4
"""The cosine from which it is about that event, and not about the same words."""
LONGEST: Final = timedelta(days=400)
"""An event of more than about a year gives no time."""


def anchor_in(question: str, now: datetime) -> Anchor | None:
    """The event by which a question gives its time; None where it names a date, or asks for what lies ahead."""
    if _AHEAD.search(question) or spans_in(question, now):
        return None
    return anchor_of(question)


def question_of(anchor: Anchor) -> str:
    """What finds the event's own memory, as a question for its time."""
    return f"When {anchor[1]}?"


def span_of(question: str, anchor: Anchor, found: Sequence[tuple[Memory, float]]) -> Span | None:
    """The time that is meant, by the first of these memories that tells of the event; None when none does.

    Each memory comes with its nearness to the event, a cosine. Of people who are named in the question, one must
    have told it, where any did.
    """
    relation, event = anchor
    wanted = set(lexemes(event))
    asked = set(lexemes(question))
    about = {memory.provenance.speaker for memory, _ in found if _is_named(memory, asked)}
    telling = [
        memory
        for memory, near in found
        if near >= NEAR and (not about or memory.provenance.speaker in about) and _tells(memory, wanted)
    ]
    if not telling:
        return None
    # A fact may have left the date to the message that it was noted from.
    same = [memory for memory in telling if memory.turn == telling[0].turn]
    named = next(filter(None, (_named(memory, wanted) for memory in same)), None)
    return _related(relation, named or _told(telling[0]))


def _is_named(memory: Memory, asked: set[str]) -> bool:
    name = lexemes(memory.provenance.speaker or "")
    return bool(name) and name[0] in asked


def _tells(memory: Memory, wanted: set[str]) -> bool:
    words, speaker = _words(memory), set(lexemes(memory.provenance.speaker or ""))
    told = memory.provenance.source is not Source.AGENT and stated(words) > 0
    event = wanted - speaker
    return told and bool(event) and len(event & set(lexemes(words))) >= ENOUGH * len(event)


def _words(memory: Memory) -> str:
    return memory.detail or memory.text


def _named(memory: Memory, wanted: set[str]) -> Span | None:
    """The time that is named in the sentence which tells most of the event."""
    told = max(sentences(_words(memory)), key=lambda part: len(wanted & set(lexemes(part))))
    for span in spans_in(told, _said_at(memory)):
        start = span.start if span.start > BEGINNING else span.end
        end = span.end if span.end < END else span.start
        if end - start <= LONGEST:
            return Span(start, end, span.phrase)
    return None


def _told(memory: Memory) -> Span:
    """An event without a time of its own was about when it was told."""
    return Span(_said_at(memory), _said_at(memory), "")


def _said_at(memory: Memory) -> datetime:
    said_at = memory.provenance.said_at
    return said_at if said_at.tzinfo else said_at.replace(tzinfo=UTC)


def _related(relation: Relation, event: Span) -> Span | None:
    start, end = {
        "before": (BEGINNING, event.start),
        "after": (event.end, END),
        "since": (event.start, END),
        "during": (event.start, max(event.end, event.start + min(_INSTANT, END - event.start))),
    }[relation]
    return Span(start, end, event.phrase) if start < end else None

"""When a fact began to hold or ended, where its own words say so: "I moved to Lisbon in March". Pure."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from memory.lifecycle.language.statements import leaves, read
from memory.long_term.language.times import BEGINNING, Span, spans_in
from memory.schema import Memory

_BEGINS: Final = re.compile(
    r"\b(?:since|moved|relocated|emigrated|immigrated|started|began|joined|became|switched|left|quit|retired|married"
    r"|divorced|stopped|gave up)\b",
    re.IGNORECASE,
)
# "Two years ago" may be any day of a year: too little to say until when something else held.
_VAGUE: Final = re.compile(r"\b(?:ago|back|few|couple|several|some|other|before)\b", re.IGNORECASE)
_LONG_PAST: Final = re.compile(
    r"\b(?:back then|at (?:that|the) time|at first|(?:i|we) first|once|earlier(?! this)|previously|formerly|originally"
    r"|in those days|used to|had (?:\w+ )?(?:moved|started)|(?:until|till)(?! then)|stayed|years ago|then (?:back )?to"
    r"|when (?:i|we) (?:was|were)|as an? (?:\w+ )?(?:child|kid|boy|girl|baby|teenager|teen|student)"
    r"|(?:in|during) (?:my|our) (?:\w+ )?(?:childhood|youth|teens|\w+ties|studies)|to study"
    r"|for (?:my |our )?(?:\w+ )?(?:studies|degree|university|college|school)"
    r"|for (?:a few |\w+ )?(?:years?|months?|while|time))\b"
    # "…, before that I lived in Lyon" tells of another time than the move's.
    r"|^\W*(?:before|back in)\b|\bbefore\b(?!,? (?:that|then|this),? (?:i|we)\b)",
    re.IGNORECASE,
)
_TO_THIS_DAY: Final = re.compile(
    r"\b(?:still|since then|ever since|(?:have|has|i['’]ve|we['’]ve) been)\b", re.IGNORECASE
)
_UNTIL: Final = re.compile(r"\b(?:until|till|up to)\s+(?P<when>.+)$", re.IGNORECASE)
_THE_END_OF: Final = re.compile(r"\bend of\b", re.IGNORECASE)
# Nobody means one month by these; the words themselves are kept.
_WIDE: Final = re.compile(r"\b(?:early|mid|middle|late|spring|summer|autumn|fall|winter)\b", re.IGNORECASE)
_MONTHS_LONG: Final = timedelta(days=45)
"""The end of a year is wider than this, that of a month or a season is not."""


def tells_the_past(words: str) -> bool:
    """Whether who tells of a move says that they speak of the past: "back then", "for two years"."""
    return _LONG_PAST.search(words) is not None and _TO_THIS_DAY.search(words) is None


def named_end(statement: str, said_at: datetime) -> datetime | None:
    """When a home or a job had ended, where the statement says until when: the first day of that month or year.

    Of the end of a year the first of December, of that of a month its last day; None where the words are wider.
    """
    until = _UNTIL.search(statement.rstrip(" .!")) if leaves(statement) else None
    spans = spans_in(f"in {until['when']}", said_at) if until else []
    if len(spans) != 1 or (_WIDE.search(spans[0].phrase) and not _THE_END_OF.search(spans[0].phrase)):
        return None
    ended = _start_meant(spans[0], said_at)
    return ended if BEGINNING < ended <= said_at else None


def _start_meant(span: Span, said_at: datetime) -> datetime:
    """Of the end of a year December, though September may be looked for under those words as well."""
    if span.start == BEGINNING or not _THE_END_OF.search(span.phrase):
        return span.start
    last = (span.end - timedelta(days=1)).astimezone(said_at.tzinfo)
    return (last.replace(day=1) if span.end - span.start > _MONTHS_LONG else last).astimezone(UTC)


def named_beginning(statement: str, quote: str, said_at: datetime) -> Span | None:
    """The time that the statement, or else its quote, gives for it; None where there is none or several.

    Of an attribute that has one value at a time, and of what has ended. What is ahead has not begun.
    """
    told = read(statement)
    if told.holds and not (told.slot and told.slot.single):
        return None
    for text in (statement, quote):
        spans = spans_in(text, said_at) if _BEGINS.search(text) else []
        if spans:
            [first, *others] = spans
            vague = _VAGUE.search(first.phrase) or not BEGINNING < first.start <= said_at
            return None if others or vague else replace(first, start=_start_meant(first, said_at))
    return None


def is_dated(memory: Memory) -> bool:
    """Whether it is known when it began to hold; else that is only when it was told."""
    return memory.validity.valid_from != memory.provenance.said_at


def latest_beginning(memory: Memory) -> datetime:
    """The end of the day, month or year in which it began, as far as that is named."""
    came, began = memory.provenance, memory.validity.valid_from
    span = named_beginning(memory.text, came.quote, came.said_at)
    return span.end if span and span.start <= began < span.end else began

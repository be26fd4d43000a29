"""Times named in an English text: which stretches of time it speaks of, and whether it asks for one.

Dates and "two weeks ago" are found by patterns and resolved with dateutil against the moment of speaking. A name
without a year ("in March", "on Friday") is the latest that has begun, or the next one in a sentence with "will".
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from memory.long_term.language.time_phrases import BEGINNING, END, phrases
from memory.long_term.language.time_words import A_CLAUSE_ENDS, HINT, POINT

__all__ = [
    "BEGINNING",
    "END",
    "MAX_CHARS",
    "Relation",
    "Span",
    "anchor_of",
    "asks_when",
    "has_time_word",
    "spans_in",
]

MAX_CHARS = 2_000

Relation: TypeAlias = Literal["before", "after", "since", "during"]

_ASKS = re.compile(
    r"(?:^|[.!?,;:]\s*|\b(?:and|or|but|so|since|until|by)\s+)"
    r"when(?:['’]s|\s+(?:exactly\s+|in\s+\w+\s+)?"
    r"(?:is|are|am|was|were|do|does|did|don't|didn't|will|would|has|have|had|can|could|should|shall|might))\b"
    r"|\b(?:know|remember|recall|remind\s+(?:me|us)|tell\s+(?:me|us)|say|said|wonder(?:ing)?|ask(?:ed)?|idea|sure"
    r"|find\s+out|figure\s+out|of|about)\s+(?:exactly\s+)?when\b(?!ever)"
    r"|\b(?:what|which)\s+(?:was\s+the\s+|is\s+the\s+|were\s+the\s+)?(?:exact\s+)?"
    r"(?:dates?|days?|weeks?|weekends?|months?|years?|season|decade|weekday)\b(?!\s*-?care\b|\s+planner\b)"
    r"|\b(?:what|at\s+what|which)\s+time\b(?!\s*-?zones?\b)"
    r"|\bhow\s+(?:long|recently|soon|old)\b"
    r"|\bhow\s+many\s+(?:days|weeks|weekends|months|years|hours|minutes|decades)\b"
    r"|\A\s*when\b[^,.?!]{0,120}\?\s*\Z",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:recent(?:ly)?|lately|earlier|later|soon|nowadays|currently|once|anniversary|birthday|century|decade)\b",
    re.IGNORECASE | re.ASCII,
)
_ANCHOR = re.compile(
    r"(?<![\w-])(?P<relation>before|after|since|during)\s+(?P<event>[^\s.,;:!?()\n][^.,;:!?()\n]{1,100})",
    re.IGNORECASE,
)
# "Look after", "named after", "soon after", "the day before": the relation belongs to the word before it.
_NOT_A_RELATION = re.compile(
    r"\b(?:look(?:s|ed|ing)?|take[sn]?|taking|took|nam(?:e|ed|ing)|go(?:es|ing)?|went|r[ua]n(?:ning)?|chas(?:e|ed|ing)"
    r"|ever|ask(?:s|ed|ing)?|model(?:l?ed)?)\s+\Z",
    re.IGNORECASE,
)
_NO_EVENT = re.compile(
    r"(?:(?:that|this|then|now|last|it|all|which|long|hours|me|him|her|them|us|you|everyone|anyone)\s*$"
    r"|(?:a|an|some|about|around|almost|nearly|more\s+than|many|several|a\s+few|\d+|one|two|three|four|five|six)\s+"
    r"(?:long\s+|short\s+|few\s+|couple\s+of\s+)?(?:while|time|minutes?|hours?|days?|weeks?|months?|years?)\b"
    r"|(?:the\s+)?(?:day|night|week|weekend|month|year|\w+day)\s+(?:before|after)\b"
    r"|(?:how|what|which|who|where|and|or)\b|$)",
    re.IGNORECASE,
)
_BECAUSE = re.compile(
    r"(?:i|we|you|he|she|it|they|there|that|this)(?:['’]\w+|\s+(?:am|is|are|like|love|hate|want|need|know|think|have|has"
    r"|do|does|don't|doesn't|can|can't|cannot|will|would|prefer|enjoy|feel|believe))\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"the\s+(?:(?:end|start|beginning|middle)\s+of\s+)?(?:the\s+)?|early\s+|late\s+|mid[-\s]", re.IGNORECASE
)
_EVENT_ENDS = re.compile(
    r"\s+(?:what|where|who|whom|whose|which|how|why|when|did|does|do|and\s+(?:then|what|how|why|who)|but|because|so)\b.*",
    re.IGNORECASE,
)


_DATES = frozenset({"iso", "slashed", "daymonth", "monthday", "monthyear"})
_RELATIONS: dict[str, Relation] = {
    "before": "before",
    "after": "after",
    "since": "since",
    "during": "during",
}


@dataclass(frozen=True)
class Span:
    """A half-open stretch of time in UTC, `start` <= t < `end`, and the words that named it.

    An open side ("before 2020", "since April") is `BEGINNING` or `END`.
    """

    start: datetime
    end: datetime
    phrase: str


def spans_in(text: str, now: datetime) -> list[Span]:
    """The stretches of time that a text names, in the order of its words.

    Args:
        text: A question or a statement in English; only its first 2,000 characters are read.
        now: When it was asked or written, with a time zone: days begin and end at that zone's midnight.

    Raises:
        ValueError: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("The moment of speaking has no time zone: pass an aware datetime as now.")
    text = text[:MAX_CHARS]
    if not HINT.search(text):
        return []
    return [Span(one.start, one.end, text[one.begin : one.finish]) for one in phrases(text, now)]


def asks_when(text: str) -> bool:
    """Whether the text asks for a time: when, what day or year, how long, how many weeks."""
    return bool(_ASKS.search(text[:MAX_CHARS]))


def has_time_word(text: str) -> bool:
    """Whether the text may name a time: a cheap look, which lets "may I" pass and takes "recently" for one."""
    text = text[:MAX_CHARS]
    return bool(HINT.search(text) or _VAGUE.search(text))


def anchor_of(text: str) -> tuple[Relation, str] | None:
    """The relation and the event when a time is given by an event: ("before", "we moved"), else None.

    The event's words are as they stand, up to the end of their clause. A date is no event ("before 2020", "the week
    before 9 June": see `spans_in`), nor is a reason ("since I like tea") or a duration ("after two weeks").
    """
    text = text[:MAX_CHARS]
    match = _ANCHOR.search(text)
    while match:
        relation, event = match["relation"].lower(), _EVENT_ENDS.sub("", match["event"]).strip()
        said_before = text[max(0, match.start() - 30) : match.start()]
        reason = relation == "since" and _BECAUSE.match(event)
        if not (reason or _NO_EVENT.match(event) or _NOT_A_RELATION.search(said_before)) and not _is_time(
            text, match.start("event")
        ):
            return _RELATIONS[relation], event
        match = _ANCHOR.search(text, match.start("event"))
    return None


def _is_time(text: str, at: int) -> bool:
    """Whether the event's words are a date: "the summer" but not "the 2023 tournament"."""
    article = _ARTICLE.match(text, at)
    point = POINT.match(text, article.end() if article else at)
    return bool(point and (point.lastgroup in _DATES or A_CLAUSE_ENDS.match(text, point.end())))

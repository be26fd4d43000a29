"""Points of time put together: "between May and July", "the week before 9 June", "since early 2020"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from memory.long_term.language.calendar_spans import Stretch, Which
from memory.long_term.language.time_points import Clock, anchored, comes_back, portion, resolve
from memory.long_term.language.time_rules import Place, names_a_time, tense
from memory.long_term.language.time_words import ANCHORED, JOIN, POINT, PORTION, RELATION

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)

_LEAD_CHARS = 60
# People name a few; the rest of a text made of dates is not worth the time.
_MAX_POINTS = 32
_WORDS_OF_LEADS = frozenset({"weekday", "weekend", "which", "rolling"})
_INSTANT = timedelta(microseconds=1)
_TO = frozenset({"to", "until", "till", "through"})
_SAME_DAY = re.compile(r"\s*,?\s*(?:the\s+)?", re.IGNORECASE)
_OF_WHICH = re.compile(r"\s*,?\s*(?:(?:of|in|on)\s+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Phrase:
    """Where a phrase stands in its text, and the half-open stretch of UTC that it means."""

    begin: int
    finish: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class _Leads:
    """What stands before a point, from the inside out: "since" "the week before" "early" May."""

    portion: re.Match[str] | None
    anchor: re.Match[str] | None
    relation: str
    article: bool
    inner: int
    begin: int


@dataclass(frozen=True)
class _Point:
    """A point with what stands before it, and the local time that it means."""

    match: re.Match[str]
    leads: _Leads
    clock: Clock
    stretch: Stretch

    @property
    def kind(self) -> str:
        return self.match.lastgroup or ""

    def again(self, now: datetime, which: Which) -> Stretch | None:
        """What the same words mean from another moment."""
        return _meaning(self.match, self.leads, replace(self.clock, now=now), which)


def phrases(text: str, now: datetime) -> Iterator[Phrase]:
    """The phrases of time in a text, in order and apart from each other; `now` is aware."""
    points = _points(text, now)
    at = 0
    while at < len(points):
        taken, stretch = _together(text, points[at : at + 2])
        first, last = points[at], points[at + taken - 1]
        made = _phrase(first, last, stretch)
        if made:
            yield made
        at += taken


def _points(text: str, now: datetime) -> list[_Point]:
    found: list[_Point] = []
    zone = now.tzinfo or UTC
    for match in POINT.finditer(text):
        leads = _leads(text, match.start(), found)
        joined = bool(found) and bool(JOIN.fullmatch(text[found[-1].match.end() : leads.inner]))
        led = bool(leads.portion or leads.anchor)
        if not names_a_time(Place(match, leads.relation, leads.article, joined, led)):
            continue
        clock = Clock(now.replace(tzinfo=None), zone, tense(match))
        stretch = _meaning(match, leads, clock, None)
        if not stretch:
            continue
        if found and found[-1].match.end() > leads.begin:
            found.pop()
        found.append(_Point(match, leads, clock, stretch))
        if len(found) == _MAX_POINTS:
            break
    return found


def _leads(text: str, at: int, found: list[_Point]) -> _Leads:
    """The words right before a point.

    "The Friday before" a date is not a Friday of its own, so a lead may reach over the point before it when that
    is one of those words; it never reaches into any other.
    """
    ends = [0, 0, *(point.match.end() for point in found)]
    floor = ends[-2] if found and found[-1].kind in _WORDS_OF_LEADS else ends[-1]

    def before(pattern: re.Pattern[str], until: int, lowest: int) -> re.Match[str] | None:
        lowest = max(lowest, until - _LEAD_CHARS)
        return pattern.search(text[lowest:until]) if lowest < until else None

    part = before(PORTION, at, floor)
    at -= len(part.group()) if part else 0
    anchor = before(ANCHORED, at, floor)
    if anchor and anchor["way"].lower() == "from" and not anchor["n"]:
        anchor = None
    at -= len(anchor.group()) if anchor else 0
    relation = before(RELATION, at, floor if at < ends[-1] else ends[-1])
    word = " ".join(relation["word"].lower().split()) if relation else ""
    begin = at - (len(relation.group()) if relation else 0)
    return _Leads(part, anchor, word, bool(relation and relation["the"]), at, begin)


def _meaning(match: re.Match[str], leads: _Leads, clock: Clock, which: Which | None) -> Stretch | None:
    try:
        stretch = resolve(match, clock, which)
        if stretch and leads.portion:
            stretch = portion(leads.portion, stretch)
        if stretch and leads.anchor:
            stretch = anchored(leads.anchor, stretch)
    except (ValueError, OverflowError):  # 30 February, or a year that calendars do not have
        return None
    return stretch


def _together(text: str, pair: list[_Point]) -> tuple[int, Stretch]:
    """How many of two neighbours make one phrase, and what they mean."""
    first = pair[0]
    if len(pair) == 1:
        return 1, first.stretch
    second = pair[1]
    between = text[first.match.end() : second.leads.inner]
    loosely = text[first.match.end() : second.match.start()]
    one_day = first.kind in {"weekday", "shortday"} and second.kind in {
        "iso",
        "slashed",
        "daymonth",
        "monthday",
        "nth",
    }
    if one_day and _SAME_DAY.fullmatch(between):
        return 2, second.stretch
    for name, whole in ((first, second), (second, first)):
        if _OF_WHICH.fullmatch(loosely) and _says_which(name, whole):
            narrowed = name.again(whole.stretch[1], "last")
            if narrowed and narrowed[0] >= whole.stretch[0]:
                return 2, narrowed
    if _is_range(first, between):
        span = _range(first, second)
        if span:
            return 2, span
    return 1, first.stretch


def _says_which(name: _Point, whole: _Point) -> bool:
    """As in "March last year", "last week on Tuesday": the whole says which one of the name is meant."""
    if not comes_back(name.match):
        return False
    if whole.kind == "which":
        unit = whole.match["wx"].lower()
        return unit == "year" or (unit in {"week", "month"} and name.kind in {"weekday", "shortday", "nth"})
    return whole.kind == "year"


def _is_range(first: _Point, between: str) -> bool:
    joint = JOIN.fullmatch(between)
    if not joint or "," in between:
        return False
    word = (joint["word"] or "").lower()
    return word in _TO or not word or (word == "and" and first.leads.relation == "between")


def _range(first: _Point, second: _Point) -> Stretch | None:
    start, end = first.stretch[0], second.stretch[1]
    if comes_back(first.match) and not comes_back(second.match):
        earlier = first.again(second.stretch[0], "past")
        start = earlier[0] if earlier else start
    elif comes_back(second.match):
        later = second.again(first.stretch[0], "next")
        end = later[1] if later else end
    return (start, end) if start < end else None


def _phrase(first: _Point, last: _Point, stretch: Stretch) -> Phrase | None:
    relation = first.leads.relation
    try:
        start, end = (moment.replace(tzinfo=first.clock.zone).astimezone(UTC) for moment in stretch)
    except (ValueError, OverflowError):
        return None
    if relation in {"before", "prior to"}:
        start, end = BEGINNING, start
    elif relation in {"until", "till", "by"}:
        start = BEGINNING
    elif relation == "after":
        start, end = end, END
    elif relation == "since":
        end = END
    return Phrase(first.leads.begin, last.match.end(), start, end) if start < end else None

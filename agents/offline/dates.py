"""Relative dates made absolute against the moment when they were said.

Only what calendar arithmetic settles is rewritten. A week is named by its Monday. "next Friday" is read as
the first Friday after the day it was said, "last Friday" as the last before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.offline.wordlist import listed

MONTHS = listed("January February March April May June July August September October November December")
_DAYS = listed("monday tuesday wednesday thursday friday saturday sunday")
_NUMBERS = {
    word: number
    for number, word in enumerate(
        listed("one two three four five six seven eight nine ten eleven twelve"), start=1
    )
} | {"a": 1, "an": 1}

_NUMBER = r"(?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_VAGUE = r"(?P<vague>(?:a )?few|(?:a )?couple(?: of)?|several|some|many)"
_UNIT = r"(?P<unit>day|week|weekend|month|year)s?"
_PART = r"(?P<part>morning|afternoon|evening|night)"
_INEXACT = frozenset(listed("about around roughly over almost nearly than least under"))
_KEEPS = "since|until|till|by|from|before|after|for"

_RELATIVE = re.compile(
    rf"(?:\b(?P<prep>{_KEEPS}|on|in|during)\s)?\b(?:"
    r"(?P<beforeyesterday>the day before yesterday)|(?P<aftertomorrow>the day after tomorrow)"
    rf"|(?P<named>yesterday|today|tomorrow)(?: {_PART})?"
    r"|(?P<tonight>tonight|this evening)|(?P<lastnight>last night)"
    r"|this (?P<thispart>morning|afternoon)"
    r"|(?P<which>last|this|next|this past|this coming) "
    r"(?P<what>week|weekend|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"
    r"|(?P<season>last (?:spring|summer|autumn|fall|winter))"
    rf"|in {_NUMBER} {_UNIT}(?:' time)?(?! of\b)"
    rf"|(?:{_NUMBER.replace('?P<n>', '?P<m>')}|{_VAGUE}) {_UNIT.replace('?P<unit>', '?P<agounit>')} ago"
    r")(?![\w'])",
    re.IGNORECASE,
)
_BARE_DAY = re.compile(
    r"\bon (?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?![\w'])", re.IGNORECASE
)
_BARE_MONTH = re.compile(
    rf"\b(?P<prep>in|since|until|till|last|this|next) (?P<month>{'|'.join(MONTHS)})\b(?!,? (?:\d|of\b))"
)
_POSSESSIVE = re.compile(
    r"\b(?:yesterday|today|tomorrow|tonight|week|weekend|month|year|night|(?:mon|tues"
    r"|wednes|thurs|fri|satur|sun)day)'s\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Dated:
    """A text with its dates resolved: what became of it, and whether it looks back, ahead, or neither (0)."""

    text: str
    direction: int
    found: bool


def moment(at: str | None) -> date | None:
    """The day of an ISO timestamp, or None when it is not one."""
    try:
        return datetime.fromisoformat(at).date() if at else None
    except (ValueError, TypeError, AttributeError):
        return None


def day(value: date) -> str:
    """A date as people write it: "3 May 2026"."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def has_relative(text: str) -> bool:
    """Whether the text has a date that means nothing without the day it was said."""
    return bool(_RELATIVE.search(text) or _POSSESSIVE.search(text))


def has_weekday(text: str) -> bool:
    """Whether the text has an "on Friday", whichever that is."""
    return _BARE_DAY.search(text) is not None


def resolve(text: str, today: date, tense: int = 0) -> Dated:
    """The text with its relative dates made absolute.

    Args:
        text: One clause.
        today: The day on which it was said.
        tense: -1 for a past clause, 1 for a future one; settles a bare "on Friday" or "in March". 0 leaves it as it is.
    """
    direction = 0
    found = False

    def swap(match: re.Match[str]) -> str:
        nonlocal direction, found
        before = text[: match.start()].rstrip().rpartition(" ")[2].lower()
        if match["m"] and before in _INEXACT:
            return match.group()
        try:
            own, phrase, way = _phrase(match, today)
        except (OverflowError, ValueError):
            return match.group()
        found = True
        direction = way or direction
        prep = (match.group("prep") or "").lower()
        return f"{prep if prep in _KEEPS.split('|') else own} {phrase}".strip()

    def swap_day(match: re.Match[str]) -> str:
        nonlocal direction, found
        found, direction = True, tense
        target = _weekday(today, match.group("day"), tense)
        return f"on {match.group('day').capitalize()} {day(target)}"

    def swap_month(match: re.Match[str]) -> str:
        nonlocal direction, found
        found, direction = True, tense
        own = match["prep"] if match["prep"] in _KEEPS.split("|") else "in"
        return f"{own} {_month(_month_named(today, match['month'], tense))}"

    changed = _RELATIVE.sub(swap, text)
    changed = _BARE_MONTH.sub(swap_month, changed) if tense else changed
    if tense and not found:
        changed = _BARE_DAY.sub(swap_day, changed)
    return Dated(changed, direction, found)


def _phrase(match: re.Match[str], today: date) -> tuple[str, str, int]:
    """The preposition, the absolute phrase, and -1, 0 or 1 for past, present, future."""
    got = match.groupdict()
    if got["beforeyesterday"] or got["aftertomorrow"]:
        way = -1 if got["beforeyesterday"] else 1
        return "on", day(today + timedelta(days=2 * way)), way
    if got["named"]:
        way = {"yesterday": -1, "today": 0, "tomorrow": 1}[got["named"].lower()]
        part = f"the {got['part'].lower()} of " if got["part"] else ""
        return "on", part + day(today + timedelta(days=way)), way
    if got["tonight"] or got["thispart"] or got["lastnight"]:
        part = "night" if got["lastnight"] else (got["thispart"] or "evening").lower()
        way = -1 if got["lastnight"] else 0
        return "on", f"the {part} of {day(today + timedelta(days=way))}", way
    if got["season"]:
        return "in", f"the {got['season'].split()[1].lower()} before {_month(today)}", -1
    if got["which"]:
        return _which(got["which"].lower(), got["what"].lower(), today)
    return _counted(got, today)


def _counted(got: dict[str, str], today: date) -> tuple[str, str, int]:
    """A count of units, ahead or ago; a vague count is only tied to the day."""
    if got["vague"]:
        unit = got["agounit"].lower() + "s"
        whole = day(today) if unit in {"days", "weeks", "weekends"} else _month(today)
        return "", f"{got['vague'].lower()} {unit} before {whole}", -1
    if got["m"]:
        return _shifted(got["agounit"].lower(), -_count(got["m"]), today)
    return _shifted(got["unit"].lower(), _count(got["n"]), today)


def _which(which: str, what: str, today: date) -> tuple[str, str, int]:
    way = {"last": -1, "this past": -1, "this": 0, "next": 1, "this coming": 1}[which]
    what = next((name for name in _DAYS if len(what) < 6 and what[:3] == name[:3] and what != "month"), what)
    if what in _DAYS:
        # "this Friday" looks ahead unless it is today.
        target = (
            today if which == "this" and _DAYS[today.weekday()] == what else _weekday(today, what, way or 1)
        )
        return "on", f"{what.capitalize()} {day(target)}", way or 1
    return _shifted(what, way, today)


def _shifted(unit: str, count: int, today: date) -> tuple[str, str, int]:
    way = (count > 0) - (count < 0)
    calendar: dict[str, Callable[[], tuple[str, str]]] = {
        "day": lambda: ("on", day(today + timedelta(days=count))),
        "week": lambda: ("in", f"the week of {day(_monday(today) + timedelta(weeks=count))}"),
        "weekend": lambda: ("on", f"the weekend of {day(_saturday(today, count))}"),
        "month": lambda: ("in", _month(_months(today, count))),
        "year": lambda: ("in", str(_year(today.year + count))),
    }
    prep, phrase = calendar[unit]()
    return prep, phrase, way


def _saturday(today: date, count: int) -> date:
    """The Saturday of a weekend; on a weekend day "last weekend" is the one before it."""
    return _monday(today) + timedelta(days=5, weeks=count)


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _weekday(today: date, name: str, way: int) -> date:
    gap = (_DAYS.index(name.lower()) - today.weekday()) % 7
    return today + timedelta(days=gap or 7) if way > 0 else today - timedelta(days=(7 - gap) or 7)


def _months(today: date, count: int) -> date:
    index = today.year * 12 + today.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _month_named(today: date, name: str, way: int) -> date:
    """The latest of that name that has begun, or the next one; the month of today is this one."""
    month = MONTHS.index(name) + 1
    year = today.year + (way > 0 and month < today.month) - (way < 0 and month > today.month)
    return date(year, month, 1)


def _year(year: int) -> int:
    return date(year, 1, 1).year


def _month(value: date) -> str:
    return f"{MONTHS[value.month - 1]} {value.year}"


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]

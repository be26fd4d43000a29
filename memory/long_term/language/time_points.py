"""What a single point of time in a text means ("two weeks ago", "8 May", "last summer"), as local wall-clock time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from memory.long_term.language import calendar_spans as calendar
from memory.long_term.language.calendar_spans import Stretch, Which
from memory.long_term.language.time_words import COUNTS, MONTHS, ORDINALS, WEEKDAYS

_INSTANT = timedelta(microseconds=1)
_NOUN_PORTIONS = {"beginning": "early", "start": "early", "middle": "mid", "end": "late"}


@dataclass(frozen=True)
class Clock:
    """The moment of speaking: wall-clock time in its zone, and -1, 0 or 1 for a past, open or future sentence."""

    now: datetime
    zone: tzinfo
    tense: int = 0

    @property
    def bare(self) -> Which:
        """Which one a name without "last" or "next" means: the latest begun, or with "will" the next."""
        return "next" if self.tense > 0 else "past"


def resolve(match: re.Match[str], clock: Clock, which: Which | None = None) -> Stretch | None:
    """The stretch of local time that a match of POINT means; None for a day that does not exist.

    Args:
        match: Of `time_words.POINT`.
        clock: When it was said.
        which: For names that come back ("March", "Friday"), overrides what the tense says.
    """
    kind = match.lastgroup or ""
    if kind in _CYCLES:
        return _CYCLES[kind](match, clock, which or clock.bare)
    return _FIXED[kind](match, clock)


def comes_back(match: re.Match[str]) -> bool:
    """Whether the name needs its surroundings to say which one: "March" but not "March 2023"."""
    years = {"daymonth": "dy", "monthday": "my", "season": "ny", "holiday": "hy"}
    kind = match.lastgroup or ""
    return kind in _CYCLES and not (kind in years and match[years[kind]])


def counted(words: str | None) -> tuple[int, int]:
    """The lowest and highest number that "3", "three" or "a few" means."""
    if words and words.isdigit():
        return int(words), int(words)
    found = [word for word in (words or "").lower().split() if word in COUNTS]
    return COUNTS[found[-1] if found else ""]


def anchored(lead: re.Match[str], point: Stretch) -> Stretch | None:
    """A time like "the week before", "two days after" or "the Friday before" a point; None when it makes no sense."""
    unit, earlier = lead["unit"].lower(), lead["way"].lower() not in {"after", "following", "from"}
    edge = point[0] if earlier else point[1]
    if unit in WEEKDAY_NAMES or unit == "weekend":
        make = calendar.weekend if unit == "weekend" else calendar.weekday(WEEKDAYS.index(unit[:3]))
        if not lead["n"]:
            return calendar.weekly(make, edge if earlier else edge - _INSTANT, "last" if earlier else "next")
    if unit == "night":
        return calendar.part_of(edge - timedelta(days=1) if earlier else edge, "night")
    if not lead["n"]:
        other = calendar.shifted(edge, unit, -1 if earlier else 1)
        return (other, edge) if earlier else (edge, other)
    if unit in WEEKDAY_NAMES:
        return None
    return _counted_away(point[0], unit, counted(lead["n"]), -1 if earlier else 1)


def portion(lead: re.Match[str], whole: Stretch) -> Stretch:
    """A part like "early", "the end of", "the second week of", "the week of" or "the evening of" a stretch."""
    start, end = whole
    if lead["of"]:
        return calendar.weekend(start) if lead["of"].lower() == "weekend" else calendar.week(start)
    if lead["part"]:
        return calendar.part_of(start, lead["part"].lower())
    if lead["nth"]:
        return _nth(ORDINALS[lead["nth"].lower()], lead["unit"].lower(), whole)
    third = (end - start) / 3
    word = (lead["adjective"] or _NOUN_PORTIONS[lead["noun"].lower()]).lower()
    first, last = {
        "early": (start, start + third),
        "mid": (start + third, end - third),
        "late": (end - third, end),
    }[word]
    if third < timedelta(days=2):
        return first, last
    return calendar.midnight(first), calendar.midnight(last)


def _nth(number: int, unit: str, whole: Stretch) -> Stretch:
    step = timedelta(weeks=1)
    if unit == "week":
        start = whole[1] - step if number < 0 else whole[0] + (number - 1) * step
        return start, start + step
    first = calendar.weekend(whole[1] - timedelta(days=6) if number < 0 else whole[0])
    return first if number < 0 else (first[0] + (number - 1) * step, first[1] + (number - 1) * step)


def _counted_away(start: datetime, unit: str, count: tuple[int, int], way: int) -> Stretch:
    near, far = (calendar.about(calendar.shifted(start, unit, way * n), unit) for n in count)
    return (far[0], near[1]) if way < 0 else (near[0], far[1])


def _iso(match: re.Match[str], _: Clock) -> Stretch:
    return calendar.month_day(int(match["iy"]), int(match["im"]), int(match["id"]))


def _slashed(match: re.Match[str], _: Clock) -> Stretch:
    """5/8/2023 is 8 May as Americans write it, 5.8.2023 is 5 August, and 13/5/2023 can only be one thing."""
    first, second = int(match["s1"]), int(match["s2"])
    day_first = first > 12 or (match["sep"] == "." and second <= 12)
    return calendar.month_day(int(match["sy"]), *((second, first) if day_first else (first, second)))


def _month_number(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1


def _dated(prefix: str) -> Callable[[re.Match[str], Clock, Which], Stretch | None]:
    """For "8 May 2023" (prefix d) and "May 8th" (prefix m), with or without a second day and a year."""

    def made(match: re.Match[str], clock: Clock, which: Which) -> Stretch | None:
        month = _month_number(match[f"{prefix}m"])
        first = _number(match[f"{prefix}d"])
        last = _number(match[f"{prefix}e"] or match[f"{prefix}d"])
        if last < first:
            return None

        def make(year: int) -> Stretch:
            return (
                calendar.month_day(year, month, first)[0],
                calendar.month_day(year, month, last)[1],
            )

        year = match[f"{prefix}y"]
        return make(int(year)) if year else calendar.yearly(make, clock.now, which)

    return made


def _number(ordinal: str) -> int:
    return int(ordinal.rstrip("sthndrSTHNDR"))


def _month(match: re.Match[str], clock: Clock, which: Which) -> Stretch | None:
    number = _month_number(match["month"])
    return calendar.yearly(lambda year: calendar.month(year, number), clock.now, which)


def _weekday(name: str, part: str | None, clock: Clock, which: Which) -> Stretch | None:
    # "On Friday" said on a Friday is another one: of today one says "today".
    strict: Which = "last" if which == "past" else which
    found = calendar.weekly(calendar.weekday(WEEKDAYS.index(name[:3].lower())), clock.now, strict)
    return calendar.part_of(found[0], part.lower()) if found and part else found


def _season(match: re.Match[str], clock: Clock, which: Which) -> Stretch | None:
    name, year = match["sn"].lower(), match["ny"]
    if year:
        return calendar.season(int(year), name)
    return calendar.yearly(lambda number: calendar.season(number, name), clock.now, which)


def _holiday(match: re.Match[str], clock: Clock, which: Which) -> Stretch | None:
    name, year = _plain(match["hname"]), match["hy"]
    if year:
        return calendar.holiday(int(year), name)
    return calendar.yearly(lambda number: calendar.holiday(number, name), clock.now, which)


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("’", "'").split())


def _which(match: re.Match[str], clock: Clock) -> Stretch | None:
    word = " ".join(match["ww"].lower().split())
    way = {"last": -1, "past": -1, "previous": -1, "this past": -1, "this": 0}.get(word, 1)
    what = _plain(match["wx"])
    if what in {"week", "month", "year"} or (what == "weekend" and word == "next"):
        return calendar.current(calendar.shifted(clock.now, what, way), what)
    # "This" is near: the one that a past sentence has behind it, else the one that is not over.
    near: Which = "past" if clock.tense < 0 else "open"
    which: Which = "last" if way < 0 else "next" if way > 0 else near
    if what == "weekend":
        return calendar.weekly(calendar.weekend, clock.now, which)
    if what[:3] in WEEKDAYS:
        return _weekday(what, match["wp"], clock, "past" if which == "last" else which)
    return _which_of_year(what, clock, "nearest" if way == 0 and clock.tense == 0 else which)


def _which_of_year(what: str, clock: Clock, which: Which) -> Stretch | None:
    if what in calendar.SEASONS:
        return calendar.yearly(lambda year: calendar.season(year, what), clock.now, which)
    if what[:3] in MONTHS:
        number = _month_number(what)
        return calendar.yearly(lambda year: calendar.month(year, number), clock.now, which)
    return calendar.yearly(lambda year: calendar.holiday(year, what), clock.now, which)


def _rolling(match: re.Match[str], clock: Clock) -> Stretch | None:
    unit, far = match["ru"].lower(), counted(match["rn"] or "one")[1]
    if unit == "day" and not match["rn"]:
        return None
    if match["rway"].lower() in {"last", "past", "previous"}:
        return calendar.midnight(calendar.shifted(clock.now, unit, -far)), calendar.day(clock.now)[1]
    return calendar.midnight(clock.now), calendar.day(calendar.shifted(clock.now, unit, far))[1]


def _away(number: str, unit: str, way: int) -> Callable[[re.Match[str], Clock], Stretch]:
    def made(match: re.Match[str], clock: Clock) -> Stretch:
        what, count = match[unit].lower(), counted(match[number])
        if what not in {"hour", "minute"}:
            return _counted_away(clock.now, what, count, way)
        # Hours are counted on the clock of the world: a day has 23 or 25 of them when the local one is changed.
        exact = clock.now.replace(tzinfo=clock.zone).astimezone(UTC)
        start, end = _counted_away(exact, what, count, way)
        return _local(start, clock.zone), _local(end, clock.zone)

    return made


def _local(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _before_last(match: re.Match[str], clock: Clock) -> Stretch | None:
    unit = match["bu"].lower()
    if unit == "night":
        return calendar.part_of(clock.now - timedelta(days=2), "night")
    if unit in calendar.SEASONS:
        last = calendar.yearly(lambda year: calendar.season(year, unit), clock.now, "last")
        return last and calendar.yearly(lambda year: calendar.season(year, unit), last[0], "last")
    return calendar.current(calendar.shifted(clock.now, unit, -2), unit)


def _named(match: re.Match[str], clock: Clock) -> Stretch:
    shift = {"yesterday": -1, "today": 0, "tomorrow": 1}[match["nw"].lower()]
    moment = clock.now + timedelta(days=shift)
    return calendar.part_of(moment, match["np"].lower()) if match["np"] else calendar.day(moment)


def _this_part(match: re.Match[str], clock: Clock) -> Stretch:
    back = timedelta(days=1 if match["thispart"].lower().startswith("last") else 0)
    return calendar.part_of(clock.now - back, (match["tp"] or "night").lower())


def _other(match: re.Match[str], clock: Clock) -> Stretch:
    days = 28 if match["ou"].lower() == "week" else 7
    return calendar.day(clock.now - timedelta(days=days), days)


WEEKDAY_NAMES = frozenset(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])

# Names that come back, and those that the moment of speaking settles alone.
_CYCLES: dict[str, Callable[[re.Match[str], Clock, Which], Stretch | None]] = {
    "daymonth": _dated("d"),
    "monthday": _dated("m"),
    "month": _month,
    "weekday": lambda match, clock, which: _weekday(match["dw"], match["dp"], clock, which),
    "shortday": lambda match, clock, which: _weekday(match["shortday"], None, clock, which),
    "season": _season,
    "holiday": _holiday,
    "weekend": lambda _, clock, which: calendar.weekly(calendar.weekend, clock.now, which),
    "nth": lambda match, clock, which: calendar.monthly(int(match["nd"]), clock.now, which),
}
_FIXED: dict[str, Callable[[re.Match[str], Clock], Stretch | None]] = {
    "iso": _iso,
    "slashed": _slashed,
    "monthyear": lambda match, _: calendar.month(int(match["yy"]), _month_number(match["ym"])),
    "year": lambda match, _: calendar.year(int(match["year"])),
    "which": _which,
    "rolling": _rolling,
    "ago": _away("an", "au", -1),
    "hence": _away("hn", "hu", 1),
    "ahead": _away("fn", "fu", 1),
    "before_last": _before_last,
    "named": _named,
    "thispart": _this_part,
    "other": _other,
}

"""How wide a named time is: days, weeks, months, seasons and holidays as half-open stretches of local time.

Every function takes and returns naive wall-clock datetimes; who calls knows the zone. A week begins on Monday,
seasons are the meteorological ones of the northern hemisphere. Dates outside the years 1 to 9999 raise ValueError
or OverflowError.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from dateutil.easter import easter
from dateutil.relativedelta import MO, TH, relativedelta

Stretch: TypeAlias = tuple[datetime, datetime]
Which: TypeAlias = Literal["past", "last", "next", "open", "nearest"]

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
# Hours counted from midnight of the named day; a night ends on the next one.
PARTS = {"morning": (4, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 30)}
_UNITS: dict[str, relativedelta] = {
    "minute": relativedelta(minutes=1),
    "hour": relativedelta(hours=1),
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "weekend": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "year": relativedelta(years=1),
    "decade": relativedelta(years=10),
}
_FIXED_HOLIDAYS = {
    "christmas": (12, 24, 3),
    "christmas eve": (12, 24, 1),
    "christmas day": (12, 25, 1),
    "boxing day": (12, 26, 1),
    "new year's eve": (12, 31, 1),
    "new year's": (12, 31, 2),
    "new year's day": (1, 1, 1),
    "halloween": (10, 31, 1),
    "valentine's day": (2, 14, 1),
}
# 29 February comes every fourth year, and once in eight around a century.
_REACH = 10


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def day(moment: datetime, days: int = 1) -> Stretch:
    start = midnight(moment)
    return start, start + timedelta(days=days)


def part_of(moment: datetime, part: str) -> Stretch:
    """The morning, afternoon, evening or night of a day."""
    first, last = PARTS[part]
    return midnight(moment) + timedelta(hours=first), midnight(moment) + timedelta(hours=last)


def week(moment: datetime) -> Stretch:
    return day(midnight(moment) + relativedelta(weekday=MO(-1)), 7)


def weekend(moment: datetime) -> Stretch:
    """Saturday and Sunday of the week that holds the moment."""
    return day(week(moment)[0] + timedelta(days=5), 2)


def month(year: int, number: int) -> Stretch:
    start = datetime(year, number, 1)  # noqa: DTZ001 wall-clock time, see the module's docstring
    return start, start + relativedelta(months=1)


def year(number: int) -> Stretch:
    return month(number, 1)[0], month(number, 12)[1]


def month_day(number: int, month_number: int, day_number: int, days: int = 1) -> Stretch:
    """One day of a year, or several from it on; ValueError when the year has no such day."""
    return day(datetime(number, month_number, day_number), days)  # noqa: DTZ001


def season(number: int, name: str) -> Stretch:
    """The season that begins in that year; a winter ends in the next."""
    start = month(number, SEASONS[name])[0]
    return start, start + relativedelta(months=3)


def holiday(number: int, name: str) -> Stretch:
    if name == "thanksgiving":
        return day(month(number, 11)[0] + relativedelta(weekday=TH(4)))
    if name == "easter":
        sunday = easter(number)
        return month_day(number, sunday.month, sunday.day)
    month_number, first, days = _FIXED_HOLIDAYS[name]
    return month_day(number, month_number, first, days)


def current(moment: datetime, unit: str) -> Stretch:
    """The calendar unit that holds the moment."""
    if unit == "week":
        return week(moment)
    if unit == "weekend":
        return weekend(moment)
    if unit == "month":
        return month(moment.year, moment.month)
    return year(moment.year) if unit == "year" else day(moment)


def shifted(moment: datetime, unit: str, count: int) -> datetime:
    """The moment so many units later (earlier when negative); a month's end stays within its month."""
    return moment + _UNITS[unit] * count


def about(moment: datetime, unit: str) -> Stretch:
    """One unit's width around the moment: "two weeks ago" means give or take half a week."""
    if unit == "weekend":
        return weekend(moment)
    if unit in {"minute", "hour"}:
        width = timedelta(minutes=10 if unit == "minute" else 60)
        return moment - width / 2, moment + width / 2
    half = {"day": 0, "week": 3, "month": 15, "year": 182, "decade": 1826}[unit]
    return day(moment)[0] - timedelta(days=half), day(moment)[1] + timedelta(days=half)


def yearly(make: Callable[[int], Stretch], base: datetime, which: Which) -> Stretch | None:
    """The one meant among what comes back each year; years that lack it (29 February) do not count."""
    return chosen(_made(make, (base.year + offset for offset in _offsets(which))), base, which)


def weekly(make: Callable[[datetime], Stretch], base: datetime, which: Which) -> Stretch | None:
    """The one meant among what comes back each week."""
    weeks = (offset for offset in _offsets(which) if abs(offset) <= 2)
    return chosen((make(base + timedelta(weeks=offset)) for offset in weeks), base, which)


def monthly(day_number: int, base: datetime, which: Which) -> Stretch | None:
    """The one meant among the same day of each month."""

    def make(offset: int) -> Stretch:
        there = base + relativedelta(months=offset)
        return month_day(there.year, there.month, day_number)

    return chosen(_made(make, _offsets(which)), base, which)


def weekday(number: int) -> Callable[[datetime], Stretch]:
    """Monday is 0: that day of the week that holds a moment."""
    return lambda moment: day(week(moment)[0] + timedelta(days=number))


def chosen(stretches: Iterable[Stretch], base: datetime, which: Which) -> Stretch | None:
    """Of stretches, nearest in time first: the one begun, the one over, the one to begin or to end, or the nearest."""
    if which == "nearest":
        return min(stretches, key=lambda one: _gap(one, base), default=None)
    if which in {"past", "last"}:
        edge = 0 if which == "past" else 1
        return next((one for one in stretches if one[edge] <= base), None)
    edge = 0 if which == "next" else 1
    return next((one for one in stretches if one[edge] > base), None)


def _offsets(which: Which) -> Iterable[int]:
    """From the near to the far in the direction that is meant."""
    if which == "nearest":
        return (0, -1, 1)
    return range(1, -_REACH, -1) if which in {"past", "last"} else range(-1, _REACH)


def _gap(stretch: Stretch, base: datetime) -> timedelta:
    return max(stretch[0] - base, base - stretch[1], timedelta())


def _made(make: Callable[[int], Stretch], numbers: Iterable[int]) -> Iterator[Stretch]:
    for number in numbers:
        try:
            yield make(number)
        except (ValueError, OverflowError):  # no such day in that year, or no such year
            continue

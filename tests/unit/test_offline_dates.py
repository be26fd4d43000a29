"""Relative dates against the day on which they were said."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.offline.dates import day, has_relative, moment, resolve

WEDNESDAY = date(2026, 5, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I ran today", "I ran on 6 May 2026"),
        ("I ran yesterday", "I ran on 5 May 2026"),
        ("I fly tomorrow morning", "I fly on the morning of 7 May 2026"),
        ("I ran the day before yesterday", "I ran on 4 May 2026"),
        ("I fly the day after tomorrow", "I fly on 8 May 2026"),
        ("I ran last night", "I ran on the night of 5 May 2026"),
        ("I run tonight", "I run on the evening of 6 May 2026"),
        ("I ran this morning", "I ran on the morning of 6 May 2026"),
        ("next Friday", "on Friday 8 May 2026"),
        ("this Friday", "on Friday 8 May 2026"),
        ("last Friday", "on Friday 1 May 2026"),
        ("next Wednesday", "on Wednesday 13 May 2026"),
        ("last Wednesday", "on Wednesday 29 April 2026"),
        ("this Wednesday", "on Wednesday 6 May 2026"),
        ("last Fri", "on Friday 1 May 2026"),
        ("next Tues", "on Tuesday 12 May 2026"),
        ("last week", "in the week of 27 April 2026"),
        ("next week", "in the week of 11 May 2026"),
        ("last weekend", "on the weekend of 2 May 2026"),
        ("this month", "in May 2026"),
        ("last month", "in April 2026"),
        ("next year", "in 2027"),
        ("in three days", "on 9 May 2026"),
        ("in 2 weeks", "in the week of 18 May 2026"),
        ("in 9 months", "in February 2027"),
        ("three years ago", "in 2023"),
        ("a week ago", "in the week of 27 April 2026"),
        ("two days ago", "on 4 May 2026"),
        ("a few years ago", "a few years before May 2026"),
        ("since yesterday", "since 5 May 2026"),
        ("until next week", "until the week of 11 May 2026"),
        ("since last year", "since 2025"),
    ],
)
def test_a_relative_date_becomes_absolute(text: str, expected: str) -> None:
    found = resolve(text, WEDNESDAY)
    assert found.text == expected
    assert found.found
    assert has_relative(text)
    assert not has_relative(found.text)


@pytest.mark.parametrize(
    "text",
    [
        "on Fridays",
        "in 2019",
        "next to the sea",
        "in three days of rain",
        "weekly",
        "at last",
        "last Frida",
        "over two years ago",
        "about a month ago",
    ],
)
def test_what_is_no_relative_date_stays(text: str) -> None:
    assert resolve(text, WEDNESDAY).text == text


def test_a_bare_weekday_follows_the_tense() -> None:
    assert resolve("on Friday", WEDNESDAY, 1).text == "on Friday 8 May 2026"
    assert resolve("on Friday", WEDNESDAY, -1).text == "on Friday 1 May 2026"
    assert resolve("on Friday", WEDNESDAY).text == "on Friday"


def test_a_possessive_date_is_seen_as_relative() -> None:
    assert has_relative("yesterday's game")


def test_the_calendar_has_an_end() -> None:
    assert resolve("in 12 years", date(9999, 12, 31)).text == "in 12 years"
    assert resolve("tomorrow", date(9999, 12, 31)).text == "tomorrow"
    assert resolve("999 years ago", date(1, 1, 1)).text == "999 years ago"


@given(st.dates(min_value=date(1, 2, 1), max_value=date(9999, 11, 1)))
def test_next_and_last_weekday_are_within_seven_days(today: date) -> None:
    ahead = [day(today + timedelta(days=n)) for n in range(1, 8)]
    back = [day(today - timedelta(days=n)) for n in range(1, 8)]
    assert any(resolve("next Friday", today).text == f"on Friday {item}" for item in ahead)
    assert any(resolve("last Friday", today).text == f"on Friday {item}" for item in back)


@pytest.mark.parametrize("at", [None, "", "yesterday", "2026-13-01"])
def test_a_moment_that_is_none(at: str | None) -> None:
    assert moment(at) is None


def test_a_moment() -> None:
    assert moment("2026-05-03T23:30:00Z") == date(2026, 5, 3)
    assert moment("2026-05-03") == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("text", "tense", "expected"),
    [
        ("I moved to Lisbon in March", -1, "I moved to Lisbon in March 2026"),
        ("I moved to Lisbon in May", -1, "I moved to Lisbon in May 2026"),
        ("I moved to Lisbon in August", -1, "I moved to Lisbon in August 2025"),
        ("I moved to Lisbon last March", -1, "I moved to Lisbon in March 2026"),
        ("I am moving to Lisbon in March", 1, "I am moving to Lisbon in March 2027"),
        ("I moved in March 2020", -1, "I moved in March 2020"),
        ("I like to run in March", 0, "I like to run in March"),
        ("I moved in march", -1, "I moved in march"),
    ],
)
def test_a_month_without_its_year_is_the_latest_that_has_begun(text: str, tense: int, expected: str) -> None:
    assert resolve(text, WEDNESDAY, tense).text == expected

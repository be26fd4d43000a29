"""Times named in text. NOW is Wednesday, 15 November 2023, 14:00 UTC, unless a case says otherwise."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.long_term.language.times import (
    BEGINNING,
    END,
    MAX_CHARS,
    anchor_of,
    asks_when,
    has_time_word,
    spans_in,
)

NOW = datetime(2023, 11, 15, 14, tzinfo=UTC)
modest = settings(max_examples=150)

# Everything a Python string can hold, and texts made of the words that the patterns look for.
ANYTHING = st.text(st.characters(codec=None), max_size=80)
WORDS = (
    "in on at the a last next this past before after since until between and from to of week weekend month year day "
    "days ago back two few couple several 2 31st 30 29 2023 2024 1900 2099 -- - – , . : / 5/8/2023 2023-02-30 99 "
    "yesterday tomorrow tonight morning night May may March march Feb February sun Mon Friday summer fall winter "
    "Christmas Easter New Year's Eve early late mid- end other way will did now first second fourth 0 000 İ é \ud800 "
    "\x00 \n in 3 months hour minutes decade 999 from now today's"
)
TIMELY = st.lists(st.sampled_from(WORDS.split(" ")), max_size=25).map(" ".join)
# Not those that a clock put forward has left out.
MOMENTS = st.datetimes(
    timezones=st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]),
    allow_imaginary=False,
)


def stretch(start: str, end: str) -> tuple[datetime, datetime]:
    return tuple(  # type: ignore[return-value]
        edge if isinstance(edge, datetime) else datetime.fromisoformat(edge).replace(tzinfo=UTC)
        for edge in (BEGINNING if start == "-" else start, END if end == "-" else end)
    )


def found(text: str, now: datetime = NOW) -> list[tuple[datetime, datetime]]:
    return [(span.start, span.end) for span in spans_in(text, now)]


DAYS_AND_PARTS = [
    ("What did we eat yesterday?", "2023-11-14", "2023-11-15"),
    ("the day before yesterday", "2023-11-13", "2023-11-14"),
    ("What is planned for tomorrow", "2023-11-16", "2023-11-17"),
    ("today was good", "2023-11-15", "2023-11-16"),
    ("What did I tell you this morning?", "2023-11-15T04:00", "2023-11-15T12:00"),
    ("yesterday evening", "2023-11-14T17:00", "2023-11-15"),
    ("We danced last night!", "2023-11-14T18:00", "2023-11-15T06:00"),
    ("tonight", "2023-11-15T18:00", "2023-11-16T06:00"),
    ("What did I do last Tuesday?", "2023-11-14", "2023-11-15"),
    ("last Wednesday", "2023-11-08", "2023-11-09"),
    ("I met them last fri", "2023-11-10", "2023-11-11"),
    ("on Friday we ate", "2023-11-10", "2023-11-11"),
    ("on Wednesday", "2023-11-08", "2023-11-09"),
    ("I will see you on Friday", "2023-11-17", "2023-11-18"),
    ("next Friday", "2023-11-17", "2023-11-18"),
    ("Friday night", "2023-11-10T18:00", "2023-11-11T06:00"),
    ("The match is this Saturday", "2023-11-18", "2023-11-19"),
    ("last week on Tuesday", "2023-11-07", "2023-11-08"),
    ("on Tuesday of last week", "2023-11-07", "2023-11-08"),
    ("10 minutes ago", "2023-11-15T13:45", "2023-11-15T13:55"),
    ("an hour ago", "2023-11-15T12:30", "2023-11-15T13:30"),
]
DATES = [
    ("on 8 May 2023", "2023-05-08", "2023-05-09"),
    ("May 8th", "2023-05-08", "2023-05-09"),
    ("the 8th of May, 2021", "2021-05-08", "2021-05-09"),
    ("8 december", "2022-12-08", "2022-12-09"),
    ("on December 1,2023 taken", "2023-12-01", "2023-12-02"),
    ("on 3 June, 2023?", "2023-06-03", "2023-06-04"),
    ("Dec 3, 2022", "2022-12-03", "2022-12-04"),
    ("Tuesday, May 9th, 2023", "2023-05-09", "2023-05-10"),
    ("May 8-10, 2023", "2023-05-08", "2023-05-11"),
    ("2023-05-08", "2023-05-08", "2023-05-09"),
    ("at 2023-05-08T13:56:00", "2023-05-08", "2023-05-09"),
    ("on 5/8/2023", "2023-05-08", "2023-05-09"),
    ("on 5.8.2023", "2023-08-05", "2023-08-06"),
    ("on 31/12/2022", "2022-12-31", "2023-01-01"),
    ("on the 15th", "2023-11-15", "2023-11-16"),
    ("on the 20th we left", "2023-10-20", "2023-10-21"),
    ("Friday the 13th", "2023-11-13", "2023-11-14"),
    ("on the evening of 7 July, 2023", "2023-07-07T17:00", "2023-07-08"),
    ("as of 27 March, 2022", "2022-03-27", "2022-03-28"),
    ("4th of July", "2023-07-04", "2023-07-05"),
    ("at Easter", "2023-04-09", "2023-04-10"),
    ("last Thanksgiving", "2022-11-24", "2022-11-25"),
    ("on Halloween 2021", "2021-10-31", "2021-11-01"),
    ("on New Year’s Eve", "2022-12-31", "2023-01-01"),
    ("at Christmas", "2022-12-24", "2022-12-27"),
]
WIDER = [
    ("last week", "2023-11-06", "2023-11-13"),
    ("this week", "2023-11-13", "2023-11-20"),
    ("the week before last", "2023-10-30", "2023-11-06"),
    ("last weekend", "2023-11-11", "2023-11-13"),
    ("over the weekend", "2023-11-11", "2023-11-13"),
    ("this weekend", "2023-11-18", "2023-11-20"),
    ("How was this weekend?", "2023-11-11", "2023-11-13"),
    ("She and I tried snowshoeing this weekend.", "2023-11-11", "2023-11-13"),
    ("I need it this weekend.", "2023-11-18", "2023-11-20"),
    ("next weekend", "2023-11-25", "2023-11-27"),
    ("two weekends ago", "2023-11-04", "2023-11-06"),
    ("last month", "2023-10-01", "2023-11-01"),
    ("next month", "2023-12-01", "2024-01-01"),
    ("last year", "2022-01-01", "2023-01-01"),
    ("in March", "2023-03-01", "2023-04-01"),
    ("in November", "2023-11-01", "2023-12-01"),
    ("What did I do in December?", "2022-12-01", "2023-01-01"),
    ("What will I do in March?", "2024-03-01", "2024-04-01"),
    ("What did he say he will do in March?", "2023-03-01", "2023-04-01"),
    ("in March 2021", "2021-03-01", "2021-04-01"),
    ("January was cold", "2023-01-01", "2023-02-01"),
    ("next March", "2024-03-01", "2024-04-01"),
    ("last March", "2023-03-01", "2023-04-01"),
    ("March last year", "2022-03-01", "2022-04-01"),
    ("in 2022, in May", "2022-05-01", "2022-06-01"),
    ("last year in May", "2022-05-01", "2022-06-01"),
    ("in May Caroline went home", "2023-05-01", "2023-06-01"),
    ("last summer", "2023-06-01", "2023-09-01"),
    ("Any plans for the summer?", "2024-06-01", "2024-09-01"),
    ("next summer", "2024-06-01", "2024-09-01"),
    ("last fall", "2022-09-01", "2022-12-01"),
    ("in the fall", "2023-09-01", "2023-12-01"),
    ("last winter", "2022-12-01", "2023-03-01"),
    ("in the summer of 2021", "2021-06-01", "2021-09-01"),
    ("in 2022", "2022-01-01", "2023-01-01"),
    ("during the 2021 season", "2021-01-01", "2022-01-01"),
    ("in mid-August 2023", "2023-08-11", "2023-08-21"),
    ("towards the end of summer 2023", "2023-08-01", "2023-09-01"),
    ("in the second week of November", "2023-11-08", "2023-11-15"),
    ("in the last week of May 2023", "2023-05-25", "2023-06-01"),
    ("the last weekend of May", "2023-05-27", "2023-05-29"),
    ("the week of May 10", "2023-05-08", "2023-05-15"),
]
COUNTED = [
    ("three days ago", "2023-11-12", "2023-11-13"),
    ("a couple of days ago", "2023-11-12", "2023-11-14"),
    ("a few days ago", "2023-11-10", "2023-11-14"),
    ("the other day", "2023-11-08", "2023-11-15"),
    ("two weeks ago", "2023-10-29", "2023-11-05"),
    ("three months ago", "2023-07-31", "2023-08-31"),
    ("4 years ago", "2019-05-17", "2020-05-16"),
    ("in the last month", "2023-10-15", "2023-11-16"),
    ("over the past two weeks", "2023-11-01", "2023-11-16"),
    ("the next three days", "2023-11-15", "2023-11-19"),
    ("The flight is in two weeks", "2023-11-26", "2023-12-03"),
    ("three days from now", "2023-11-18", "2023-11-19"),
    ("the week before 9 June 2023", "2023-06-02", "2023-06-09"),
    ("two weeks before August 11, 2023", "2023-07-25", "2023-08-01"),
    ("the Friday before 14 August 2023", "2023-08-11", "2023-08-12"),
    ("last weekend before April 10, 2023", "2023-04-08", "2023-04-10"),
    ("the day after Christmas", "2022-12-27", "2022-12-28"),
    ("the month after June 2023", "2023-07-01", "2023-08-01"),
]
OPEN_AND_RANGES = [
    ("between May and July", "2023-05-01", "2023-08-01"),
    ("from May to July", "2023-05-01", "2023-08-01"),
    ("from November to February", "2023-11-01", "2024-03-01"),
    ("between August 11 and August 15 2023", "2023-08-11", "2023-08-16"),
    ("from Monday to Tuesday", "2023-11-13", "2023-11-15"),
    ("from 2019 until 2021", "2019-01-01", "2022-01-01"),
    ("since April", "2023-04-01", "-"),
    ("I live here since early 2020", "2020-01-01", "-"),
    ("since last week", "2023-11-06", "-"),
    ("since the week before Christmas", "2022-12-17", "-"),
    ("before 2020", "-", "2020-01-01"),
    ("before May?", "-", "2023-05-01"),
    ("before the end of 2022", "-", "2022-09-01"),
    ("after 8 May 2023", "2023-05-09", "-"),
    ("by 7 November, 2022", "-", "2022-11-08"),
    ("until Christmas 2022", "-", "2022-12-27"),
]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [*DAYS_AND_PARTS, *DATES, *WIDER, *COUNTED, *OPEN_AND_RANGES],
    ids=lambda value: value,
)
def test_a_phrase_becomes_its_stretch(text: str, start: str, end: str) -> None:
    assert found(text) == [stretch(start, end)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is the name of my dog?",
        "May I ask you something?",
        "You may 5 times ask me",
        "this may be wrong",
        "May said she likes tea",
        "I got a letter from May",
        "a song by June",
        "in April's kitchen",
        "Since May is my sister, I visit",
        "Soldiers march on",
        "the march was long",
        "we march 3 miles",
        "on second thoughts, give me a second",
        "the 2nd option and the 1st prize",
        "on the 2nd floor",
        "The sun is out, and the sun also rises",
        "he sat down, we wed, it is sad",
        "I now know",
        "I am 30 and weigh 80",
        "I have 2023 followers",
        "it cost $2022 or 2000 points in 2000 steps",
        "version 3.11, 3.14 and 2.0.2023.1",
        "call 555-05-0823 or +1 555 2023 or 0170 2019-2020-21",
        "an august body",
        "spring forward, a fall, the fall hurt",
        "I wanted it for a summer job",
        "we were down 10 in the 4th and I scored",
        "I'm inspired by autumn",
        "every Friday, each summer",
        "most weekends and Sundays",
        "Black Friday",
        "for two weeks",
        "I lost five kilos in two weeks, did I?",
        "half a year ago",
        "on 30 February 2023",
        "2023-13-45",
        "on 31/31/2023",
        "the last time, the next one, this is it",
        "the last day of school",
        "the Christmas tree",
        "a week",
        "I go back home",
    ],
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert found(text) == []


def test_several_times_come_in_the_order_of_the_words() -> None:
    spans = spans_in("We met in 2022, then in March and April, and yesterday.", NOW)
    assert [span.phrase for span in spans] == ["in 2022", "in March", "April", "yesterday"]
    assert (spans[2].start, spans[2].end) == stretch("2023-04-01", "2023-05-01")


@pytest.mark.parametrize(
    ("now", "text", "start", "end"),
    [
        ("2024-01-01T00:00", "yesterday", "2023-12-31", "2024-01-01"),
        ("2024-01-01T00:00", "last week", "2023-12-25", "2024-01-01"),
        ("2024-01-01T00:00", "last month", "2023-12-01", "2024-01-01"),
        ("2023-12-31T23:59", "tomorrow", "2024-01-01", "2024-01-02"),
        ("2023-12-31T23:59", "next year", "2024-01-01", "2025-01-01"),
        ("2023-12-31T12:00", "next month", "2024-01-01", "2024-02-01"),
        ("2024-01-10T12:00", "last winter", "2022-12-01", "2023-03-01"),
        ("2024-01-10T12:00", "this winter", "2023-12-01", "2024-03-01"),
        ("2024-02-29T12:00", "last year", "2023-01-01", "2024-01-01"),
        ("2024-02-29T12:00", "a year ago", "2022-08-30", "2023-08-30"),
        ("2024-03-01T12:00", "yesterday", "2024-02-29", "2024-03-01"),
        ("2024-03-31T12:00", "last month", "2024-02-01", "2024-03-01"),
        ("2024-03-31T12:00", "in February", "2024-02-01", "2024-03-01"),
        ("2023-11-15T12:00", "on 29 February", "2020-02-29", "2020-03-01"),
        ("1907-01-01T12:00", "on 29 February", "1904-02-29", "1904-03-01"),
        ("1903-01-01T12:00", "on 29 February", "1896-02-29", "1896-03-01"),
        ("2023-11-18T12:00", "last weekend", "2023-11-11", "2023-11-13"),
        ("2023-11-19T12:00", "the weekend", "2023-11-18", "2023-11-20"),
        ("2023-07-10T12:00", "last summer", "2022-06-01", "2022-09-01"),
        ("2023-07-10T12:00", "this summer", "2023-06-01", "2023-09-01"),
        ("2023-03-31T12:00", "on the 30th", "2023-03-30", "2023-03-31"),
        ("2023-03-15T12:00", "on the 30th", "2023-01-30", "2023-01-31"),
        ("9999-12-31T12:00", "yesterday", "9999-12-30", "9999-12-31"),
    ],
)
def test_ends_of_years_and_leap_days(now: str, text: str, start: str, end: str) -> None:
    assert found(text, datetime.fromisoformat(now).replace(tzinfo=UTC)) == [stretch(start, end)]


@pytest.mark.parametrize(
    ("now", "text", "start", "end"),
    [
        # Clocks went forward on 12 March 2023 and back on 5 November 2023: days of 23 and 25 hours.
        ("2023-03-13T09:00", "yesterday", "2023-03-12T05:00", "2023-03-13T04:00"),
        ("2023-11-06T09:00", "yesterday", "2023-11-05T04:00", "2023-11-06T05:00"),
        ("2023-11-06T09:00", "in October", "2023-10-01T04:00", "2023-11-01T04:00"),
        ("2023-03-12T04:00", "two hours ago", "2023-03-12T05:30", "2023-03-12T06:30"),
        # Late in the evening in New York it is the next day in UTC.
        ("2023-11-14T22:00", "today", "2023-11-14T05:00", "2023-11-15T05:00"),
    ],
)
def test_days_are_those_of_the_speaker(now: str, text: str, start: str, end: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("America/New_York"))
    assert found(text, moment) == [stretch(start, end)]


def test_an_hour_that_came_twice_is_told_apart() -> None:
    zone = ZoneInfo("America/New_York")
    first, second = (datetime(2023, 11, 5, 1, 50, tzinfo=zone, fold=fold) for fold in (0, 1))
    (early,), (late,) = found("10 minutes ago", first), found("10 minutes ago", second)
    assert late[0] - early[0] == late[1] - early[1] == timedelta(hours=1)


@pytest.mark.parametrize("now", [BEGINNING, END])
@pytest.mark.parametrize(
    "text", ["yesterday", "tomorrow", "999 decades ago", "next year", "last week", "on Friday", "at Easter"]
)
def test_before_and_after_all_calendars_there_is_nothing(text: str, now: datetime) -> None:
    assert all(BEGINNING <= start < end <= END for start, end in found(text, now))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        spans_in("yesterday", datetime(2023, 11, 15))  # noqa: DTZ001


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert found("x" * (MAX_CHARS - 5) + " yesterday") == []
    assert len(found("x " * 500 + "yesterday")) == 1
    assert len(found("8 May 2023. " * 1_000)) == 32


@modest
@given(ANYTHING | TIMELY, MOMENTS)
def test_no_text_raises_and_spans_are_in_order(text: str, now: datetime) -> None:
    spans = spans_in(text, now)
    assert spans == spans_in(text, now)
    at = 0
    for span in spans:
        assert span.start < span.end
        assert span.start.tzinfo is UTC and span.end.tzinfo is UTC
        at = text.index(span.phrase, at) + len(span.phrase)
    assert not spans or has_time_word(text)
    asks_when(text)
    anchor = anchor_of(text)
    assert anchor is None or (
        anchor[0] in {"before", "after", "since", "during"} and anchor[1] and anchor[1] in text
    )


@modest
@given(
    st.integers(1, 300),
    st.sampled_from(["day", "week", "month", "year"]),
    MOMENTS.filter(lambda now: 1500 < now.year < 9000),
)
def test_so_many_units_ago_holds_that_moment(count: int, unit: str, now: datetime) -> None:
    days = {"day": 1, "week": 7, "month": 30.436875, "year": 365.2425}[unit]
    (start, end), (slack) = *found(f"{count} {unit}s ago", now), timedelta(days=5)  # of 300 months
    middle = start + (end - start) / 2
    assert abs(middle - (now - timedelta(days=days * count))) < slack


@modest
@given(MOMENTS.filter(lambda now: 2 < now.year < 9990), st.sampled_from(["Monday", "Thursday", "Sunday"]))
def test_last_and_next_weekday_surround_the_moment(now: datetime, name: str) -> None:
    (last,), (following,) = found(f"last {name}", now), found(f"next {name}", now)
    assert last[1] <= now < following[0]
    assert timedelta(days=5, hours=22) <= following[0] - last[1] <= timedelta(days=13, hours=2)


def test_a_zone_with_a_fixed_offset_will_do() -> None:
    now = datetime(2023, 11, 15, 1, tzinfo=timezone(timedelta(hours=9)))
    assert found("today", now) == [stretch("2023-11-14T15:00", "2023-11-15T15:00")]

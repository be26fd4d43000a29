"""When a fact began to hold, and which of two moves is the later one, whichever is told first."""

from datetime import UTC, datetime, timedelta

import pytest

from memory.lifecycle.language.beginnings import is_dated, latest_beginning, named_beginning
from memory.lifecycle.learning.build import semantic
from memory.lifecycle.learning.conflicts import HAPPENED_LATER, LATER, gives_way
from memory.lifecycle.learning.reconcile import Candidate, Reconciled, reconciled
from memory.lifecycle.turns.evidence import Said
from memory.schema import Memory, Status
from tests.unit.memory_parts import NOON, THREAD, fact


def stated(
    statement: str, *, at: datetime = NOON, number: int = 1, quote: str = "", since: str = ""
) -> Memory:
    message = Said(f"m{number}", "user", quote or statement, at, None)
    found = fact(statement, quote or statement, message.id).model_copy(update={"since": since})
    return semantic(THREAD, message, found, run_id=None, turn=f"{THREAD}:{message.id}", now=at)


def learn(new: Memory, known: Memory) -> Reconciled:
    return reconciled([Candidate(new)], [known])


@pytest.mark.parametrize(
    ("statement", "quote", "began"),
    [
        ("The user moved to Lyon in May 2021.", "", (2021, 5, 1)),
        ("The user moved to Lisbon in March.", "", (2026, 3, 1)),
        ("The user lives in Lisbon.", "I moved to Lisbon last month", (2026, 4, 1)),
        ("The user has lived in Porto since 2019.", "", (2019, 1, 1)),
        ("The user no longer works at Acme.", "I left Acme on 2 May 2026", (2026, 5, 2)),
        ("The user started at Bosch in 2020.", "", (2020, 1, 1)),
    ],
)
def test_the_words_say_since_when(statement: str, quote: str, began: tuple[int, int, int]) -> None:
    memory = stated(statement, quote=quote)
    assert memory.validity.valid_from == datetime(*began, tzinfo=UTC)
    assert is_dated(memory)


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("The user lives in Porto.", ""),
        ("The user lives in Porto.", "I live in Porto, and in March I run"),
        ("The user moved to Porto two years ago.", ""),
        ("The user moved to Porto a few months ago.", ""),
        ("The user will have moved to Porto in 2031.", ""),
        ("The user lives in Porto.", "I moved to Porto in 2019 after I left Rome in 2018"),
        ("The user started a pottery course in March 2026.", ""),
    ],
)
def test_where_no_words_say_it_the_day_of_telling_is_no_beginning(statement: str, quote: str) -> None:
    memory = stated(statement, quote=quote)
    assert memory.validity.valid_from == NOON
    assert not is_dated(memory)


def test_what_the_extractor_says_comes_first() -> None:
    told = stated("The user moved to Lyon in May 2021.", since="2021-05-17")
    assert told.validity.valid_from == datetime(2021, 5, 17, tzinfo=UTC)
    assert latest_beginning(told) == datetime(2021, 6, 1, tzinfo=UTC)
    assert named_beginning("The user is vegan since 2019.", "", NOON) is None


LYON = stated("The user moved to Lyon in May 2021.")
OSLO = stated("The user moved to Oslo in 2024.", at=NOON + timedelta(days=2), number=2)


def test_of_two_dated_moves_the_later_one_holds_from_its_date() -> None:
    result = learn(OSLO, LYON)
    [past] = result.changed.values()
    assert past.status is Status.SUPERSEDED
    assert past.validity.valid_to == datetime(2024, 1, 1, tzinfo=UTC)
    assert result.new[OSLO.id].supersedes == LYON.id


@pytest.mark.parametrize("told", [NOON, NOON + timedelta(days=9)])
def test_a_move_that_came_earlier_is_history_whenever_it_is_told(told: datetime) -> None:
    late = stated("The user moved to Lyon in May 2021.", at=told, number=3)
    result = learn(late, OSLO)
    [history] = result.new.values()
    assert (history.status, history.reason) == (Status.SUPERSEDED, HAPPENED_LATER)
    assert history.validity.valid_to == datetime(2024, 1, 1, tzinfo=UTC)
    assert result.changed[OSLO.id].supersedes == late.id
    assert result.changed[OSLO.id].status is Status.ACTIVE


def test_a_later_move_holds_though_it_was_told_earlier() -> None:
    told_before = stated("The user moved to Oslo in 2024.", at=NOON - timedelta(days=400))
    assert gives_way(told_before, LYON) == ""
    assert gives_way(stated("The user moved to Oslo.", at=NOON - timedelta(days=1)), LYON) == LATER


def test_a_move_in_the_month_in_which_the_old_home_was_told_is_a_move_from_it() -> None:
    home = stated("The user lives in Porto.", at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    moved = stated("The user moved to Lisbon in March.", number=2)
    assert gives_way(moved, home) == ""
    long_ago = stated("The user moved to Lisbon in 2015.", number=2)
    assert gives_way(long_ago, home) == HAPPENED_LATER


def test_a_home_that_was_just_left_was_told_of_as_the_home() -> None:
    """Who said "I live in Madrid" and then "we moved to Sevilla last month" was told that they live in Madrid."""
    home = stated("The user lives in Madrid.", at=NOON)
    assert gives_way(stated("The user moved to Sevilla in April 2026.", number=2), home) == ""
    assert gives_way(stated("The user moved to Sevilla in June 2025.", number=2), home) == HAPPENED_LATER


HOME = stated("The user lives in Lyon.", number=7)
LATER_ON = NOON + timedelta(minutes=1)


def test_a_move_told_after_an_undated_home_in_one_conversation_takes_its_place() -> None:
    """Who says "I live in Lyon" and then "I moved to Oslo in May 2025" was told that they live in Lyon."""
    moved = stated("The user moved to Oslo in May 2025.", at=LATER_ON, number=8)
    assert gives_way(moved, HOME) == ""
    assert gives_way(HOME, moved) == LATER
    result = learn(moved, HOME)
    assert result.new[moved.id].status is Status.ACTIVE
    assert result.changed[HOME.id].status is Status.SUPERSEDED


@pytest.mark.parametrize(
    "quote",
    [
        "Back then I moved to Oslo in May 2010",
        "Back in May 2010 I moved to Oslo",
        "I had moved to Oslo in May 2010",
        "When I was a student I moved to Oslo in May 2010",
        "I moved to Oslo in May 2010 for two years",
        "I moved to Oslo in May 2010 before I came here",
        "Before that, I moved to Oslo in May 2010",
        "As a young student I moved to Oslo in May 2010",
        "I moved to Oslo in May 2010, then to Paris in 2015",
        "I moved to Oslo in May 2010 to study",
        "In my twenties I moved to Oslo in May 2010",
    ],
)
def test_a_move_that_is_told_as_long_past_leaves_the_home_alone(quote: str) -> None:
    moved = stated("The user moved to Oslo in May 2010.", quote=quote, at=LATER_ON, number=8)
    assert gives_way(moved, HOME) == HAPPENED_LATER


@pytest.mark.parametrize(
    "quote",
    [
        "I moved to Oslo in May 2025, before that I lived in Lyon",
        "Until then I lived in Lyon, I moved to Oslo in May 2025",
        "I moved to Oslo on the first of May 2025",
        "I moved back to Oslo in May 2025",
        "I moved to Oslo in May 2025 and have been there for a while",
    ],
)
def test_what_was_before_the_move_is_no_sign_that_the_move_is_past(quote: str) -> None:
    moved = stated("The user moved to Oslo in May 2025.", quote=quote, at=LATER_ON, number=8)
    assert gives_way(moved, HOME) == ""


def test_in_one_breath_or_days_later_in_another_conversation_both_may_be_true() -> None:
    moved = stated("The user moved to Oslo in May 2025.", number=7)
    assert gives_way(moved, HOME) == HAPPENED_LATER
    next_week = stated("The user moved to Oslo in May 2025.", at=NOON + timedelta(days=7), number=8)
    assert gives_way(next_week, HOME) == HAPPENED_LATER
    elsewhere = stated("The user moved to Oslo in May 2025.", at=LATER_ON, number=8)
    came = elsewhere.provenance.model_copy(update={"thread_id": "another"})
    assert gives_way(elsewhere.model_copy(update={"provenance": came}), HOME) == HAPPENED_LATER


@pytest.mark.parametrize(
    ("statement", "ended"),
    [
        ("The user lived in Lyon until May 2024.", (2024, 5, 1)),
        ("The user worked at Siemens till 2020.", (2020, 1, 1)),
        ("The user used to live in Lyon until 3 May 2024.", (2024, 5, 3)),
        ("The user lived in Lyon from March 2010 until May 2015.", (2015, 5, 1)),
        # It was September.
        ("The user lived in Berlin until the end of 2020.", (2020, 12, 1)),
        ("The user lived in Berlin until the end of May 2020.", (2020, 5, 31)),
        ("The user lived in Berlin until the beginning of 2021.", (2021, 1, 1)),
    ],
)
def test_what_is_told_as_over_says_until_when(statement: str, ended: tuple[int, int, int]) -> None:
    """Of "I lived in Lyon until May 2024" the date was lost."""
    validity = stated(statement).validity
    assert validity.valid_to == datetime(*ended, tzinfo=UTC)
    assert validity.valid_from <= validity.valid_to


@pytest.mark.parametrize(
    "statement",
    [
        "The user lives in Lyon until May 2027.",
        "The user lived in Lyon until May 2031.",
        "The user lived in Lyon until they moved.",
        "The user waited until May 2024.",
        "The user lived in Lyon.",
        "The user lived in Berlin until early 2021.",
        "The user worked at Siemens until mid 2019.",
        "The user lived in Berlin until the summer of 2020.",
    ],
)
def test_where_nothing_is_over_or_no_one_month_is_named_no_end_is_made_up(statement: str) -> None:
    assert stated(statement).validity.valid_to is None


def test_who_moved_at_the_end_of_a_year_moved_in_december() -> None:
    moved = stated("The user moved to Oslo at the end of 2020.")
    assert moved.validity.valid_from == datetime(2020, 12, 1, tzinfo=UTC)


def test_the_end_of_a_home_ends_it_and_that_of_another_one_does_not() -> None:
    ended = stated("The user lived in Lyon until May 2024.", at=LATER_ON, number=9)
    assert learn(ended, HOME).changed[HOME.id].status is Status.SUPERSEDED
    oslo = stated("The user lives in Oslo.", number=7)
    assert not learn(ended, oslo).changed

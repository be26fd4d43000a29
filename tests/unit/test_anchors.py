"""A time given by an event: which memory tells of it, and which stretch of time is meant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.lifecycle.language.anchors import NEAR, anchor_in, span_of
from memory.lifecycle.learning.build import episodes, semantic
from memory.lifecycle.turns.evidence import Said
from memory.long_term.language.times import BEGINNING, END, Relation
from memory.schema import Memory
from tests.unit.memory_parts import LATER, NOON, THREAD, fact, said, turn

MOVED: tuple[Relation, str] = ("before", "we moved")
QUESTION = "Where did I eat before we moved?"


def told(text: str, role: str = "user", name: str | None = None, at: datetime = NOON) -> Memory:
    first = Said("m1", "user", "Hello.", at)
    message = Said("m2", role, text, at, name)  # type: ignore[arg-type]
    return episodes(turn(message) if role == "user" else turn(first, message), "", LATER)[-1]


def day(number: int, month: int = 4) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("before", (BEGINNING, day(25))),
        ("after", (day(26), END)),
        ("since", (day(25), END)),
        ("during", (day(25), day(26))),
    ],
)
def test_the_time_that_the_memory_names_gives_the_span(
    relation: Relation, expected: tuple[datetime, datetime]
) -> None:
    span = span_of(QUESTION, (relation, "we moved"), [(told("We moved to Lisbon on 25 April 2026!"), 0.7)])
    assert span is not None
    assert (span.start, span.end) == expected


def test_an_event_without_a_time_of_its_own_was_when_it_was_told() -> None:
    found = [(told("We moved to Lisbon!"), 0.7)]
    before, after = (span_of(QUESTION, (relation, "we moved"), found) for relation in ("before", "after"))
    assert before is not None and after is not None
    assert (before.end, after.start) == (NOON, NOON)


def test_a_fact_takes_the_date_from_the_message_that_it_was_noted_from() -> None:
    message = said("We moved to Lisbon last Saturday.", 2)
    noted = fact("The user moved to Lisbon.", message.text, message.id)
    words = episodes(turn(message), "", LATER)[0]
    note = semantic(THREAD, message, noted, run_id=None, turn=words.turn, now=LATER)
    span = span_of(QUESTION, MOVED, [(note, 0.7), (words, 0.6)])
    assert span is not None
    assert span.end == day(2, 5)


def test_the_time_is_that_of_the_sentence_which_tells_the_event() -> None:
    text = "I saw my aunt on 3 January 2026. We moved to Lisbon on 25 April 2026. The party is on 9 May 2026."
    span = span_of(QUESTION, MOVED, [(told(text), 0.7)])
    assert span is not None
    assert span.end == day(25)


@pytest.mark.parametrize(
    "memory",
    [
        told("We painted the kitchen on 25 April 2026."),
        told("Have you moved?"),
        told("So you moved to Lisbon on 25 April 2026.", "assistant"),
    ],
    ids=["another event", "a question", "the agent's words"],
)
def test_what_does_not_tell_of_the_event_gives_no_time(memory: Memory) -> None:
    assert span_of(QUESTION, MOVED, [(memory, 0.9)]) is None


def test_the_same_words_about_something_else_give_no_time() -> None:
    memory = told("The film moved me to tears on 25 April 2026.")
    assert span_of(QUESTION, MOVED, [(memory, NEAR - 0.01)]) is None
    assert span_of(QUESTION, MOVED, []) is None


def test_of_two_people_the_one_who_is_named_has_told_it() -> None:
    found = [
        (told("We moved on 3 January 2026.", name="Bob"), 0.8),
        (told("We moved on 25 April 2026.", name="Ana"), 0.7),
    ]
    span = span_of("Where did Ana eat before she moved?", ("before", "she moved"), found)
    assert span is not None
    assert span.end == day(25)


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        ("Where did I eat before we moved?", True),
        ("Can you tell me where I ate before we moved?", True),
        ("Where did I eat in March 2026, before we moved?", False),
        ("What do I want to do after my exams?", False),
        ("Where will we live after the wedding?", False),
        ("Where do I live?", False),
    ],
)
def test_a_date_and_what_lies_ahead_need_no_event(question: str, is_one: bool) -> None:
    assert (anchor_in(question, NOON) is not None) is is_one


@settings(max_examples=60)
@given(
    st.sampled_from(["before", "after", "since", "during"]),
    st.sampled_from(["We moved", "We moved in 2020", "We moved before 1950", "We moved on 31 December 9999"]),
    st.datetimes(timezones=st.just(UTC) | st.none()),
)
def test_a_span_is_never_empty_whenever_it_was_told(relation: Relation, text: str, at: datetime) -> None:
    memory = told(text)
    came = memory.provenance.model_copy(update={"said_at": at})
    span = span_of(QUESTION, (relation, "we moved"), [(memory.model_copy(update={"provenance": came}), 0.7)])
    assert span is None or timedelta(0) < span.end - span.start

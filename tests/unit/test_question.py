"""What a query asks: names, voices, words, times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.long_term.ranking.question import (
    MAX_QUERY_CHARS,
    MAX_WORDS,
    in_own_voice,
    in_third_person,
    read_question,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ODD = [
    "A.*",
    "(",
    "[a",
    "a+b",
    "\\",
    "C++",
    "$",
    "^",
    "J\u00f6rg",
    "\u4e2d\u6587",
    "O'Neil",
    "Dr. Who",
    "{2}",
    "|",
]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("What is Ann's job?", ["Ann"]),
        ("What does Annabel do?", []),
        ("Did Joanna and Ann meet?", ["Ann", "Joanna"]),
        ("ann?", []),
        ("Anything planned?", []),
    ],
)
def test_a_name_is_a_whole_word(query: str, names: list[str]) -> None:
    assert list(read_question(query, ["Ann", "Joanna", "Bob"], NOON).names) == names


@pytest.mark.parametrize("name", ODD)
def test_a_name_of_any_characters_is_only_itself(name: str) -> None:
    assert list(read_question("What happened in Porto?", [name], NOON).names) == []
    question = read_question(f"x{name}y", [name], NOON)
    assert question.said is not None
    in_own_voice(f"What did {name} say about {name}'s cat?", [name])


def test_a_question_about_somebody_in_their_own_voice() -> None:
    assert in_own_voice("What is Ann's job?", ["Ann"]) == "What is my job?"
    assert in_own_voice("Where did Ann leave her keys?", ["Ann"]) == "Where did I leave my keys?"
    assert in_own_voice("Where did she go?", []) == "Where did she go?"


def test_a_question_about_oneself_as_facts_are_noted() -> None:
    assert in_third_person("Where do I live?") == "Where do the user live?"
    assert in_third_person("What is my sister's name?") == "What is the user's sister's name?"
    assert in_third_person("Is it mild in the mine?") == "Is it mild in the the user's?"
    assert in_third_person("family image") == "family image"


def test_what_else_is_read() -> None:
    asked = read_question("When did you tell me about the trip on 2 March 2026?", [], NOON)
    assert asked.asks_when
    assert asked.of_the_agent
    assert [span.start.date().isoformat() for span in asked.spans] == ["2026-03-02"]
    plain = read_question("green tea", [], NOON)
    assert not (plain.asks_when or plain.of_the_agent or plain.spans)


def test_words_are_each_there_once_in_order_and_bounded() -> None:
    assert list(read_question("the cat and the dog and the cat", [], NOON).words) == ["cat", "dog"]
    many = read_question(" ".join(f"word{n}" for n in range(100)), [], NOON)
    assert len(many.words) == MAX_WORDS
    assert len(read_question("x" * 1_000_000, [], NOON).text) == MAX_QUERY_CHARS


texts = st.text(st.characters(codec=None), max_size=120)
speakers = st.lists(
    st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), max_size=6
)


@settings(max_examples=60)
@given(texts, speakers, st.datetimes(timezones=st.just(UTC)))
def test_no_text_and_no_name_is_too_odd(text: str, names: list[str], now: datetime) -> None:
    asked = read_question(text, names, now)
    assert set(asked.names) <= set(names)
    assert asked == read_question(text, names[::-1], now)
    read_question(" ".join([text, *names]), names, now)

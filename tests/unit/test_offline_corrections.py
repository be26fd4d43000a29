"""A correction of one word: what it makes of what was said before, and the many words that correct nothing."""

import pytest

from agents.offline.corrections import corrected, fitting, sought
from agents.offline.extractor import extract, message_facts
from agents.offline.prompt import Recalled

HOME = "The user lives in Porto."


@pytest.mark.parametrize(
    ("said", "before", "now"),
    [
        ("No, Lisbon", HOME, "The user lives in Lisbon."),
        ("No, it's Lisbon now.", HOME, "The user lives in Lisbon."),
        ("Sorry, I meant Lisbon!", HOME, "The user lives in Lisbon."),
        ("No, Vila Real", HOME, "The user lives in Vila Real."),
        ("No, Mimi.", "The user's cat is called Zorba.", "The user's cat is called Mimi."),
        ("No, it's green.", "The user's favourite colour is blue.", "The user's favourite colour is green."),
        ("No, it's 34", "The user is 33 years old.", "The user is 34."),
    ],
)
def test_one_word_corrects_what_was_just_said(said: str, before: str, now: str) -> None:
    assert corrected(said, before) == now


@pytest.mark.parametrize(
    "said",
    [
        "No",
        "No, thanks.",
        "No, Thanks",
        "Lisbon",
        "Lisbon?",
        "No, Lisbon?",
        "OK now",
        "No, Monday",
        "Lisbon now",
        "No, not now",
        "No, I do not",
        "",
    ],
)
def test_other_words_correct_nothing(said: str) -> None:
    assert corrected(said, HOME) == ""
    assert corrected("No, Lisbon", "The user likes tea.") == ""


def test_the_fact_rests_on_the_correction() -> None:
    [fact] = extract(
        {"messages": [{"id": "m", "role": "user", "text": "No, Lisbon"}], "before": "I live in Porto."}
    ).facts
    assert (fact.statement, fact.quote, fact.message_id) == ("The user lives in Lisbon.", "No, Lisbon", "m")


@pytest.mark.parametrize(
    "before", ["", "Where do I live?", "I live in Porto. I work at Acme.", "I like tea."]
)
def test_where_nothing_or_several_things_were_said_before_there_is_nothing_to_correct(before: str) -> None:
    assert list(message_facts({"id": "m", "text": "No, Lisbon"}, before=before)) == []


KNOWN = [
    "The user lives in Porto.",
    "The user works at Acme.",
    "The user is 33 years old.",
    "The user's favourite colour is blue.",
    "The user is married.",
    "The user's sister lives in Rome.",
    "The user has a dog called Rex.",
]


@pytest.mark.parametrize(
    ("value", "statements"),
    [
        ("Lisbon", KNOWN[:1]),
        ("Lisbon, Portugal", KNOWN[:1]),
        ("34", KNOWN[2:3]),
        ("green", KNOWN[3:4]),
        ("divorced", KNOWN[4:5]),
        ("Bosch", KNOWN[:2]),
        ("fine", []),
        ("nice", []),
    ],
)
def test_a_value_fits_what_takes_such_a_value(value: str, statements: list[str]) -> None:
    facts = [Recalled(id=text, kind="semantic", text=text) for text in KNOWN]
    assert [item.text for item in fitting(value, facts)] == statements
    assert bool(sought(value)) == (len(statements) == 1)

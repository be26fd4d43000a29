"""Whom a bare name means: a person or an animal of the user's that is known by it, and nobody else."""

import pytest

from agents.offline.antecedents import and_she
from agents.offline.beings import known_beings, with_being
from agents.offline.extractor import extract

CATS = "The user has two cats, Zorba and Miso."


@pytest.mark.parametrize(
    ("statement", "known"),
    [
        (CATS, {"Zorba": "cat", "Miso": "cat"}),
        ("The user's dog is called Rex.", {"Rex": "dog"}),
        ("The user's wife's name is Clara.", {"Clara": "wife"}),
        ("The user's sister Ines is a nurse.", {"Ines": "sister"}),
        ("The user has a parrot named Coco.", {"Coco": "parrot"}),
        ("The user lives in Lyon.", {}),
        ("Ana's dog is called Rex.", {}),
    ],
)
def test_who_is_known_by_name(statement: str, known: dict[str, str]) -> None:
    assert known_beings([statement]) == known


def test_a_name_that_two_bear_means_neither() -> None:
    assert known_beings(["The user's dog is called Max.", "The user's son is called Max."]) == {}


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("Zorba died.", "my cat Zorba died."),
        ("Sadly, Zorba has died.", "my cat Zorba has died."),
        ("Zorba's ill.", "my cat Zorba is ill."),
        ("One of my two cats, Zorba, died.", "my cat Zorba died."),
        ("One of my puppies, Bo, died.", "my puppy Bo died."),
        ("Luna died.", "Luna died."),
        ("One of my cats died.", "One of my cats died."),
        ("I saw Zorba die.", "I saw Zorba die."),
    ],
)
def test_the_name_stands_for_the_one_who_bears_it(body: str, meant: str) -> None:
    assert with_being(body, known_beings([CATS])) == meant


@pytest.mark.parametrize("said", ["Zorba died.", "One of my two cats, Zorba, died."])
def test_the_death_of_one_of_two_is_a_fact_of_that_one(said: str) -> None:
    related = [{"id": "1", "kind": "semantic", "statement": CATS}]
    [fact] = extract({"messages": [{"id": "m", "role": "user", "text": said}], "related": related}).facts
    assert (fact.statement, fact.quote) == ("The user's cat Zorba died.", said)


def test_a_name_that_nobody_of_the_users_bears_teaches_nothing() -> None:
    assert extract({"messages": [{"id": "m", "role": "user", "text": "Zorba died."}]}).facts == []


def test_a_sentence_goes_on_about_the_one_whom_it_began_with() -> None:
    """Of "My wife's name is Clara and she works at a hospital" only the name was read."""
    said = "My wife's name is Clara and she works at a hospital."
    found = extract({"messages": [{"id": "m", "role": "user", "text": said}]}).facts
    assert [fact.statement for fact in found] == [
        "The user's wife's name is Clara.",
        "The user's wife Clara works at a hospital.",
    ]


@pytest.mark.parametrize("said", ["I met Ana and she is tall.", "My brother called and she works at a bank."])
def test_where_nobody_was_named_for_her_the_sentence_stays_whole(said: str) -> None:
    assert and_she(said) == [said]


def test_that_one_of_several_died_is_kept_and_ends_nothing() -> None:
    said = {"id": "m", "role": "user", "text": "One of my cats died."}
    known = [{"id": "k", "kind": "semantic", "statement": "The user has two cats, Zorba and Felix."}]
    [fact] = extract({"messages": [said], "related": known}).facts
    assert (fact.statement, fact.change) == ("One of the user's cats died.", "new")

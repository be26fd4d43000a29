"""Whom "she" means: the one who was just spoken of, and nobody where it might be another."""

import pytest

from agents.offline.antecedents import with_antecedent
from agents.offline.extractor import extract, message_facts


@pytest.mark.parametrize(
    ("before", "body", "meant"),
    [
        ("My sister Ines is a nurse.", "She lives in Lyon.", "my sister Ines lives in Lyon."),
        ("My sister is called Ines.", "She lives in Lyon.", "my sister Ines lives in Lyon."),
        ("My sister lives in Rome.", "And she works as a nurse.", "my sister works as a nurse."),
        ("I have a dog called Rex.", "He's five.", "my dog Rex is five."),
        ("My son is here.", "He's moved to Rome.", "my son has moved to Rome."),
        ("My brother called.", "He's a baker.", "my brother is a baker."),
        ("I have a dog, Rex.", "Rex died.", "my dog Rex died."),
        ("My son Tom is 5.", "Tom is 6 now.", "my son Tom is 6 now."),
        (
            "I have a daughter called Mia. She's 7.",
            "She plays the piano.",
            "my daughter Mia plays the piano.",
        ),
        ("My wife is here.", "Her name is Ana.", "my wife's name is Ana."),
    ],
)
def test_the_one_just_spoken_of_is_meant(before: str, body: str, meant: str) -> None:
    assert with_antecedent(body, before) == meant


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("", "She lives in Lyon."),
        ("My sister and my mother came.", "She lives in Lyon."),
        ("My sister works with Ana.", "She lives in Lyon."),
        ("My brother is a nurse.", "She lives in Lyon."),
        ("My sister is a nurse.", "He lives in Lyon."),
        ("Is my sister a nurse?", "She lives in Lyon."),
        ("My sisters are nurses.", "She lives in Lyon."),
        ("My sister's friend is a nurse.", "She lives in Lyon."),
        ("My sister is a nurse.", "They live in Lyon."),
        ("My friend called. Ana lives in Rome.", "She is tall."),
        ("My friend called. It rains.", "She is tall."),
        ("My friend is tall.", "She is my friend."),
        ("My sister is a nurse.", "Sheffield is a city."),
        ("My sister Ines is a nurse.", "Ana is a nurse."),
    ],
)
def test_where_it_may_be_another_nobody_is_meant(before: str, body: str) -> None:
    assert with_antecedent(body, before) == body


def test_the_fact_rests_on_the_words_that_were_said() -> None:
    [fact] = message_facts({"id": "m", "text": "She lives in Lyon now."}, before="My sister Ines is a nurse.")
    assert (fact.statement, fact.quote) == ("The user's sister Ines lives in Lyon.", "She lives in Lyon now.")


def test_a_document_tells_what_was_said_before() -> None:
    said = [{"id": "m", "role": "user", "text": "She lives in Lyon now."}]
    assert extract({"messages": said}).facts == []
    [fact] = extract({"messages": said, "before": "My sister Ines is a nurse."}).facts
    assert fact.statement == "The user's sister Ines lives in Lyon."


def test_what_is_said_before_is_no_fact_of_this_turn() -> None:
    said = [{"id": "m", "role": "user", "text": "And you?"}]
    assert extract({"messages": said, "before": "My sister Ines is a nurse."}).facts == []


@pytest.mark.parametrize(
    ("said", "statements"),
    [
        ("My name is not Ana, it's Anna.", ["The user's name is Anna."]),
        (
            "My boss isn't Karen anymore, it's Dave.",
            ["The user's boss is not Karen anymore.", "The user's boss is Dave."],
        ),
        ("I have a dog, Rex.", ["The user has a dog called Rex."]),
        ("I have a dog, really.", ["The user has a dog."]),
        ("I moved here from Bilbao in 2019.", ["The user moved from Bilbao in 2019."]),
        ("My cat Zorba died.", ["The user's cat Zorba died."]),
        ("I quit Siemens and started at Bosch.", ["The user quit Siemens.", "The user started at Bosch."]),
        ("I left early.", []),
        ("I was a nurse before I became a teacher.", ["The user was a nurse before they became a teacher."]),
    ],
)
def test_plain_sentences_that_were_missed(said: str, statements: list[str]) -> None:
    assert [fact.statement for fact in message_facts({"id": "m", "text": said})] == statements

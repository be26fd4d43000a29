"""What the offline model says of the past: the tense, the time, and nothing that is only so now."""

from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from agents.offline.answers import answer
from agents.offline.past import to_past, told_as_past, when
from agents.offline.planning import Plan
from agents.offline.prompt import Recalled, read_prompt
from agents.offline.verbs import past
from agents.prompts import system_message

PORTO = {"text": "The user lives in Porto.", "said_at": "2026-03-02T09:00:00Z"}
LISBON: dict[str, Any] = {
    "text": "The user lives in Lisbon.",
    "said_at": "2026-02-02T09:00:00Z",
    "status": "superseded",
    "valid_from": "2026-02-02T09:00:00Z",
    "valid_to": "2026-03-02T09:00:00Z",
    "as_told": True,
}
LYON = {
    **LISBON,
    "text": "The user moved to Lyon in May 2021.",
    "valid_from": "2021-05-01T00:00:00Z",
    "valid_to": "2024-01-01T00:00:00Z",
    "as_told": False,
}


def asked(question: str, *memories: dict[str, Any]) -> str:
    rows = [{"id": str(n), "kind": "semantic", "status": "active", **row} for n, row in enumerate(memories)]
    system = system_message(None, recalled=rows, session={}, now=datetime(2026, 11, 26, tzinfo=UTC))
    prompt = read_prompt([SystemMessage(system), HumanMessage("Hi."), HumanMessage(question)])
    return answer(prompt, Plan(), frozenset()).split("\n\n(I am")[0]


@pytest.mark.parametrize(
    ("said", "was"),
    [
        ("You live in Porto", "You lived in Porto"),
        ("You work at Acme and live in Porto", "You worked at Acme and lived in Porto"),
        ("You are a baker", "You were a baker"),
        ("You have a dog", "You had a dog"),
        ("You usually drink tea", "You usually drank tea"),
        ("You do not eat meat", "You did not eat meat"),
        ("You plan a trip", "You planned a trip"),
        ("Your favourite colour is blue", "Your favourite colour was blue"),
        ("Your sister lives in Rome", "Your sister lived in Rome"),
        ("You moved to Lyon", "You moved to Lyon"),
        ("You no longer eat meat", "You no longer eat meat"),
        ("Something else", "Something else"),
    ],
)
def test_a_sentence_in_the_past(said: str, was: str) -> None:
    assert to_past(said) == was


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("live", "lived"),
        ("study", "studied"),
        ("play", "played"),
        ("go", "went"),
        ("cook", "cooked"),
        ("stop", "stopped"),
    ],
)
def test_verbs_in_the_past(verb: str, form: str) -> None:
    assert past(verb) == form


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-01T00:00:00Z", "March 2026"),
        ("2024-01-01T00:00:00Z", "2024"),
        ("2026-03-17T00:00:00Z", "17 March 2026"),
        ("2026-03-02T09:00:00Z", "March 2026"),
        ("", ""),
    ],
)
def test_a_time_is_told_as_exactly_as_it_is_known(at: str, told: str) -> None:
    assert when(at) == told


def test_no_day_is_made_up_for_what_ended_on_a_day_that_nobody_named() -> None:
    assert asked("Where did I live before?", PORTO, LISBON) == "You lived in Lisbon before."
    known = Recalled(
        id="1", kind="semantic", text="The user lives in Lisbon.", valid_to="2026-03-01T00:00:00Z"
    )
    assert told_as_past(known) == "You lived in Lisbon until March 2026."


@pytest.mark.parametrize(
    "question", ["Where did I live before?", "Where did I live previously?", "Where did I live before Porto?"]
)
def test_what_is_so_now_is_not_what_was_before(question: str) -> None:
    assert asked(question, PORTO) == "I don't have anything earlier about that in memory."


def test_before_a_place_is_what_was_before_that_one() -> None:
    homes = [
        {"text": "The user moved to Oslo in 2024."},
        LYON,
        {**LISBON, "valid_to": "2021-05-01T00:00:00Z"},
    ]
    assert "Lyon" in asked("Where did I live before Oslo?", *homes)
    before_lyon = asked("Where did I live before Lyon?", *homes)
    assert "Lisbon" in before_lyon
    assert "Lyon" not in before_lyon
    assert (
        asked("Where did I live before Rome?", *homes)
        == "I don't have anything earlier about that in memory."
    )


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("Where did I live in 2022?", "Lyon"),
        ("Where did I live in 2025?", "Oslo"),
        ("Where did I live in 2019?", ""),
    ],
)
def test_a_year_is_answered_by_what_held_in_it(question: str, place: str) -> None:
    told = asked(
        question, {"text": "The user moved to Oslo in 2024.", "valid_from": "2024-01-01T00:00:00Z"}, LYON
    )
    places = [each for each in ("Lyon", "Oslo") if each in told]
    assert places == ([place] if place else [])


def test_what_names_its_years_answers_for_no_other() -> None:
    row = {"text": "The user lived in Rome from 2010 to 2015.", "said_at": "2026-03-02T09:00:00Z"}
    assert asked("Where did I live in 2012?", row) == "You lived in Rome from 2010 to 2015."
    assert asked("Where did I live in 2016?", row) == "I don't have anything about that time in memory."
    assert asked("Where did I live last year?", LYON | {"valid_to": "2026-01-01T00:00:00Z"}).startswith(
        "You moved"
    )


def test_what_was_done_in_a_year_is_told_whenever_it_was_said() -> None:
    row = {"text": "The user visited Rome in 2023.", "said_at": "2026-03-02T09:00:00Z"}
    assert asked("What did I visit in 2023?", row) == "You visited Rome in 2023."


def test_a_living_is_a_job() -> None:
    assert (
        asked("What do I do for a living?", {"text": "The user works as a baker."}) == "You work as a baker."
    )


MARTA = {"text": "Marta lives in Porto."}


def test_what_another_speaker_said_of_themselves_is_no_answer_beside_the_users_own() -> None:
    """An ingested line of Marta's stood beside the user's own home as an answer to "Where do I live?"."""
    own = {"text": "The user lives in Lisbon."}
    assert asked("Where do I live?", MARTA, own) == "You live in Lisbon."
    assert asked("Where does Marta live?", MARTA, own) == "I have this in memory: “Marta lives in Porto.”"

"""What is answered to questions about what is so now, about the agent, and to "remind me"."""

import pytest

from agents.offline.prompt import Recalled
from agents.offline.values import of_the_attribute, supposed
from tests.unit.test_offline_chat_model import ask

UNKNOWN = "I don't have anything about that in memory."


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Do I still live in Lyon?", "The user lives in Lyon."),
        ("Do I work at Siemens now?", "The user works at Siemens."),
        ("Am I still a glazier?", "The user is a glazier."),
        ("Does my sister Ines live in Rome?", "The user's sister Ines lives in Rome."),
        ("Is my sister a nurse?", "The user's sister is a nurse."),
        ("Where do I live?", ""),
        ("Do you know where I live?", ""),
        ("", ""),
    ],
)
def test_what_a_yes_or_no_question_supposes(question: str, statement: str) -> None:
    assert supposed(question) == statement


@pytest.mark.parametrize(
    ("question", "known", "reply"),
    [
        ("Do I still live in Lyon?", "The user lives in Oslo.", "You live in Oslo."),
        ("Do I still live in Lyon?", "The user moved to Oslo in May 2024.", "You moved to Oslo in May 2024."),
        ("Do I still work at Siemens?", "The user quit Siemens.", "You quit Siemens."),
        ("Do I still work at Siemens?", "The user started at Bosch.", "You started at Bosch."),
        ("Do I still work at Siemens?", "The user works at Siemens.", "You work at Siemens."),
        ("Am I still a glazier?", "The user works as a beekeeper.", "You work as a beekeeper."),
        ("Do I still live in Lyon?", "The user's sister lives in Rome.", UNKNOWN),
        ("Am I a vegetarian?", "The user works as a beekeeper.", UNKNOWN),
        ("Am I a glazier?", "The user is a mother.", UNKNOWN),
        ("Do I have a dog?", "The user has a cat.", UNKNOWN),
    ],
)
def test_the_value_that_is_known_answers(question: str, known: str, reply: str) -> None:
    assert ask(question, [known]) == reply


def test_an_event_of_the_past_gives_no_attribute() -> None:
    assert (
        of_the_attribute("Do I live in Lyon?", [Recalled("1", "episodic", "[2026-05-03] User: Oslo.")]) == []
    )


@pytest.mark.parametrize("question", ["Did I stop you?", "Did you ever stop me?", "Have I quit you?"])
def test_what_was_done_to_the_agent_is_none_of_the_users_own_deeds(question: str) -> None:
    """ "Did I stop you?" was answered with "You quit Siemens."."""
    assert ask(question, ["The user quit Siemens.", "The user stopped smoking."]) == UNKNOWN


def test_what_the_user_told_the_agent_is_looked_for_as_before() -> None:
    assert ask("Did I tell you where I live?", ["The user lives in Oslo."]) == "You live in Oslo."


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("Remind me where I live.", "You live in Oslo."),
        ("Remind me what my sister's name is.", "Your sister's name is Anna."),
        ("Can you remind me of my sister's name?", "Your sister's name is Anna."),
        ("Please remind me about my sister.", "Your sister's name is Anna."),
        ("Remind me where I work.", UNKNOWN),
    ],
)
def test_who_wants_to_be_reminded_is_told(said: str, reply: str) -> None:
    """ "Remind" was looked for in memory as if it were a word of what is known."""
    assert ask(said, ["The user lives in Oslo.", "The user's sister's name is Anna."]) == reply


def test_nobody_is_promised_a_reminder() -> None:
    told = ask("Remind me to call my sister on Friday. Where do I live?", ["The user lives in Oslo."])
    assert told.startswith("I cannot remind you later by myself.")
    assert "Add call my sister on Friday to my tasks." in told
    assert told.endswith("You live in Oslo.")

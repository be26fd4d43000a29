"""What the offline model takes from its conversation: what was said in it, unless it has changed since."""

from dataclasses import replace

import pytest

from agents.offline.clauses import brought_up
from agents.offline.extractor import message_facts
from agents.offline.prompt import Recalled
from agents.offline.telling import lines_of
from agents.offline.thread import Told, standing, told_here


def lives_in(place: str) -> Recalled:
    return Recalled(id="m", kind="semantic", text=f"The user lives in {place}.")


def episode(text: str, day: str) -> Recalled:
    return Recalled(id="e", kind="episodic", text=f"[{day}] User: {text}", said_at=f"{day}T09:00:00Z")


def test_a_memory_of_which_something_else_was_said_here_does_not_hold() -> None:
    """A fact that waits for its extraction was answered with the one before it."""
    here = told_here(["I live in Porto."])
    assert here == [Told("I live in Porto.", ("The user lives in Porto.",))]
    assert standing([lives_in("Porto")], here) == ([lives_in("Porto")], [])
    assert standing([lives_in("Lisbon")], here) == ([], [lives_in("Lisbon")])


def test_of_what_was_said_elsewhere_the_latest_holds() -> None:
    old, new = (
        episode("I live in Porto. It rains.", "2026-03-01"),
        episode("I live in Lisbon now.", "2026-03-02"),
    )
    hold, over = standing([old, new], [])
    assert [line.text for item in hold for line in lines_of(item)] == ["It rains.", "I live in Lisbon now."]
    assert over == []
    fact = replace(lives_in("Braga"), said_at="2026-02-01T09:00:00Z")
    assert standing([fact, new], []) == ([new], [fact])


def test_a_correction_of_one_word_is_told() -> None:
    assert [item.facts for item in told_here(["I live in Porto.", "No, Lisbon"])] == [
        ("The user lives in Lisbon.",)
    ]


def test_of_two_homes_the_later_one_is_told() -> None:
    assert [item.text for item in told_here(["I live in Porto.", "I live in Lisbon now."])] == [
        "I live in Lisbon now."
    ]


def test_what_stands_beside_it_in_the_sentence_stays() -> None:
    (_, item) = told_here(["I live in Porto and I have a cat called Miso.", "I live in Lisbon."])
    assert item.facts == ("The user has a cat called Miso.",)


def test_questions_and_what_is_to_be_forgotten_are_not_told() -> None:
    assert told_here(["Where do I live?", "Forget that I live in Porto."]) == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Did I tell you that my sister Inês moved to Oslo?", "The user's sister Inês moved to Oslo."),
        ("Have I told you I work as a baker?", "The user works as a baker."),
        ("Did you know my sister lives in Oslo?", "The user's sister lives in Oslo."),
        ("By the way, have I mentioned that my dog is called Rex?", "The user's dog is called Rex."),
    ],
)
def test_what_a_question_only_brings_up_is_learned(asked: str, told: str) -> None:
    """It was learned by nobody, and the agent denied that it had been told."""
    (fact,) = message_facts({"id": "m", "text": asked})
    assert (fact.statement, fact.quote) == (told, asked)


@pytest.mark.parametrize("asked", ["Did I tell you my name?", "Where do I live?", "Do you know my sister?"])
def test_a_question_brings_up_nothing_else(asked: str) -> None:
    assert brought_up(asked) == ""
    assert list(message_facts({"id": "m", "text": asked})) == []

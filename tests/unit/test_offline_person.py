"""First person to third, third to second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.offline.person import to_second, to_third


@pytest.mark.parametrize(
    ("clause", "statement"),
    [
        ("I live in Porto", "The user lives in Porto."),
        ("I'm a nurse", "The user is a nurse."),
        ("I was a nurse", "The user was a nurse."),
        ("I have two cats", "The user has two cats."),
        ("I've been to Oslo", "The user has been to Oslo."),
        ("I don't eat meat", "The user does not eat meat."),
        ("I no longer eat meat", "The user no longer eats meat."),
        ("I can't swim", "The user cannot swim."),
        ("I'll move in June", "The user will move in June."),
        ("I study law", "The user studies law."),
        ("I always watch films by myself", "The user always watches films by themselves."),
        ("I hike with my brother since I was ten", "The user hikes with their brother since they were ten."),
        ("my sister is called Ines", "The user's sister is called Ines."),
        ("my sister visits me on my birthday", "The user's sister visits them on their birthday."),
        ("the code of my office is blue", "The code of the user's office is blue."),
        ("the doctor told me to rest", "The doctor told the user to rest."),
        ("my wife and I met in Faro", "The user and their wife met in Faro."),
        ("the gate is green", "The gate is green."),
    ],
)
def test_third_person(clause: str, statement: str) -> None:
    assert to_third(clause) == statement


def test_third_person_of_a_named_speaker() -> None:
    assert to_third("I love my dog", "Ana") == "Ana loves their dog."
    assert to_third("the dog loves me and my cat", "Ana") == "The dog loves Ana and their cat."


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("The user lives in Porto.", "You live in Porto."),
        ("The user's sister is called Ines.", "Your sister is called Ines."),
        ("The user is a nurse.", "You are a nurse."),
        ("The user has two cats and works at Acme.", "You have two cats and work at Acme."),
        ("The user does not eat meat.", "You do not eat meat."),
        ("The user no longer eats meat.", "You no longer eat meat."),
        ("The user was born in Faro.", "You were born in Faro."),
        ("The user studies law.", "You study law."),
        ("The user watches films by themselves.", "You watch films by yourself."),
        ("The user loves their dog.", "You love your dog."),
        ("The user and their wife met in Faro.", "You and your wife met in Faro."),
        ("The user cannot swim.", "You cannot swim."),
        ("The code of the user's office is blue.", "The code of your office is blue."),
        ("Ana lives in Porto.", "Ana lives in Porto."),
        ("The user has two kids and drives them to school.", "You have two kids and drive them to school."),
    ],
)
def test_second_person(statement: str, said: str) -> None:
    assert to_second(statement) == said


@given(
    st.sampled_from(
        ["live", "work", "go", "study", "watch", "have", "do", "play", "miss", "fix", "try", "teach", "use"]
    )
)
def test_there_and_back(verb: str) -> None:
    assert to_second(to_third(f"I {verb} in Porto")) == f"You {verb} in Porto."

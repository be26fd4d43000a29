"""What is meant by words that a person gives for a memory: the fact first, and what was said only behind it."""

import pytest

from memory.lifecycle.reading.listing import holding
from memory.schema import Kind
from tests.unit.memory_parts import learned

CAT = learned("The user's cat is called Zorba.", number=1)
HOME = learned("The user lives in Porto.", number=2)
SAID = [
    learned(
        "[2026-05-03] User: My cat is called Zorba, and he loves the sofa.", number=1, kind=Kind.EPISODIC
    ),
    learned("[2026-05-03] User: Where do I live?", number=3, kind=Kind.EPISODIC),
]


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ("my cat Zorba", CAT),
        ("Zorba", CAT),
        ("where I live", HOME),
        ("that I am living in Porto", HOME),
    ],
)
def test_a_fact_comes_before_the_moments_in_which_it_was_told(words: str, fact: object) -> None:
    """ "/forget my cat Zorba" offered what was said of the cat, as no fact says "my"."""
    assert holding(words, [HOME, CAT], SAID) == [fact]


def test_of_a_moment_that_no_fact_tells_the_facts_of_its_turn_come_first() -> None:
    assert holding("sofa", [HOME, CAT], SAID) == [CAT, SAID[0]]


@pytest.mark.parametrize("words", ["", "it", "the dog"])
def test_words_that_mean_nothing_known_mean_nothing(words: str) -> None:
    assert holding(words, [HOME, CAT], SAID) == []

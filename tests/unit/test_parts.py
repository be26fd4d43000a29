"""A statement that says several things, of which one ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.lifecycle.language.parts import how_of_parts, is_part, kept_part, parts, rest_of
from memory.lifecycle.language.statements import read
from memory.lifecycle.learning.reconcile import Candidate, reconciled
from memory.schema import Memory, Status
from tests.unit.memory_parts import learned


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "The user lives in Porto with the cat Zorba.",
            ["The user lives in Porto.", "The user lives with the cat Zorba."],
        ),
        (
            "The user lives in Porto and works at Bosch as an engineer.",
            ["The user lives in Porto.", "The user works at Bosch.", "The user works as an engineer."],
        ),
        (
            "The user works as an engineer at Bosch.",
            ["The user works as an engineer.", "The user works at Bosch."],
        ),
        (
            "The user has a dog called Rex and a cat called Zorba.",
            ["The user has a dog called Rex.", "The user has a cat called Zorba."],
        ),
        (
            "The user's sister is called Ines and lives in Porto.",
            ["The user's sister is called Ines.", "The user's sister lives in Porto."],
        ),
        (
            "The user has two cats, Zorba and Miso.",
            ["The user has a cat called Zorba.", "The user has a cat called Miso."],
        ),
        (
            "The user has three older puppies called Rex, Bo and Max.",
            [f"The user has an older puppy called {name}." for name in ("Rex", "Bo", "Max")],
        ),
        (
            "Ana is a vet, has a dog, and they hate olives.",
            ["Ana is a vet.", "Ana has a dog.", "Ana hates olives."],
        ),
    ],
)
def test_each_part_is_complete(text: str, found: list[str]) -> None:
    assert parts(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "The user likes tea and coffee.",
        "The user lives in Porto and Lisbon.",
        "The user's favourite tea is oolong and they drink it daily.",
        "The user's sister is a nurse and they hate olives.",
        "The user has a cat and works with it.",
        "Der Nutzer wohnt in Porto mit der Katze Zorba.",
        "The user has dogs and cats called Tom.",
        "The user has three cats, Zorba and Miso.",
        "The user has two cats, Zorba.",
        "",
    ],
)
def test_what_cannot_be_told_apart_stays_together(text: str) -> None:
    assert parts(text) == [text]


@pytest.mark.parametrize(
    ("new", "old", "words", "rest"),
    [
        (
            "The user lives in Lisbon.",
            "The user lives in Porto with the cat Zorba.",
            "No, I live in Lisbon now",
            ["The user lives with the cat Zorba."],
        ),
        (
            "The user no longer lives in Porto.",
            "The user lives in Porto with Ana.",
            "",
            ["The user lives with Ana."],
        ),
        (
            "The user lives in Lisbon with the cat Zorba.",
            "The user lives in Porto with the cat Zorba.",
            "",
            [],
        ),
        (
            "The user has a dog called Max.",
            "The user has a dog called Rex and a cat called Zorba.",
            "That's wrong, my dog is called Max",
            ["The user has a cat called Zorba."],
        ),
        ("The user lives in Lisbon.", "The user lives in Porto.", "", []),
        ("The user no longer works at Acme.", "The user works at Acme as a nurse.", "", []),
        ("The user works at OHB.", "The user works at Acme as a nurse.", "", ["The user works as a nurse."]),
    ],
)
def test_the_parts_that_nothing_was_said_of_hold_on(new: str, old: str, words: str, rest: list[str]) -> None:
    assert rest_of(read(new), old, words) == rest


def test_a_part_that_ends_ends_the_whole() -> None:
    old = "The user lives in Porto and works at Bosch."
    assert how_of_parts(read("The user works at OHB."), old) == "outdates"
    assert how_of_parts(read("The user plays the cello."), old) == "new"
    assert how_of_parts(read("The user works at OHB."), "The user works at Bosch.") == "new"


def settled(old: Memory, new: Memory, *others: Memory) -> dict[str, Memory]:
    done = reconciled([Candidate(new)], [old, *others])
    return {each.text: each for each in [*done.new.values(), *done.changed.values()]}


def test_the_rest_rests_on_the_evidence_of_the_whole() -> None:
    old = learned("The user lives in Porto with the cat Zorba.")
    found = settled(old, learned("The user lives in Lisbon.", 2))
    rest, past = found["The user lives with the cat Zorba."], found[old.text]
    assert (rest.status, past.status) == (Status.ACTIVE, Status.SUPERSEDED)
    assert (rest.turn, rest.provenance, rest.supersedes) == (old.turn, old.provenance, old.id)
    assert is_part(rest, past)
    assert not is_part(found["The user lives in Lisbon."], past)
    assert rest == kept_part(old, rest.text)


def test_a_rest_that_is_known_is_not_noted_twice() -> None:
    old = learned("The user lives in Porto with the cat Zorba.")
    known = learned("The user lives with the cat Zorba.", 3)
    found = settled(old, learned("The user lives in Lisbon.", 2), known)
    assert "The user lives with the cat Zorba." not in found


PIECES = [
    "lives in Porto",
    "works at Bosch",
    "has a dog",
    "and",
    ",",
    "with Ana",
    "they hate",
    "a cat",
    "as a cook",
    "it",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from(["The user", "Ana", "The user's son"]))
def test_a_part_says_nothing_that_the_whole_does_not(pieces: list[str], who: str) -> None:
    whole = f"{who} {' '.join(pieces)}."
    said = {"hates", *(word.strip(".,") for word in whole.split())}
    assert all({word.strip(".,") for word in part.split()} <= said for part in parts(whole))


@pytest.mark.parametrize("death", ["The user's cat Zorba died.", "The user's cat Zorba died in May 2026."])
def test_of_two_that_are_named_the_other_one_lives_on(death: str) -> None:
    known = learned("The user has two cats, Zorba and Miso.")
    result = reconciled([Candidate(learned(death, number=2))], [known])
    assert result.changed[known.id].status is Status.SUPERSEDED
    assert {each.text for each in result.new.values()} == {death, "The user has a cat called Miso."}


def test_the_death_of_one_that_is_not_named_ends_nothing() -> None:
    known = learned("The user has two cats, Zorba and Miso.")
    for text in ("The user's dog Zorba died.", "The user's cat Luna died.", "Ana's cat Zorba died."):
        assert not reconciled([Candidate(learned(text, number=2))], [known]).changed

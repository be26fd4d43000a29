"""What a statement says: of whom, which attribute, which value, and whether it holds."""

import pytest

from memory.lifecycle.language.statements import agree, names, numbers, read, slot_of


@pytest.mark.parametrize(
    ("statement", "slot", "who", "head"),
    [
        ("The user lives in Porto.", "home", "the user", {"porto"}),
        ("The user now lives in Porto with Ana.", "home", "the user", {"porto"}),
        ("The user has lived in Porto since 2019.", "home", "the user", {"porto"}),
        ("The user moved to New York in 2023.", "home", "the user", {"new", "york"}),
        ("Marta works at Acme.", "employer", "marta", {"acm"}),
        ("The user works as a nurse.", "title", "the user", {"nurs"}),
        ("The user's name is Ana.", "name", "the user", {"ana"}),
        ("The user's dog is called Rex.", "name", "the user's dog", {"rex"}),
        ("The user is 34 years old.", "age", "the user", {"34"}),
        ("The user's favourite colour is green.", "fixed", "the user's favourite colour", {"green"}),
        ("The user is married to Ana.", "status", "the user", {"marri", "ana"}),
    ],
)
def test_an_attribute_and_its_value(statement: str, slot: str, who: str, head: set[str]) -> None:
    found = slot_of(statement)
    assert found is not None
    assert (found.name, found.who, found.head) == (slot, who, head)


@pytest.mark.parametrize(
    "statement",
    ["The user likes tea.", "The user is 34 weeks pregnant.", "The user went to Porto.", "", "a" * 10_000],
)
def test_what_gives_no_attribute_a_value(statement: str) -> None:
    assert slot_of(statement) is None


@pytest.mark.parametrize(
    ("statement", "single"),
    [
        ("The user lives in Porto.", True),
        ("The user lives in the Netherlands.", True),
        ("The user lives in a small flat.", False),
        ("The user's wife is called Ana.", True),
        ("The user's dog is called Rex.", False),
        ("The user is from Braga.", False),
        ("The user's sister is a doctor.", False),
        ("One of the user's favourite books is Dune.", False),
    ],
)
def test_an_attribute_that_has_one_value_at_a_time(statement: str, single: bool) -> None:
    found = slot_of(statement)
    assert found is None or found.single is single
    assert found is not None or not single


@pytest.mark.parametrize(
    ("statement", "holds", "past"),
    [
        ("The user eats meat.", True, False),
        ("The user no longer eats meat.", False, False),
        ("The user does not eat meat anymore.", False, False),
        ("The user stopped smoking.", False, False),
        ("The user used to live in Rome.", False, True),
        ("The user likes olives.", True, False),
        ("The user hates olives.", False, False),
        ("The user does not hate olives.", True, False),
        ("The user cannot stand loud music.", False, False),
    ],
)
def test_whether_it_holds(statement: str, holds: bool, past: bool) -> None:
    found = read(statement)
    assert (found.holds, found.past) == (holds, past)


def test_the_same_in_other_words_has_the_same_core() -> None:
    assert read("The user loves sushi.").core == read("The user really enjoys sushi").core
    assert read("The user hates sushi.").core == read("The user does not like sushi.").core
    assert read("The user's mum is a doctor.").core == read("The user's mother is a doctor.").core


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The user lives in Porto.", "The user eats meat.", True),
        ("The user's sister lives in Rome.", "The user's sister Ines lives in Rome.", True),
        ("The user's sister Ana lives in Rome.", "The user's sister Ines lives in Rome.", False),
        ("The user lives in Porto.", "The user's sister lives in Porto.", False),
        ("Ana lives in Porto.", "Anna lives in Porto.", False),
        ("Ana lives in Porto.", "The user lives in Porto.", False),
    ],
)
def test_of_whom_it_is(one: str, other: str, same: bool) -> None:
    assert agree(read(one), read(other)) is agree(read(other), read(one)) is same


def test_names_and_numbers_are_exact_and_dates_are_neither() -> None:
    assert names("The user's sister Ines lives in Rome since May 2019.") == {"ines", "rome"}
    assert numbers("The user has two cats and 3 dogs since 5 May 2026.") == {"2", "3"}
    assert read("The user ran on 5 May 2026.").dates == {"5 may 2026"}

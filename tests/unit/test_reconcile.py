"""What a new fact does to what is known: opposites, other values, other words, and what is merely near."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.lifecycle.language.relations import relation, says_wrong
from memory.lifecycle.language.statements import read
from memory.lifecycle.learning.build import semantic
from memory.lifecycle.learning.reconcile import Candidate, Reconciled, reconciled
from memory.lifecycle.turns.evidence import turn_name
from memory.schema import Memory, Source, Status
from tests.unit.memory_parts import LATER, NOON, THREAD, fact, said

modest = settings(max_examples=80)
WORDS = st.text(alphabet="bcdfghjklmnpqrtvwxz", min_size=4, max_size=7).map(str.capitalize)


def known(text: str, number: int = 1, *, days: int = 0, **rest: str) -> Memory:
    """A fact that was said `days` after noon."""
    message = said(text, number)
    message = type(message)(message.id, "user", text, NOON + timedelta(days=days))
    made = fact(text, text, message.id, **rest)
    turn = turn_name(THREAD, message.id)
    return semantic(THREAD, message, made, run_id=None, turn=turn, now=LATER)


def learn(new: str, *old: str, words: str = "", days: int = 1, **advice: str) -> Reconciled:
    neighbours = [known(text, number) for number, text in enumerate(old, start=10)]
    of = neighbours[0].id if advice and neighbours else ""
    return reconciled([Candidate(known(new, 1, days=days), of=of, words=words or new, **advice)], neighbours)  # type: ignore[arg-type]


def active(result: Reconciled, *old: str) -> set[str]:
    """What holds afterwards."""
    before = {memory.id: memory for memory in (known(text, n) for n, text in enumerate(old, start=10))}
    return {
        memory.text
        for memory in (before | result.changed | result.new).values()
        if memory.status is Status.ACTIVE
    }


OUTDATES = [
    ("The user eats meat.", "The user no longer eats meat."),
    ("The user no longer eats meat.", "The user eats meat again."),
    ("The user eats meat every Sunday.", "The user does not eat meat anymore."),
    ("The user smokes.", "The user stopped smoking."),
    ("The user works as a baker.", "The user does not work as a baker anymore."),
    ("The user works at Acme.", "The user left Acme."),
    ("The user lives in Rome.", "The user moved out of Rome."),
    ("The user has a cat called Zorba.", "The user's cat Zorba died."),
    ("The user has a cat.", "The user's cat died last week."),
    ("The user has a cat called Zorba.", "The user has no cat."),
    ("The user smokes a pack a day.", "The user no longer smokes."),
    ("The user likes olives.", "The user hates olives."),
    ("The user lives in Lisbon.", "The user lives in Porto."),
    ("The user lives in Lisbon.", "The user moved to Porto."),
    ("The user lives in Lisbon.", "The user used to live in Lisbon."),
    ("The user lives in Lisbon.", "The user is based in Porto now."),
    ("The user moved to Porto in 2019.", "The user lives in Lisbon."),
    ("The user moved to Porto in 2019.", "The user moved to Lisbon in 2021."),
    ("The user moved to Porto in 2019.", "The user no longer lives in Porto."),
    ("The user works at Acme.", "The user started at Globex."),
    ("The user works at Acme as a nurse.", "The user no longer works at Acme."),
    ("The user works at Acme.", "The user works for Globex."),
    ("The user's favourite colour is green.", "The user's favourite colour is blue."),
    ("The user is 34 years old.", "The user is 35 years old."),
    ("The user's name is Ana.", "The user's name is Anna."),
    ("The user is single.", "The user is married to Ines."),
    ("The user has two children.", "The user does not have any children."),
]
BOTH = [
    ("The user likes tea.", "The user likes coffee."),
    ("The user likes tea and coffee.", "The user does not like tea."),
    ("The user's sister is called Ana.", "The user's sister is called Anna."),
    ("The user's sister Ana lives in Rome.", "The user's sister Anna lives in Rome."),
    ("The user lives in Porto.", "The user's sister lives in Rome."),
    ("The user's sister eats meat.", "The user no longer eats meat."),
    ("The user has 2 cats.", "The user has 3 dogs."),
    ("The user has two cats.", "The user has three cats."),
    ("The user takes 20 mg of iron.", "The user takes 25 mg of iron."),
    ("The user has a cat called Zorba.", "The user's cat died."),
    ("The user has a cat called Zorba.", "The user's cat Mimi died."),
    ("The user has two cats.", "The user's cat died."),
    ("The user likes Ana.", "The user left Ana."),
    ("The user works at Acme.", "The user's sister left Acme."),
    ("The user eats meat.", "The user does not eat red meat."),
    ("The user is from Braga.", "The user is from Portugal."),
    ("The user works as a nurse.", "The user works at Acme."),
    ("The user lives in a small flat.", "The user lives in Porto."),
    ("The user used to live in Rome.", "The user lives in Rome."),
    ("The user ran a marathon on 5 May 2025.", "The user ran a marathon on 3 May 2026."),
    ("Ana lives in Porto.", "Bob lives in Lisbon."),
    ("The user's dog is called Rex.", "The user's dog is called Max."),
    ("John plays drums.", "John will not quit."),
    ("John tries out cooking recipes.", "John does not have a recipe."),
    ("Tim is in the middle of a novel.", "Tim is."),
    ("The user smokes.", "The user's brother stopped smoking."),
]
ALIKE = [
    ("The user loves sushi.", "The user really likes sushi"),
    ("The user lives in Porto.", "The user is based in Porto."),
    ("The user hates olives.", "The user does not like olives."),
    ("The user has a dog called Rex.", "The user has a dog."),
    ("The user has two cats.", "The user has 2 cats."),
]
MORE = [
    ("The user has a dog.", "The user has a dog called Rex."),
    ("The user lives in Porto.", "The user lives in Porto, Portugal."),
    ("The user likes tea.", "The user likes tea with milk."),
    ("The user's name is Ana.", "The user's name is Ana Silva."),
]


@pytest.mark.parametrize(("old", "new"), OUTDATES)
def test_what_no_longer_holds_becomes_history(old: str, new: str) -> None:
    result = learn(new, old)
    [past] = result.changed.values()
    [now] = result.new.values()
    assert (past.status, past.text) == (Status.SUPERSEDED, old)
    assert (past.validity.valid_to, past.validity.superseded_by) == (now.validity.valid_from, now.id)
    assert (now.status, now.supersedes) == (Status.ACTIVE, past.id)
    assert [ruling.relation for ruling in result.rulings] == ["outdates"]


@pytest.mark.parametrize(("old", "new"), BOTH)
def test_what_is_merely_near_stays_beside_it(old: str, new: str) -> None:
    result = learn(new, old)
    assert not result.changed
    assert active(result, old) == {old, new}


@pytest.mark.parametrize(("old", "new"), ALIKE)
def test_the_same_in_other_words_bears_out_the_one_that_is_known(old: str, new: str) -> None:
    result = learn(new, old)
    assert not result.new
    [memory] = result.changed.values()
    assert (memory.text, memory.also) == (old, [turn_name(THREAD, "m1")])


@pytest.mark.parametrize(("old", "new"), MORE)
def test_the_fuller_statement_stands_for_the_shorter(old: str, new: str) -> None:
    result = learn(new, old)
    [past] = result.changed.values()
    [now] = result.new.values()
    assert (past.status, past.validity.valid_to) == (Status.MERGED, None)
    assert (now.stands_for, now.supersedes) == ([past.id], None)
    assert active(result, old) == {new}


@pytest.mark.parametrize(
    "words",
    [
        "No, that's wrong: I live in Porto.",
        "I never lived in Lisbon, I live in Porto.",
        "I meant that I live in Porto.",
        "It's not right, I live in Porto",
    ],
)
def test_what_never_was_so_is_retracted_and_not_history(words: str) -> None:
    result = learn("The user lives in Porto.", "The user lives in Lisbon.", words=words)
    [past] = result.changed.values()
    assert (past.status, past.reason) == (Status.RETRACTED, "The user said that it was wrong.")
    assert past.validity.valid_to == past.validity.valid_from


def test_no_longer_is_not_wrong() -> None:
    assert not says_wrong("That is wrong by now, I no longer live there.")


def test_an_older_conversation_that_is_read_in_late_is_history_at_once() -> None:
    newer = known("The user lives in Porto.", 10, days=5)
    result = reconciled(
        [Candidate(known("The user lives in Lisbon.", 1), words="I live in Lisbon.")], [newer]
    )
    [late] = result.new.values()
    assert (late.status, late.validity.superseded_by) == (Status.SUPERSEDED, newer.id)
    assert late.validity.valid_to == newer.validity.valid_from
    assert result.changed[newer.id].status is Status.ACTIVE
    assert result.changed[newer.id].supersedes == late.id


@pytest.mark.parametrize("change", ["same", "refines", "outdates", "corrects"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The user likes tea.", "The user likes coffee."),
        ("The user's sister Ana lives in Rome.", "The user's sister Anna lives in Rome."),
        ("Bob eats meat.", "The user works at Acme."),
        ("The user owns 2 boats.", "The user owns 3 boats."),
    ],
)
def test_a_models_word_alone_changes_nothing(change: str, old: str, new: str) -> None:
    result = learn(new, old, change=change)
    assert active(result, old) == {old, new}


def test_a_models_word_is_followed_where_the_statements_bear_it_out() -> None:
    words = "I drink coffee now instead of tea."
    result = learn("The user drinks coffee.", "The user drinks tea.", words=words, change="outdates")
    assert active(result, "The user drinks tea.") == {"The user drinks coffee."}
    same = learn("The user enjoys long hikes.", "The user likes hiking.", change="same")
    assert active(same, "The user likes hiking.") == {"The user likes hiking."}


def test_a_city_and_its_country_stay_where_the_model_says_that_they_agree() -> None:
    old, new = "The user lives in Porto.", "The user lives in Portugal."
    assert active(learn(new, old, change="refines"), old) == {old, new}


def test_what_a_tool_said_ends_nothing_that_the_user_said() -> None:
    old = known("The user lives in Porto.", 10)
    new = known("The user lives in Lisbon.", 1, days=1)
    provenance = new.provenance.model_copy(update={"source": Source.AGENT})
    result = reconciled([Candidate(new.model_copy(update={"provenance": provenance}))], [old])
    assert not result.changed


def test_facts_of_one_turn_are_held_against_each_other() -> None:
    texts = ("The user lives in Lisbon.", "The user lives in Porto.", "The user is based in Porto.")
    result = reconciled([Candidate(known(text, n), words=text) for n, text in enumerate(texts)], [])
    assert {memory.text for memory in result.known([])} == {texts[1]}
    assert len(result.new) == 2


@pytest.mark.parametrize("status", [Status.RETRACTED, Status.SUPERSEDED, Status.QUARANTINED, Status.MERGED])
def test_what_is_not_active_is_left_as_it_is(status: Status) -> None:
    old = known("The user lives in Lisbon.", 10).model_copy(update={"status": status})
    result = reconciled([Candidate(known("The user lives in Porto.", 1, days=1))], [old])
    assert not result.changed


@modest
@given(WORDS, WORDS, st.sampled_from(["lives in", "works at", "likes", "owns a boat called"]))
def test_a_value_and_its_end_are_opposites_and_another_value_is_none(one: str, other: str, verb: str) -> None:
    base = (
        verb.replace("lives", "live").replace("works", "work").replace("likes", "like").replace("owns", "own")
    )
    holds, ends = read(f"The user {verb} {one}."), read(f"The user does not {base} {one} anymore.")
    assert relation(ends, holds) == relation(holds, ends) == "outdates"
    elsewhere = read(f"The user does not {base} {other} anymore.")
    if one.casefold() != other.casefold() and elsewhere.core != ends.core:
        assert relation(elsewhere, holds) == "new"


@modest
@given(
    WORDS,
    st.data(),
    st.sampled_from(["The user's friend {} likes tea.", "The user met {}.", "{} plays chess."]),
)
def test_names_that_differ_by_a_letter_are_two(name: str, data: st.DataObject, form: str) -> None:
    at = data.draw(st.integers(1, len(name) - 1))
    letter = data.draw(st.sampled_from("aeiou"))
    one, other = form.format(name), form.format(name[:at] + letter + name[at:])
    assert relation(read(one), read(other)) == "new"
    assert relation(read(one), read(one)) == "same"


@modest
@given(
    st.integers(2, 99_999),
    st.integers(2, 99_999),
    st.sampled_from(["The user has {} books.", "The user ran {} km."]),
)
def test_numbers_that_differ_are_two(one: int, other: int, form: str) -> None:
    expected = "same" if one == other else "new"
    assert relation(read(form.format(one)), read(form.format(other))) == expected


@modest
@given(
    st.lists(
        st.sampled_from([text for pair in (*OUTDATES, *BOTH, *ALIKE, *MORE) for text in pair]), max_size=12
    )
)
def test_whatever_comes_the_history_is_whole(texts: list[str]) -> None:
    kept: dict[str, Memory] = {}
    for number, text in enumerate(texts):
        result = reconciled([Candidate(known(text, number, days=number), words=text)], list(kept.values()))
        kept |= result.changed | result.new
        assert all(kept.get(each.id) is not None for each in result.known(kept.values()))
    for memory in kept.values():
        by = memory.validity.superseded_by
        assert (by is None) == (memory.status is Status.ACTIVE)
        assert by is None or by in kept
        assert memory.validity.valid_to is None or memory.validity.valid_to >= memory.validity.valid_from
    holding = [memory.text for memory in kept.values() if memory.status is Status.ACTIVE]
    assert len(holding) == len(set(holding))
    if texts:
        assert any(memory.status is Status.ACTIVE for memory in kept.values())

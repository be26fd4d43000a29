"""Words whose facts no longer hold: what is marked, what is shown, and that a mark goes with what it marks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UserError
from memory.lifecycle.changing.by_hand import edit, restore
from memory.lifecycle.changing.by_hand import retract as by_a_person
from memory.lifecycle.changing.change import find, forget, retract
from memory.lifecycle.changing.undo import bring_back, take_back
from memory.lifecycle.learning.clusters import SUMMARY, may_cluster
from memory.lifecycle.learning.remember import put, remember
from memory.lifecycle.learning.withdrawn import as_it_stands, is_over, outdated, remarked, without
from memory.lifecycle.recalling.earlier import asks_before, asks_past
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.recalling.recalled import Recalled
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.schema import Kind, Memory, Status, Withdrawn
from tests.unit.memory_parts import LATER, ME, NOON, Watched, extraction, fact, learned, said, told, turn

OLIVES = turn(said("I live in Porto and I hate olives."), said("Noted: you live in Porto.", 2, "assistant"))
FOUND = extraction(
    fact("The user lives in Porto.", "I live in Porto and I hate olives"),
    fact("The user hates olives.", "I live in Porto and I hate olives"),
)


async def teach(store: Watched, given: Any = OLIVES, found: Extraction = FOUND) -> list[Memory]:
    async def extract(_: dict[str, Any]) -> Extraction:
        return found

    return (await remember(store, ME, [given], extract, now=LATER, max_facts=20)).memories


async def marks(store: Watched) -> list[str]:
    known = await store.memories()
    return sorted(mark.words for memory in known.values() for mark in memory.withdrawn)


async def found(store: Watched, query: str) -> list[Recalled]:
    return await recall(store, ME, query, limit=10)


@pytest.fixture
async def store() -> Watched:
    return Watched()


@pytest.fixture
async def porto(store: Watched) -> Memory:
    return (await teach(store))[0]


def marked(text: str, statement: str, quote: str, status: Status = Status.RETRACTED, **update: Any) -> Memory:
    of = learned(statement, status=status, **update)
    of = of.model_copy(update={"provenance": of.provenance.model_copy(update={"quote": quote})})
    return remarked(told(text), of, [of])


@pytest.mark.parametrize(
    ("text", "statement", "quote", "left"),
    [
        ("I live in Porto.", "The user lives in Porto.", "I live in Porto", None),
        (
            "I live in Porto and I hate olives.",
            "The user lives in Porto.",
            "I live in Porto and I hate olives",
            "I hate olives.",
        ),
        (
            "Hi! I live  in\nPorto. My cat is Zorba.",
            "The user lives in Porto.",
            "I live in Porto",
            "Hi!\nMy cat is Zorba.",
        ),
        (
            "Remember that I live in Porto. My cat is Zorba.",
            "The user lives in Porto.",
            "Remember that I live in Porto. My cat is Zorba.",
            "My cat is Zorba.",
        ),
        ("Porto ist mein Zuhause.", "The user lives in Porto.", "Porto ist mein Zuhause", None),
    ],
)
def test_the_words_that_taught_it_are_left_out_and_no_others(
    text: str, statement: str, quote: str, left: str | None
) -> None:
    shown = as_it_stands(marked(text, statement, quote))
    assert (shown.detail if shown else None) == left
    assert shown is None or (shown.text.startswith("[2026-05-03] User: ") and "Porto" not in shown.text)


def test_what_held_once_stays_and_is_named() -> None:
    past = learned("The user lives in Porto.").validity.model_copy(update={"valid_to": LATER})
    episode = marked(
        "I live in Porto.", "The user lives in Porto.", "I live in Porto", Status.SUPERSEDED, validity=past
    )
    assert as_it_stands(episode) is episode
    assert (outdated(episode), is_over(episode)) == (["I live in Porto"], True)
    assert episode.withdrawn[0].until == LATER
    assert not may_cluster(episode)


def test_a_mark_is_read_back_and_taken_away_as_it_was_made() -> None:
    episode = marked("I live in Porto.", "The user lives in Porto.", "I live in Porto")
    assert Memory.from_value(episode.to_value()) == episode
    holds = learned("The user lives in Porto.")
    assert remarked(episode, holds, [holds]) == told("I live in Porto.")


def test_words_are_found_however_they_are_spaced_and_nothing_in_them_is_a_pattern() -> None:
    assert without("A (b)?\n c. D", ["a (B)? C"]) == "D"
    assert without("kept", [""]) == "kept"


async def test_retracted_words_are_not_recalled(store: Watched, porto: Memory) -> None:
    await by_a_person(store, ME, porto, "")
    texts = " ".join(item.text for item in await found(store, "I live in Porto and I hate olives"))
    assert "Porto" not in texts
    assert "olives" in texts
    kept = await store.memories()
    assert any("I live in Porto" in memory.detail for memory in kept.values())


async def test_what_was_retracted_by_mistake_is_restored_with_its_words(
    store: Watched, porto: Memory
) -> None:
    before = await store.everything()
    await by_a_person(store, ME, porto, "")
    back = await restore(store, ME, await find(store, ME, porto.id))
    assert (back.status, await marks(store)) == (Status.ACTIVE, [])
    assert await store.everything() == {**before, porto.id: back.to_value()}
    with pytest.raises(UserError, match="only what was retracted by itself comes back"):
        await restore(store, ME, back)
    await retract(store, ME, back, "wrong")
    again = turn(said("I live in Porto.", 7))
    await teach(store, again, extraction(fact(porto.text, "I live in Porto", "m7")))
    with pytest.raises(UserError, match="says the same by now"):
        await restore(store, ME, await find(store, ME, porto.id))


async def test_what_was_corrected_or_undone_is_not_restored(store: Watched, porto: Memory) -> None:
    await edit(store, ME, porto, "The user lives in Braga.", LATER, wrong=True)
    with pytest.raises(UserError, match="only what was retracted"):
        await restore(store, ME, await find(store, ME, porto.id))
    await take_back(store, ME, OLIVES.turn)
    for memory in (await store.memories()).values():
        if memory.undone:
            with pytest.raises(UserError, match="only what was retracted"):
                await restore(store, ME, memory)


async def test_a_summary_that_is_wrong_takes_no_words_back(store: Watched, porto: Memory) -> None:
    episodes = [each for each in (await store.memories()).values() if each.kind is Kind.EPISODIC]
    summary = learned(
        "The user talked of Porto.", 9, category=SUMMARY, stands_for=[each.id for each in episodes]
    )
    await store.abatch([put(ME, summary)])
    await retract(store, ME, summary, "wrong")
    assert (await find(store, ME, summary.id)).status is Status.RETRACTED
    assert await marks(store) == []


async def test_retracting_again_marks_once(store: Watched, porto: Memory) -> None:
    await retract(store, ME, porto, "wrong")
    before = await store.everything()
    await retract(store, ME, porto, "wrong")
    assert await store.everything() == before
    assert await marks(store) == ["I live in Porto", "Noted: you live in Porto"]


async def test_a_turn_that_said_it_again_is_marked_as_well(store: Watched, porto: Memory) -> None:
    again = turn(said("As I said, I live in Porto.", 5))
    await teach(store, again, extraction(fact(porto.text, "I live in Porto", "m5")))
    await retract(store, ME, await find(store, ME, porto.id), "wrong")
    assert not [item.text for item in await found(store, "Porto") if "Porto" in item.text]


async def test_undoing_a_correction_gives_the_words_back_and_redoing_takes_them(
    store: Watched, porto: Memory
) -> None:
    wrong = turn(said("That's wrong. I live in Braga, I never lived in Porto.", 5))
    claim: Fact = fact("The user lives in Braga.", "I live in Braga", "m5", change="corrects", of=porto.id)
    await teach(store, wrong, extraction(claim))
    assert (await find(store, ME, porto.id)).status is Status.RETRACTED
    taken = ["I live in Porto", "Noted: you live in Porto"]
    assert await marks(store) == taken
    await take_back(store, ME, wrong.turn)
    assert await marks(store) == []
    await bring_back(store, ME, wrong.turn)
    assert await marks(store) == taken


async def test_a_fact_that_was_replaced_marks_its_words_until_that_day(store: Watched, porto: Memory) -> None:
    await edit(store, ME, porto, "The user lives in Braga.", LATER)
    [episode] = [each for each in (await store.memories()).values() if each.detail == OLIVES.opening.text]
    assert outdated(episode) == ["I live in Porto"]
    now = await found(store, "I live in Porto")
    assert "The user lives in Porto." not in [item.text for item in now]


async def test_a_question_about_the_past_gets_what_held_before(store: Watched, porto: Memory) -> None:
    braga = await edit(store, ME, porto, "The user lives in Braga.", LATER)
    await edit(store, ME, braga, "The user lives in Faro.", LATER.replace(month=7))
    items = await found(store, "Where was it that the user lives in Faro before?")
    facts = [(item.text, item.status, item.valid_to) for item in items if item.kind is Kind.SEMANTIC]
    assert facts[:3] == [
        ("The user lives in Faro.", Status.ACTIVE, None),
        ("The user lives in Braga.", Status.SUPERSEDED, LATER.replace(month=7)),
        ("The user lives in Porto.", Status.SUPERSEDED, LATER),
    ]
    assert "no longer so on 1 June 2026" in next(item.why for item in items if item.id == porto.id)


async def test_what_was_wrong_is_not_what_was_before(store: Watched, porto: Memory) -> None:
    await edit(store, ME, porto, "The user lives in Braga.", LATER, wrong=True)
    items = await found(store, "Where was it that the user lives in Braga before?")
    assert porto.id not in [item.id for item in items]
    assert not [item.text for item in items if "Porto" in item.text]


async def test_forgetting_takes_the_marks_along(store: Watched, porto: Memory) -> None:
    await retract(store, ME, porto, "wrong")
    await forget(store, ME, await find(store, ME, porto.id))
    assert "Porto" not in str(await store.everything())


def test_what_asks_for_the_past() -> None:
    assert asks_before("Where did I live before?")
    assert asks_past("Where did I live in March?")
    assert not asks_before("Where did I live in March?")
    assert not asks_past("Where do I live?")


def test_a_message_without_words_has_nothing_to_show() -> None:
    empty = told("").model_copy(update={"withdrawn": [Withdrawn(of="x", words="y")]})
    assert as_it_stands(empty) is empty
    assert NOON < LATER


CLAUSES = ["I live in Porto", "my cat is Zorba", "we sold the boat", "I hate olives", "and so on", "Porto"]


@given(
    st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=5), st.sampled_from([". ", ", ", " and ", "\n"])
)
def test_what_is_shown_is_what_was_said_less_the_marks_and_they_go_as_they_came(
    clauses: list[str], between: str
) -> None:
    said_there = f"{between.join(clauses)}."
    of = learned("The user lives in Porto.", status=Status.RETRACTED)
    of = of.model_copy(update={"provenance": of.provenance.model_copy(update={"quote": said_there})})
    episode = told(said_there).model_copy(update={"withdrawn": [Withdrawn(of="other", words="boat")]})
    marked_so = remarked(episode, of, [of])
    assert remarked(marked_so, of, [of]) == marked_so
    shown = as_it_stands(marked_so)
    left = shown.detail.split() if shown else []
    assert {word.strip(".,") for word in left} <= {word.strip(".,") for word in said_there.split()}
    assert "boat" not in left and not ("I live in Porto" in said_there and "live" in left)
    holds = of.model_copy(update={"status": Status.ACTIVE})
    assert remarked(marked_so, holds, [holds]) == episode

"""Correcting keeps history; forgetting leaves nothing, and nothing brings it back."""

from typing import Any

import pytest
from langgraph.store.base import PutOp

from config.errors import UserError
from memory.lifecycle.changing.change import find, forget, supersede
from memory.lifecycle.learning.build import FORGOTTEN, episode_id, semantic
from memory.lifecycle.learning.remember import put, remember
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.turns.evidence import Evidence, turn_name
from memory.lifecycle.turns.extraction import Extraction
from memory.schema import Kind, Memory, Status
from tests.unit.memory_parts import LATER, ME, THREAD, Watched, extraction, fact, said, turn

TURN = turn(said("I live in Porto and I hate olives."), said("Noted: Porto.", 2, "assistant"))
FOUND = extraction(
    fact("The user lives in Porto.", "I live in Porto and I hate olives"),
    fact("The user hates olives.", "I live in Porto and I hate olives"),
)


async def teach(
    store: Watched, given: Evidence = TURN, found: Extraction = FOUND, user: str = ME
) -> list[Memory]:
    async def extract(_: dict[str, Any]) -> Extraction:
        return found

    return (await remember(store, user, [given], extract, now=LATER, max_facts=20)).memories


def corrected(statement: str, old: Memory, number: int = 5) -> Memory:
    """What correct_memory makes of a message that says the statement."""
    message = said(statement, number)
    return semantic(
        THREAD,
        message,
        fact(statement, statement, message.id),
        run_id=None,
        turn=turn_name(THREAD, message.id),
        now=LATER,
        supersedes=old.id,
    )


@pytest.fixture
async def store() -> Watched:
    return Watched()


@pytest.fixture
async def porto(store: Watched) -> Memory:
    return (await teach(store))[0]


async def recalled(store: Watched, query: str, user: str = ME) -> list[str]:
    return [item.text for item in await recall(store, user, query, limit=10)]


async def test_a_correction_keeps_history_in_one_batch(store: Watched, porto: Memory) -> None:
    new = corrected("The user lives in Braga.", porto)
    store.batches.clear()
    await supersede(store, ME, porto, new, LATER)
    # The new fact, the old one, and the words that taught it.
    assert [len(batch) for batch in store.writes] == [3]
    past = (await store.memories())[porto.id]
    assert (past.status, past.text) == (Status.SUPERSEDED, "The user lives in Porto.")
    assert (past.validity.valid_from, past.validity.valid_to) == (porto.validity.valid_from, LATER)
    assert past.validity.superseded_by == new.id
    now = (await store.memories())[new.id]
    assert (now.status, now.supersedes, now.validity.valid_to) == (Status.ACTIVE, porto.id, None)


async def test_what_was_superseded_is_neither_recalled_nor_listed(store: Watched, porto: Memory) -> None:
    await supersede(store, ME, porto, corrected("The user lives in Braga.", porto), LATER)
    facts = await recalled(store, "The user lives in Porto.")
    assert "The user lives in Braga." in facts
    assert "The user lives in Porto." not in facts
    assert {m.text for m in await memories_of(store, ME)} == {
        "The user lives in Braga.",
        "The user hates olives.",
    }


async def test_a_correction_made_twice_is_made_once(store: Watched, porto: Memory) -> None:
    new = corrected("The user lives in Braga.", porto)
    await supersede(store, ME, porto, new, LATER)
    before = await store.everything()
    await supersede(store, ME, await find(store, ME, porto.id), new, LATER.replace(year=2030))
    assert await store.everything() == before


async def test_what_was_replaced_is_not_replaced_by_something_else(store: Watched, porto: Memory) -> None:
    await supersede(store, ME, porto, corrected("The user lives in Braga.", porto), LATER)
    before = await store.everything()
    with pytest.raises(UserError, match="was replaced before; search for the one that holds now"):
        await supersede(store, ME, await find(store, ME, porto.id), corrected("Faro it is.", porto, 6), LATER)
    assert await store.everything() == before


async def test_a_correction_to_the_same_words_is_no_history(store: Watched, porto: Memory) -> None:
    same = corrected(porto.text, porto, 1)
    assert same.id == porto.id
    await supersede(store, ME, porto, same, LATER)
    again = (await store.memories())[porto.id]
    assert (again.status, again.supersedes) == (Status.ACTIVE, None)
    assert await forget(store, ME, again) == 1


async def test_a_fact_that_was_replaced_may_be_learned_again(store: Watched, porto: Memory) -> None:
    await supersede(store, ME, porto, corrected("The user lives in Braga.", porto), LATER)
    back = turn(said("I live in Porto again.", 8))
    new = await teach(store, back, extraction(fact(porto.text, "I live in Porto", "m8")))
    assert [m.text for m in new if m.kind is Kind.SEMANTIC] == [porto.text]


async def test_forgetting_deletes_the_fact_and_its_words(store: Watched, porto: Memory) -> None:
    store.batches.clear()
    assert await forget(store, ME, porto) == 1
    assert len(store.writes) == 1
    left = await store.memories()
    assert porto.id not in left
    episode = left[episode_id(TURN)]
    assert (episode.text, episode.detail, episode.summary) == (FORGOTTEN, "", "")
    assert episode.status is Status.RETRACTED
    assert "Porto" not in str(await store.everything())
    assert await recalled(store, "Porto") == []


async def test_the_other_facts_of_the_turn_stay_without_the_quote(store: Watched, porto: Memory) -> None:
    await forget(store, ME, porto)
    [other] = await memories_of(store, ME)
    assert (other.text, other.provenance.quote, other.status) == ("The user hates olives.", "", Status.ACTIVE)
    assert "The user hates olives." in await recalled(store, "olives")


async def test_remembering_the_turn_again_does_not_bring_it_back(store: Watched, porto: Memory) -> None:
    await forget(store, ME, porto)
    before = await store.everything()
    assert await teach(store) == []
    assert await store.everything() == before


async def test_the_other_turns_stay_as_they_are(store: Watched, porto: Memory) -> None:
    others = await teach(
        store, turn(said("I like fado.", 9)), extraction(fact("The user likes fado.", "fado", "m9"))
    )
    await forget(store, ME, porto)
    left = await store.memories()
    assert [left[memory.id] for memory in others] == others


async def test_forgetting_takes_what_was_superseded_along(store: Watched, porto: Memory) -> None:
    braga = corrected("The user lives in Braga.", porto, 5)
    faro = corrected("The user lives in Faro.", braga, 6)
    await teach(store, turn(said(braga.text, 5)), extraction())
    await teach(store, turn(said(faro.text, 6)), extraction())
    await supersede(store, ME, porto, braga, LATER)
    await supersede(store, ME, braga, faro, LATER)
    assert await forget(store, ME, faro) == 3
    kept = str(await store.everything())
    assert [city for city in ("Porto", "Braga", "Faro") if city in kept] == []
    assert {m.text for m in await memories_of(store, ME)} == {"The user hates olives."}


async def test_corrections_to_and_fro_in_one_turn_end(store: Watched, porto: Memory) -> None:
    braga = corrected("The user lives in Braga.", porto)
    faro = corrected("The user lives in Faro.", braga)
    await supersede(store, ME, porto, braga, LATER)
    await supersede(store, ME, braga, faro, LATER)
    again = corrected("The user lives in Braga.", faro)
    assert again.id == braga.id
    await supersede(store, ME, faro, again, LATER)
    active = [m for m in await memories_of(store, ME) if "lives in" in m.text]
    assert [m.text for m in active] == ["The user lives in Braga."]
    await forget(store, ME, active[0])
    kept = str(await store.everything())
    assert [city for city in ("Porto", "Braga", "Faro") if city in kept] == []


async def test_forgetting_what_corrected_an_episode_empties_the_episode(
    store: Watched, porto: Memory
) -> None:
    episode = await find(store, ME, episode_id(TURN))
    braga = corrected("The user lives in Braga.", episode)
    await supersede(store, ME, episode, braga, LATER)
    assert await forget(store, ME, braga) == 2
    assert (await find(store, ME, episode.id)).text == FORGOTTEN
    assert await teach(store) == []


async def test_forgetting_an_episode_empties_it(store: Watched, porto: Memory) -> None:
    episode = await find(store, ME, episode_id(TURN))
    assert await forget(store, ME, episode) == 1
    left = await store.memories()
    assert (left[episode.id].text, left[episode.id].detail) == (FORGOTTEN, "")
    assert left[porto.id].provenance.quote == ""
    assert await teach(store) == []


async def test_emptied_and_replaced_memories_leave_the_index(store: Watched, porto: Memory) -> None:
    await supersede(store, ME, porto, corrected("The user lives in Braga.", porto), LATER)
    await forget(store, ME, (await memories_of(store, ME))[0])
    puts = [op for batch in store.writes for op in batch if isinstance(op, PutOp) and op.value is not None]
    for op in puts:
        assert op.value is not None
        assert (op.index is False) == (op.value.get("status") != "active")


@pytest.mark.parametrize("guess", ["", "nothing", "../m1", "x" * 10_000, "\x00", "\ud800"])
async def test_an_id_that_is_none(store: Watched, porto: Memory, guess: str) -> None:
    with pytest.raises(UserError) as caught:
        await find(store, ME, guess)
    assert caught.value.sentence == f"There is no memory with the id {guess[:64]!r}; search for it again."
    caught.value.sentence.encode()


async def test_s10_another_users_memory_is_not_found(store: Watched, porto: Memory) -> None:
    for other in ("bob", "Alice", "alice ", "alic", "alice2", "ａlice"):
        with pytest.raises(UserError, match="There is no memory with the id"):
            await find(store, other, porto.id)
    assert (await find(store, ME, porto.id)) == porto


async def test_forgetting_leaves_other_users_alone(store: Watched, porto: Memory) -> None:
    theirs = {memory.id: memory for memory in await teach(store, user="bob")}
    assert porto.id in theirs
    await forget(store, ME, porto)
    assert await store.memories("bob") == theirs


async def test_memories_of_every_kind_are_found(store: Watched, porto: Memory) -> None:
    habit = porto.model_copy(update={"id": "habit", "kind": Kind.PROCEDURAL})
    await store.abatch([put(ME, habit)])
    assert await find(store, ME, "habit") == habit
    assert await forget(store, ME, habit) == 1
    assert "habit" not in await store.everything()

"""What a turn taught leaves recall with it and comes back with it, whoever else said the same and in any order."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from memory.lifecycle.changing.change import find, forget, supersede
from memory.lifecycle.changing.undo import bring_back, take_back
from memory.lifecycle.learning.remember import remember
from memory.lifecycle.turns.evidence import turn_name
from memory.schema import Kind, Memory, Source, Status
from tests.unit.memory_parts import LATER, ME, THREAD, Watched, extraction, fact, said, turn

modest = settings(max_examples=60)
PLACES = ("Porto", "Lisbon", "Oslo")


def statement(place: str) -> str:
    return f"The user likes {place}."


async def teach(store: Watched, number: int, places: tuple[str, ...]) -> None:
    """A turn in which the user says what they like."""
    text = " ".join(f"I like {place}." for place in places) or "Hello."
    facts = [fact(statement(place), f"I like {place}", f"m{number}") for place in places]

    async def extract(_: object) -> object:
        return extraction(*facts)

    evidence = turn(said(text, number), said("Noted.", 100 + number, "assistant"))
    await remember(store, ME, [evidence], extract, now=LATER, max_facts=20)  # type: ignore[arg-type]


def name(number: int) -> str:
    return turn_name(THREAD, f"m{number}")


async def known(store: Watched) -> dict[str, list[str]]:
    """Each active fact with the turns that bear it out."""
    memories = (await store.memories()).values()
    active = [m for m in memories if m.kind is Kind.SEMANTIC and m.status is Status.ACTIVE]
    assert len(active) == len({m.text for m in active}), "one statement is one memory"
    return {m.text: sorted({m.turn, *m.also}) for m in active}


async def heard(store: Watched) -> set[str]:
    """The turns whose words are recalled from."""
    return {
        m.turn
        for m in (await store.memories()).values()
        if m.kind is Kind.EPISODIC and m.status is Status.ACTIVE
    }


@modest
@given(
    st.lists(st.sets(st.sampled_from(PLACES), max_size=3), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), max_size=8),
)
def test_what_is_known_is_what_the_turns_that_stand_have_said(
    taught: list[set[str]], changes: list[int]
) -> None:
    async def work() -> None:
        store = Watched()
        for number, places in enumerate(taught):
            await teach(store, number, tuple(sorted(places)))
        standing = set(range(len(taught)))
        for change in (each % len(taught) for each in changes):
            away = change in standing
            for again in (False, True):
                done = await (take_back if away else bring_back)(store, ME, name(change))
                assert bool(done) is not again, "the second time changes nothing"
            standing ^= {change}
            assert await heard(store) == {name(number) for number in standing}
            assert await known(store) == {
                statement(place): sorted(name(n) for n in standing if place in taught[n])
                for place in PLACES
                if any(place in taught[n] for n in standing)
            }

    asyncio.run(work())


async def corrected(store: Watched) -> tuple[Memory, Memory]:
    """Porto in the first turn, corrected to Oslo in the second."""
    await teach(store, 1, ("Porto",))
    await teach(store, 2, ())
    [old] = [m for m in (await store.memories()).values() if m.kind is Kind.SEMANTIC]
    provenance = old.provenance.model_copy(update={"message_ids": ["m2"]})
    update = {"id": "new", "text": statement("Oslo"), "fingerprint": "new", "turn": name(2)}
    new = old.model_copy(update={**update, "supersedes": old.id, "provenance": provenance})
    await supersede(store, ME, old, new, LATER)
    return old, new


async def test_a_correction_is_taken_back_and_the_corrected_holds_again() -> None:
    store = Watched()
    old, new = await corrected(store)
    before = await store.everything()
    await take_back(store, ME, name(2))
    assert await known(store) == {statement("Porto"): [name(1)]}
    assert (await find(store, ME, old.id)).validity.valid_to is None
    await take_back(store, ME, name(1))
    assert await known(store) == {}
    await bring_back(store, ME, name(1))
    await bring_back(store, ME, name(2))
    assert await store.everything() == before
    assert (await find(store, ME, old.id)).validity.superseded_by == new.id


async def test_said_and_corrected_in_one_turn_goes_and_comes_back_as_it_was() -> None:
    store = Watched()
    old, new = await corrected(store)
    one = [
        m.model_copy(update={"turn": name(2)})
        for m in (await store.memories()).values()
        if m.id in (old.id, new.id)
    ]
    for memory in one:
        await store.aput(("users", ME, memory.kind.value), memory.id, memory.to_value())
    before = await store.everything()
    await take_back(store, ME, name(2))
    assert await known(store) == {}
    await bring_back(store, ME, name(2))
    assert await store.everything() == before


async def test_it_is_one_write_and_a_failure_leaves_all_as_it_was() -> None:
    store = Watched()
    await teach(store, 1, PLACES)
    store.batches.clear()
    await take_back(store, ME, name(1))
    assert len(store.writes) == 1
    await bring_back(store, ME, name(1))
    assert len(store.writes) == 2


async def test_what_is_forgotten_while_its_turn_is_undone_does_not_come_back() -> None:
    store = Watched()
    await teach(store, 1, ("Porto", "Oslo"))
    [porto] = [m for m in (await store.memories()).values() if m.text == statement("Porto")]
    await take_back(store, ME, name(1))
    await forget(store, ME, await find(store, ME, porto.id))
    await bring_back(store, ME, name(1))
    assert list(await known(store)) == [statement("Oslo")]
    assert "Porto" not in str(await store.everything())


async def test_a_turn_said_again_under_its_id_takes_the_place_of_the_undone_one() -> None:
    store = Watched()
    await teach(store, 1, ("Porto", "Oslo"))
    await take_back(store, ME, name(1))
    await teach(store, 1, ("Lisbon",))
    assert await known(store) == {statement("Lisbon"): [name(1)]}
    assert not await bring_back(store, ME, name(1))
    assert "Porto" not in str(await store.everything())


async def test_a_memory_handed_on_rests_on_the_other_turns_words() -> None:
    store = Watched()
    await teach(store, 1, ("Porto",))
    await teach(store, 2, ("Porto",))
    await take_back(store, ME, name(1))
    [memory] = [m for m in (await store.memories()).values() if m.kind is Kind.SEMANTIC]
    assert (memory.provenance.message_ids, memory.provenance.source) == (["m2"], Source.USER)

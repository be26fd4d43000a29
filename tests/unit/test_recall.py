"""Recall over a small deterministic embedding: whose, which, in what order, and the receipt."""

import json

import pytest
from langgraph.store.base import SearchOp

from memory.lifecycle.learning.build import episodes, semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.recalling.recalled import MAX_TEXT_CHARS, as_state
from memory.long_term.ranking.question import MAX_QUERY_CHARS
from memory.namespaces import memory_namespace
from memory.schema import Memory, Status
from tests.unit.memory_parts import LATER, ME, THREAD, Watched, fact, said, turn


def learned(statement: str, number: int = 1) -> Memory:
    message = said(statement, number)
    found = fact(statement[:500], statement, message.id)
    return semantic(THREAD, message, found, run_id=None, turn=f"{THREAD}:{message.id}", now=LATER)


@pytest.fixture
async def store() -> Watched:
    made = Watched()
    cities = [
        learned(f"The user lives in {city}.", number)
        for number, city in enumerate(["Porto", "Braga", "Faro"])
    ]
    past = cities[1].model_copy(update={"status": Status.SUPERSEDED})
    talk = episodes(
        turn(said("We want to eat sardines. Where?", 7), said("In Matosinhos.", 8, "assistant")), "", LATER
    )
    await made.abatch([put(ME, memory) for memory in (cities[0], past, cities[2], *talk)])
    await made.abatch([put("bob", learned("The user lives in Porto with nine cats."))])
    made.batches.clear()
    return made


async def test_the_best_comes_first_with_its_receipt(store: Watched) -> None:
    found = await recall(store, ME, "The user lives in Porto.", limit=5)
    best = found[0]
    assert (best.text, best.rank, best.lane, best.score) == ("The user lives in Porto.", 1, "vector", 1.0)
    assert (best.source, best.thread_id, best.message_ids) == ("user", THREAD, ["m0"])
    assert best.why == "close in meaning"
    assert [item.rank for item in found] == list(range(1, len(found) + 1))


async def test_one_round_trip(store: Watched) -> None:
    await recall(store, ME, "Porto", limit=5)
    assert len(store.batches) == 1


async def test_only_the_users_own_active_memories(store: Watched) -> None:
    found = [
        item.text for item in await recall(store, ME, "The user lives in Braga with nine cats", limit=50)
    ]
    assert "The user lives in Braga." not in found
    assert not [text for text in found if "cats" in text]
    assert await recall(store, "carol", "The user lives in Porto.", limit=50) == []


@pytest.mark.parametrize("limit", [1, 2])
async def test_no_more_than_asked_for(store: Watched, limit: int) -> None:
    assert len(await recall(store, ME, "The user lives in Porto. eat sardines", limit=limit)) == limit


async def test_what_has_nothing_to_do_with_it_is_left_out(store: Watched) -> None:
    assert await recall(store, ME, "zebra", limit=5) == []


async def test_episodes_that_the_model_has_before_it_are_left_out(store: Watched) -> None:
    query = "Where shall we eat sardines?"
    assert [item.kind.value for item in await recall(store, ME, query, limit=5)] == ["episodic"]
    assert await recall(store, ME, query, limit=5, seen={"m7"}) == []
    assert len(await recall(store, ME, query, limit=5, seen={"m9"})) == 1


async def test_facts_of_the_conversation_at_hand_stay(store: Watched) -> None:
    found = await recall(store, ME, "The user lives in Porto.", limit=5, seen={"m0"})
    assert found[0].message_ids == ["m0"]


async def test_another_programs_values_are_passed_over(store: Watched) -> None:
    odd = {"text": "The user lives in Porto.", "status": "active"}
    await store.inner.aput(memory_namespace(ME, "semantic"), "odd", odd)
    assert "odd" not in {item.id for item in await recall(store, ME, "The user lives in Porto.", limit=50)}


async def test_query_and_text_have_bounds(store: Watched) -> None:
    await store.abatch([put(ME, each) for each in episodes(turn(said("long " * 400, 20)), "", LATER)])
    found = await recall(store, ME, "long " * 1_000_000, limit=5)
    assert [len(item.text) <= MAX_TEXT_CHARS for item in found] == [True]
    queries = {op.query for op in store.batches[-1] if isinstance(op, SearchOp)}
    assert [len(str(query)) for query in queries] == [MAX_QUERY_CHARS]


async def test_the_receipt_is_plain_json(store: Watched) -> None:
    rows = as_state(await recall(store, ME, "The user lives in Porto.", limit=1))
    assert json.loads(json.dumps(rows)) == rows
    assert rows[0]["said_at"] == "2026-05-03T12:00:00Z"
    assert (rows[0]["kind"], rows[0]["status"], rows[0]["score"]) == ("semantic", "active", 1.0)

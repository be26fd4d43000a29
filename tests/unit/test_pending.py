"""Turns whose words are kept first and whose facts come later: once, and not at all when they are taken back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from memory.lifecycle.changing.undo import bring_back, take_back
from memory.lifecycle.learning.build import episode_id
from memory.lifecycle.learning.remember import Remembered, remember
from memory.lifecycle.learning.words import keep_words
from memory.lifecycle.reading.lookup import all_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.turns.evidence import Evidence
from memory.lifecycle.turns.pending import ENOUGH, Pending, cancel, is_overdue, marks, pending_of
from memory.schema import Kind, Memory
from tests.unit.memory_parts import LATER, ME, THREAD, Watched, extraction, fact, said, turn
from tests.unit.test_remember import Extractor

TURN = turn(said("I live in Porto."), said("Noted.", 2, "assistant"))
OTHER = turn(said("I like fado.", 3), thread="22222222-2222-4222-8222-222222222222")
LIVES = extraction(fact("The user lives in Porto.", "I live in Porto"))


@pytest.fixture
def store() -> Watched:
    return Watched()


async def complete(store: Watched, extract: Any = None, evidence: Evidence = TURN) -> Remembered:
    return await remember(store, ME, [evidence], extract or Extractor(LIVES), now=LATER, max_facts=20)


async def memories(store: Watched) -> list[Memory]:
    """The marks aside, which have their episodes' keys."""
    found = [each for kind in Kind async for each in all_of(store, ME, kind)]
    return sorted(found, key=lambda memory: memory.id)


async def kinds(store: Watched) -> list[str]:
    return sorted(memory.kind for memory in await memories(store))


async def test_the_words_are_recalled_before_any_model_was_asked(store: Watched) -> None:
    kept = await keep_words(store, ME, [TURN, OTHER], now=LATER)
    assert [memory.text[13:] for memory in kept] == [
        "User: I live in Porto.",
        "Assistant: Noted.",
        "User: I like fado.",
    ]
    assert len(store.writes) == 1
    found = await recall(store, ME, "Where do I live? In Porto?", limit=3)
    assert found[0].text.endswith("I live in Porto.")
    assert {each.human_id for each in await pending_of(store, ME)} == {"m1", "m3"}
    assert [each.human_id for each in await pending_of(store, ME, THREAD)] == ["m1"]
    assert await pending_of(store, "somebody else") == []


async def test_a_mark_holds_no_words(store: Watched) -> None:
    await keep_words(store, ME, [TURN], now=LATER)
    [mark] = [op for op in store.writes[0] if op.namespace == marks(ME)]
    assert mark.value is not None
    assert set(mark.value) == {"thread", "message", "since"}
    assert mark.index is False


async def test_its_facts_come_in_one_batch_with_the_end_of_the_mark(store: Watched) -> None:
    await keep_words(store, ME, [TURN], now=LATER)
    result = await complete(store)
    assert [memory.text for memory in result.memories] == ["The user lives in Porto."]
    batch = store.writes[-1]
    assert [op.namespace for op in batch if op.value is None] == [marks(ME)]
    assert {op.namespace[-1] for op in batch} >= {"semantic", "episodic", "pending"}
    assert len(store.writes) == 2
    assert await pending_of(store, ME) == []
    assert (await complete(store)).already == 1
    assert await kinds(store) == ["episodic", "episodic", "semantic"]
    inline = Watched()
    await complete(inline)
    assert await memories(inline) == await memories(store)


async def test_words_that_are_kept_twice_are_kept_once_and_what_is_done_stays_done(store: Watched) -> None:
    await keep_words(store, ME, [TURN], now=LATER)
    assert await keep_words(store, ME, [TURN], now=LATER) == []
    await complete(store)
    assert await keep_words(store, ME, [TURN], now=LATER) == []
    assert await pending_of(store, ME) == []


async def test_a_turn_in_which_something_was_forgotten_has_no_facts_to_come(store: Watched) -> None:
    await keep_words(store, ME, [turn(said("Forget where I live."), private=True)], now=LATER)
    assert await pending_of(store, ME) == []


async def test_a_turn_said_again_after_an_undo_is_a_new_one(store: Watched) -> None:
    await complete(store)
    await take_back(store, ME, TURN.turn)
    await keep_words(store, ME, [TURN], now=LATER)
    assert await kinds(store) == ["episodic", "episodic"]
    await complete(store)
    assert await kinds(store) == ["episodic", "episodic", "semantic"]
    assert all(memory.undone is None for memory in await memories(store))


async def test_an_undone_turn_keeps_its_mark_until_it_is_redone(store: Watched) -> None:
    await keep_words(store, ME, [TURN], now=LATER)
    await take_back(store, ME, TURN.turn)
    assert len(await pending_of(store, ME)) == 1
    await bring_back(store, ME, TURN.turn)
    assert (await complete(store)).already == 0
    assert await kinds(store) == ["episodic", "episodic", "semantic"]


async def test_what_is_cancelled_is_counted_and_only_that_user_s(store: Watched) -> None:
    await keep_words(store, ME, [TURN, OTHER], now=LATER)
    await keep_words(store, "bob", [TURN], now=LATER)
    assert await cancel(store, ME) == 2
    assert await cancel(store, ME) == 0
    assert (await complete(store)).already == 1
    assert len(await pending_of(store, "bob")) == 1


@pytest.mark.parametrize(
    ("turns", "oldest_s", "overdue"),
    [(0, 0, False), (1, 0, False), (1, 60, False), (1, 200, True), (ENOUGH, 0, True)],
)
def test_a_conversation_without_a_pause_is_extracted_all_the_same(
    turns: int, oldest_s: int, overdue: bool
) -> None:
    since: datetime = LATER - timedelta(seconds=oldest_s)
    waiting = [Pending(str(number), THREAD, "m", since) for number in range(turns)]
    assert is_overdue(waiting, LATER, 10) is overdue


async def test_what_nobody_forgot_meanwhile_is_still_the_first_episode(store: Watched) -> None:
    await keep_words(store, ME, [TURN], now=LATER)
    await complete(store)
    [first] = [m for m in await memories(store) if m.id == episode_id(TURN)]
    assert (first.kind, first.summary) == (Kind.EPISODIC, "They talked.")


ODD: list[dict[str, Any]] = [
    {},
    {"thread": THREAD},
    {"thread": 7, "message": "m1", "since": LATER.isoformat()},
    {"thread": THREAD, "message": "m1", "since": "yesterday"},
    {"thread": THREAD, "message": "m1", "since": "2026-05-03T12:00:00"},
]


async def test_what_another_program_put_among_the_marks_is_no_mark(store: Watched) -> None:
    """Found by a review: recovery reads the marks of everybody, and one odd item stopped it for all of them."""
    await keep_words(store, ME, [TURN], now=LATER)
    for number, value in enumerate(ODD):
        await store.aput(marks(ME), f"odd-{number}", value)
    assert [each.human_id for each in await pending_of(store, ME)] == ["m1"]

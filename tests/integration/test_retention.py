"""Maintenance deletes what the settings do not keep, on every checkpointer as far as that one can, and says what."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver

from config.errors import UserError
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from graphs.maintenance import graph, policy_of
from graphs.timeline import history, replay
from graphs.undo import at, redo, undo
from memory.serving import serving
from memory.short_term.factory import open_checkpointer
from memory.short_term.pruned import keeps_by_number, prune
from memory.short_term.retention import Policy
from memory.short_term.timeline import LEFT_OUT, id_of
from tests.services.chat import ANA, say, thread
from tests.services.undoing import Crashing

THREAD = thread()["configurable"]["thread_id"]


@pytest.fixture(params=["postgres", "redis", "plain", "memory"])
async def chat(
    request: pytest.FixtureRequest, crashing: Crashing, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Chat]:
    """Three turns, each of a run of its own, on a checkpointer; the store is in this process."""
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    settings.cache_clear()
    where = {
        "postgres": lambda: Settings(postgres=request.getfixturevalue("database")),
        "redis": lambda: Settings(checkpointer=request.getfixturevalue("redis_database")),
        "plain": lambda: Settings(checkpointer=request.getfixturevalue("plain_redis_database")),
        "memory": lambda: Settings(checkpointer="memory"),  # type: ignore[arg-type]
    }[request.param]()
    async with open_checkpointer(where) as saver:
        made = compile_chat(saver, crashing.store)
        for number, text in enumerate(("I live in Porto.", "I like tea.", "I like chess.")):
            run = {"metadata": {"user_id": ANA, "run_id": f"run-{number}"}}
            await say(made, text, {**thread(), **run})  # type: ignore[typeddict-item]
        yield made


async def ids(chat: Chat) -> list[str]:
    saver: Any = chat.checkpointer
    return [each.checkpoint["id"] async for each in saver.alist(at(THREAD))]


def saver_of(chat: Chat) -> BaseCheckpointSaver[Any]:
    saver: Any = chat.checkpointer
    return saver


async def test_the_old_end_of_a_history_goes_and_the_conversation_goes_on(chat: Chat) -> None:
    before = await ids(chat)
    now = datetime.now(UTC)
    told = await prune(saver_of(chat), Policy(keep_last=6), now, dry_run=True)
    assert await ids(chat) == before
    assert (told.looked_at, told.threads, told.checkpoints) == (1, 0, len(before) - 6)
    assert told.bytes > 0
    done = await prune(saver_of(chat), Policy(keep_last=6), now)
    left = await ids(chat)
    assert left == before[: len(left)]
    assert len(left) >= 6
    assert done.checkpoints == len(before) - len(left)
    assert done.kept_anyway == (0 if keeps_by_number(saver_of(chat)) else len(left) - 6)
    await undo(chat, ANA, THREAD)
    assert len((await chat.aget_state(at(THREAD))).values["messages"]) == 4
    await redo(chat, ANA, THREAD)
    assert len((await say(chat, "Hello"))["messages"]) == 8


async def test_a_turn_whose_past_is_gone_is_not_undone(chat: Chat) -> None:
    done = await prune(saver_of(chat), Policy(keep_last=1), datetime.now(UTC))
    if not done.checkpoints:
        assert done.kept_anyway > 0
        return
    with pytest.raises(UserError, match="no longer kept"):
        await undo(chat, ANA, THREAD)
    assert (await chat.aget_state(at(THREAD))).values["messages"]


async def test_an_untouched_thread_goes_as_a_whole(chat: Chat) -> None:
    later = datetime.now(UTC) + timedelta(days=31)
    done = await prune(saver_of(chat), Policy(threads_for=timedelta(days=30)), later)
    assert (done.threads, await ids(chat)) == (1, [])


async def test_a_redo_keeps_the_state_that_it_goes_back_to(chat: Chat) -> None:
    await undo(chat, ANA, THREAD)
    await prune(saver_of(chat), Policy(keep_last=1), datetime.now(UTC))
    await redo(chat, ANA, THREAD)
    assert len((await chat.aget_state(at(THREAD))).values["messages"]) == 6


async def test_the_graph_prunes_by_the_settings(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_KEEP_CHECKPOINTS", "6")
    settings.cache_clear()
    assert policy_of(settings()) == Policy(keep_last=6, steps_of=5)
    before = await ids(chat)
    with serving.with_checkpointer(saver_of(chat)):
        told = await graph.ainvoke({"dry_run": True})
        assert told["pruned"]["checkpoints"] == len(before) - 6
        assert await ids(chat) == before
        done = await graph.ainvoke({})
    assert done["pruned"]["checkpoints"] == len(before) - len(await ids(chat))


async def test_earlier_turns_without_their_steps_are_undone_redone_and_replayed(chat: Chat) -> None:
    before = {id_of(each): each async for each in chat.aget_state_history(at(THREAD))}
    done = await prune(saver_of(chat), Policy(steps_of=1), datetime.now(UTC))
    after = [each async for each in chat.aget_state_history(at(THREAD))]
    assert done.checkpoints == len(before) - len(after) > 0
    assert all(each.values == before[id_of(each)].values for each in after)
    assert [each.number for each in await history(chat, THREAD)] == [each.metadata["step"] for each in after]  # type: ignore[index]
    told = await history(chat, THREAD)
    thinned = [step.nodes for step in told if LEFT_OUT in step.nodes]
    assert thinned == [["__start__", LEFT_OUT]] * 2
    for left in (4, 2, 0):
        await undo(chat, ANA, THREAD)
        assert len((await chat.aget_state(at(THREAD))).values["messages"]) == left
    # What a redo goes back to stays.
    await prune(saver_of(chat), Policy(steps_of=1), datetime.now(UTC))
    for back in (2, 4, 6):
        await redo(chat, ANA, THREAD)
        assert len((await chat.aget_state(at(THREAD))).values["messages"]) == back
    first = next(id_of(each) for each in reversed(after) if each.metadata["source"] == "input")  # type: ignore[index]
    assert "respond" in [node async for node, _ in replay(chat, ANA, THREAD, first)]
    assert len((await chat.aget_state(at(THREAD))).values["messages"]) == 2

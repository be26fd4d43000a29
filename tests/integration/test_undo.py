"""Undo takes a turn back with what it taught, redo brings both back, on every checkpointer and through every crash."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from config.errors import UserError
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from graphs.recovery import recover
from graphs.undo import at, mend, redo, undo
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.recalling.recall import recall
from memory.long_term.factory import open_store
from memory.schema import Kind
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, facts, say, thread
from tests.services.undoing import Crash, Crashing, a_crashing_chat

THREAD = thread()["configurable"]["thread_id"]
NAME = "My name is Ana and I live in Porto."
DOG = "I have a dog named Rex."


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    settings.cache_clear()


@pytest.fixture
def chat(crashing: Crashing) -> Chat:
    return crashing.chat


def store_of(chat: Chat) -> BaseStore:
    assert chat.store is not None
    return chat.store


async def texts(chat: Chat) -> list[str]:
    state = await chat.aget_state(at(THREAD))
    return [str(message.text) for message in state.values.get("messages") or []]


async def taught(chat: Chat, user: str = ANA) -> list[str]:
    kinds = (Kind.SEMANTIC, Kind.EPISODIC)
    return sorted(memory.text for memory in await memories_of(store_of(chat), user, kinds=kinds))


async def everything(chat: Chat) -> tuple[dict[str, Any], list[str]]:
    """The whole state but for what can be redone, and all that is recalled from."""
    values = dict((await chat.aget_state(at(THREAD))).values)
    values.pop("undone", None)
    return {name: value for name, value in values.items() if value}, await taught(chat)


async def test_undo_takes_back_what_the_turn_taught_and_redo_brings_it_back(chat: Chat) -> None:
    await say(chat, NAME)
    after_one = await everything(chat)
    await say(chat, DOG)
    after_two = await everything(chat)
    assert "Rex" in str(after_two)
    undone = await undo(chat, ANA, THREAD)
    assert (undone.said, undone.kinds) == (DOG, {"semantic": 1, "episodic": 2})
    assert await everything(chat) == after_one
    assert not [m for m in await recall(store_of(chat), ANA, "dog named Rex", limit=8) if "Rex" in m.text]
    await undo(chat, ANA, THREAD)
    assert await everything(chat) == ({}, [])
    with pytest.raises(UserError, match="nothing to undo"):
        await undo(chat, ANA, THREAD)
    assert (await redo(chat, ANA, THREAD)).said == NAME
    assert await everything(chat) == after_one
    assert (await redo(chat, ANA, THREAD)).said == DOG
    assert await everything(chat) == after_two
    assert (await chat.aget_state(at(THREAD))).next == ()
    with pytest.raises(UserError, match="nothing to redo"):
        await redo(chat, ANA, THREAD)


async def test_the_conversation_goes_on_after_an_undo_and_learns_the_undone_turn_never_again(
    chat: Chat,
) -> None:
    await say(chat, NAME)
    await say(chat, DOG)
    await undo(chat, ANA, THREAD)
    await say(chat, "I like tea.")
    assert DOG not in await texts(chat)
    assert not [fact for fact in await facts(store_of(chat)) if "Rex" in fact]
    with pytest.raises(UserError, match="nothing to redo"):
        await redo(chat, ANA, THREAD)
    assert await recover(chat, ANA) == 0
    assert not [fact for fact in await facts(store_of(chat)) if "Rex" in fact]
    await undo(chat, ANA, THREAD)
    assert (await texts(chat))[0] == NAME
    assert len(await texts(chat)) == 2


async def test_a_message_sent_again_after_an_undo_is_a_new_turn(chat: Chat) -> None:
    await say(chat, "I live in Porto.", message_id="m")
    await undo(chat, ANA, THREAD)
    await say(chat, "I live in Lisbon.", message_id="m")
    assert (await texts(chat))[0] == "I live in Lisbon."
    assert await facts(store_of(chat)) == ["The user lives in Lisbon."]
    await undo(chat, ANA, THREAD)
    assert await facts(store_of(chat)) == []
    await redo(chat, ANA, THREAD)
    assert await facts(store_of(chat)) == ["The user lives in Lisbon."]


async def test_session_state_and_removed_keys_go_back_too(chat: Chat) -> None:
    await say(chat, "Hello")
    await say(chat, "add buy bread to my task list")
    assert (await chat.aget_state(at(THREAD))).values["tasks"]
    await undo(chat, ANA, THREAD)
    assert not (await chat.aget_state(at(THREAD))).values.get("tasks")
    await redo(chat, ANA, THREAD)
    assert [t["title"] for t in (await chat.aget_state(at(THREAD))).values["tasks"]] == ["buy bread"]


async def test_another_persons_turn_is_not_ones_own_to_undo(chat: Chat) -> None:
    await say(chat, NAME)
    with pytest.raises(UserError, match="another person's"):
        await undo(chat, "bob", THREAD)
    assert len(await texts(chat)) == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_at_any_write_of_an_undo_or_redo_is_mended_by_doing_it_again(after: bool) -> None:
    crashes = 0
    for number in range(1, 12):
        one = a_crashing_chat()
        await say(one.chat, NAME)
        before = await everything(one.chat)
        await say(one.chat, DOG)
        whole = await everything(one.chat)
        for step, expected in ((undo, before), (redo, whole)):
            crashes += await _again_after_a_crash(one, number, step, after=after)
            assert await everything(one.chat) == expected, (number, step.__name__)
    assert crashes >= 6


async def _again_after_a_crash(
    one: Crashing, number: int, step: Callable[..., Awaitable[Any]], *, after: bool
) -> bool:
    """Whether it crashed; doing it again may find that all was done but for the answer."""
    one.failpoint.arm(number, after=after)
    try:
        await step(one.chat, ANA, THREAD)
    except Crash:
        one.failpoint.arm(0, after=False)
        state = (await one.chat.aget_state(at(THREAD))).values
        done = bool(state.get("undone")) is (step is undo)
        if not done or step is redo:
            with suppress(UserError):
                await step(one.chat, ANA, THREAD)
        return True
    one.failpoint.arm(0, after=False)
    return False


async def test_what_a_crash_left_away_comes_back_with_the_recovery_at_the_next_start() -> None:
    one = a_crashing_chat()
    await say(one.chat, NAME)
    whole = await everything(one.chat)
    one.failpoint.arm(2, after=False)
    with pytest.raises(Crash):
        await undo(one.chat, ANA, THREAD)
    one.failpoint.arm(0, after=False)
    assert await taught(one.chat) == []
    assert await mend(one.chat, ANA) > 0
    assert await everything(one.chat) == whole
    assert await mend(one.chat, ANA) == 0


async def test_a_turn_that_was_never_remembered_is_undone_and_redone(chat: Chat, crashing: Crashing) -> None:
    await say(chat, NAME)
    crashing.failpoint.arm(6, after=False)
    with pytest.raises(Crash):
        await chat.ainvoke({"messages": [HumanMessage(DOG)]}, thread(), context=ChatContext(user_id=ANA))
    crashing.failpoint.arm(0, after=False)
    said = await texts(chat)
    assert DOG in said
    await undo(chat, ANA, THREAD)
    assert len(await texts(chat)) == 2
    await redo(chat, ANA, THREAD)
    assert DOG in await texts(chat)
    await say(chat, "I like tea.")
    assert [fact for fact in await facts(store_of(chat)) if "tea" in fact]


@pytest.fixture(params=["postgres", "redis", "plain", "memory"])
async def real(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Awaitable[Chat]]]:
    """Opens the chat anew on the same databases, as a restart does; memory's lives on in the process."""
    where = {
        "postgres": lambda: Settings(postgres=request.getfixturevalue("database")),
        "redis": lambda: Settings(
            postgres=request.getfixturevalue("database"),
            checkpointer=request.getfixturevalue("redis_database"),
        ),
        "plain": lambda: Settings(
            postgres=request.getfixturevalue("database"),
            checkpointer=request.getfixturevalue("plain_redis_database"),
        ),
        "memory": lambda: Settings(checkpointer="memory", store="memory"),  # type: ignore[arg-type]
    }[request.param]()
    async with AsyncExitStack() as stack:
        kept: list[Chat] = []

        async def start() -> Chat:
            if request.param == "memory" and kept:
                return kept[0]
            await stack.aclose()
            store = await stack.enter_async_context(open_store(where))
            saver = await stack.enter_async_context(open_checkpointer(where))
            kept[:] = [compile_chat(saver, store)]
            return kept[0]

        yield start


async def test_undo_and_redo_survive_restarts_on_every_checkpointer(
    real: Callable[[], Awaitable[Chat]],
) -> None:
    chat = await real()
    await say(chat, NAME)
    before = await everything(chat)
    await say(chat, DOG)
    whole = await everything(chat)
    await undo(await real(), ANA, THREAD)
    chat = await real()
    assert await everything(chat) == before
    await redo(chat, ANA, THREAD)
    chat = await real()
    assert await everything(chat) == whole
    history = [state async for state in chat.aget_state_history(at(THREAD))]
    assert [len(s.values.get("messages") or []) for s in history][:3] == [4, 2, 4]

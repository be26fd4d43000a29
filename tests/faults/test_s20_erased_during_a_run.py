"""S20: a user erased during a run and a pending extraction: nothing is left, and what comes late is refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.store.base import PutOp

from agents.nodes import remember as nodes_remember
from agents.nodes import respond as nodes_respond
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from graphs.forgetting import erase_user, places_of
from memory.lifecycle.changing import change
from memory.lifecycle.changing.by_hand import edit
from memory.lifecycle.learning.build import semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.leaving.inventory import inventory
from memory.long_term.erasing import CACHE, erase_from
from memory.long_term.factory import open_store
from memory.long_term.rows.burials import ErasedError
from memory.long_term.statements.began import since
from memory.long_term.statements.operations import PutIf
from memory.namespaces import owner_namespace
from memory.short_term.conflict import ThreadConflict
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, facts, say, thread
from tests.services.long_term import opened
from tests.unit.memory_parts import NOON, THREAD, fact, said

STATED = fact("The user lives in Porto.", "I live in Porto.")
BOB = "bob@example.com"


def of(user: str, number: int = 1) -> RunnableConfig:
    return {**thread(number), "metadata": {"user_id": user}}


@pytest.fixture(params=["off", "early batches, cached, sealed"])
async def chat(
    request: pytest.FixtureRequest, configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Chat]:
    if request.param != "off":
        monkeypatch.setenv("MNEMOGRAPH_CACHE", "process")
        monkeypatch.setenv("MNEMOGRAPH_WRITE_BATCHING", "early")
        monkeypatch.setenv("MNEMOGRAPH_ENCRYPTION_KEYS", f"k:{'b2' * 21}8=")
        settings.cache_clear()
    async with open_store(settings()) as store, open_checkpointer(settings()) as saver:
        yield compile_chat(saver, store)


class Held:
    """A step of the turn, which goes on when it is told to."""

    def __init__(self) -> None:
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    def around(self, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def slow(*args: Any, **kwargs: Any) -> Any:
            self.reached.set()
            await self.go.wait()
            return await step(*args, **kwargs)

        return slow


async def total(chat: Chat, user: str) -> int:
    """But for what is cached: that nothing is there, once it was looked for."""
    counts = (await inventory(places_of(chat, user), user)).counts
    return sum(count for place, count in counts.items() if place != CACHE)


async def left_in_tables(chat: Chat, threads: list[str]) -> dict[str, int]:
    """Of these threads, by looking past what lists them."""
    saver: Any = chat.checkpointer
    return {name: count for name, count in (await saver.aheld(threads)).items() if count}


async def test_s20_erased_while_the_turn_is_remembered(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extraction is under way: it reads its turn before the erasure and would write after it."""
    await say(chat, "I live in Porto.", of(BOB, 2), user=BOB)
    kept = await total(chat, BOB)
    held = Held()
    real = nodes_remember.extractor
    monkeypatch.setattr(nodes_remember, "extractor", lambda *given: held.around(real(*given)))
    run = asyncio.create_task(say(chat, "I live in Porto.", of(ANA)))
    await held.reached.wait()
    done = await erase_user(chat, ANA)
    assert done.before["checkpoints"] > 0
    held.go.set()
    with pytest.raises(ThreadConflict):
        await run
    assert await total(chat, ANA) == 0
    assert await left_in_tables(chat, [thread()["configurable"]["thread_id"]]) == {}
    assert await total(chat, BOB) == kept


async def test_s20_erased_while_the_model_answers_and_who_comes_back_is_remembered(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(chat, "I have a dog named Rex.", of(ANA, 3))
    held = Held()
    monkeypatch.setattr(nodes_respond, "ask", held.around(nodes_respond.ask))
    run = asyncio.create_task(say(chat, "I live in Porto.", of(ANA)))
    await held.reached.wait()
    await erase_user(chat, ANA)
    held.go.set()
    with pytest.raises(ThreadConflict):
        await run
    assert await total(chat, ANA) == 0
    monkeypatch.undo()
    await say(chat, "I live in Braga.", of(ANA, 4))
    store: Any = chat.store
    assert await facts(store) == ["The user lives in Braga."]


async def test_s20_a_write_of_before_is_refused_through_every_wrapper(chat: Chat) -> None:
    store: Any = chat.store
    memory = semantic(THREAD, said("I live in Porto."), STATED, run_id=None, turn=f"{THREAD}:m1", now=NOON)
    with since(datetime.now(UTC) - timedelta(seconds=5)):
        await store.abatch([put(ANA, memory)])
        await erase_user(chat, ANA)
        with pytest.raises(ErasedError, match="erased while this was under way"):
            await store.abatch([put(ANA, memory)])
        # Another's work of that time is written.
        await store.abatch([put(BOB, memory)])
    assert await total(chat, ANA) == 0
    await store.abatch([put(ANA, memory)])
    assert await facts(store) == [memory.text]
    assert await facts(store, BOB) == [memory.text]


async def test_s20_an_edit_that_read_before_the_erasure_writes_nothing_after_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Any = chat.store
    memory = semantic(THREAD, said("I live in Porto."), STATED, run_id=None, turn=f"{THREAD}:m1", now=NOON)
    await store.abatch([put(ANA, memory)])
    held = Held()
    monkeypatch.setattr(change, "_supersede", held.around(change._supersede))
    editing = asyncio.create_task(edit(store, ANA, memory, "The user lives in Braga.", datetime.now(UTC)))
    await held.reached.wait()
    await erase_user(chat, ANA)
    held.go.set()
    with pytest.raises(ErasedError):
        await editing
    assert await total(chat, ANA) == 0


async def test_s20_it_holds_without_procedures_and_in_a_batch_with_others(database: str) -> None:
    namespace, other = (*owner_namespace(ANA), "notes"), (*owner_namespace(BOB), "notes")
    async with opened(database) as store:
        with since(datetime.now(UTC) - timedelta(seconds=5)):
            await store.aput(namespace, "k", {"text": "tea"})
            await erase_from(store, owner_namespace(ANA))
            for calls in (store._calls, {}):
                store._calls = calls
                for ops in (
                    [PutOp(namespace, "k", {"text": "tea"})],
                    [PutOp(namespace, "old", None), PutOp(namespace, "k", {"text": "tea"})],
                    [PutOp(other, "k", {"text": "tea"}), PutOp(namespace, "k", {"text": "tea"})],
                    [PutIf(PutOp(namespace, "k", {"text": "tea"}), 0)],
                ):
                    with pytest.raises(ErasedError):
                        await store.abatch(ops)
                assert await store.aget(other, "k") is None, "a batch is whole or not at all"
                await store.aput(other, "mine", {"text": "tea"})
        assert await store.asearch(owner_namespace(ANA)) == []
        await store.aput(namespace, "k", {"text": "tea"})
        assert len(await store.asearch(owner_namespace(ANA))) == 1

"""remember=background: the turn ends with its reply, its words are recalled at once, and its facts come later, once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from agents.conversation import without_notice
from config.settings import Settings, settings
from graphs.chat import Chat, open_chat
from graphs.extraction import derived, extract_turns, graph
from graphs.recovery import recover
from graphs.undo import redo, store_of, undo
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.turns.extraction import Extraction
from memory.lifecycle.turns.pending import cancel, pending_of
from memory.namespaces import memory_namespace
from memory.schema import Kind
from memory.serving import serving
from tests.services.chat import ANA, episodes, facts, say, thread
from tests.services.procedures import CHEERS, WISH, asked, decided, standing

THREAD = thread()["configurable"]["thread_id"]
PORTO = ["The user lives in Porto."]
Twice = Callable[[Callable[[], Awaitable[Any]]], None]


@pytest.fixture
async def talk(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chat]:
    """A chat that extracts in the background, after hours: a test asks for it."""
    monkeypatch.setenv("MNEMOGRAPH_REMEMBER", "background")
    monkeypatch.setenv("MNEMOGRAPH_REMEMBER_AFTER_S", "3600")
    settings.cache_clear()
    async with open_chat(settings()) as opened:
        yield opened


@pytest.fixture
def known(talk: Chat) -> BaseStore:
    return store_of(talk)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Twice:
    """What happens while the first extraction is under way."""

    def happens(event: Callable[[], Awaitable[Any]]) -> None:
        asked = 0

        def extractor(*_: Any) -> Any:
            async def extract(document: dict[str, Any]) -> Extraction:
                nonlocal asked
                asked += 1
                if asked == 1:
                    await event()
                said = document["messages"][0]
                fact = {
                    "statement": PORTO[0],
                    "category": "location",
                    "importance": 0.5,
                    "quote": said["text"],
                }
                return Extraction.model_validate(
                    {"summary": "Porto.", "facts": [{**fact, "message_id": said["id"]}]}
                )

            return extract

        monkeypatch.setattr("agents.nodes.remember.extractor", extractor)

    return happens


async def extracted(chat: Chat) -> int:
    saver: Any = chat.checkpointer
    return await extract_turns(saver, store_of(chat), ANA, THREAD, settings())


async def test_the_words_are_there_at_once_and_the_facts_at_the_end(
    configured: Settings, talk: Chat, known: BaseStore
) -> None:
    values = await say(talk, "I live in Porto.")
    assert (values["learned"], values["warnings"]) == ([], [])
    assert values["remembered_to"] == values["messages"][0].id
    assert await facts(known) == []
    # Another conversation of the user has it already.
    other = await say(talk, "Where do I live?", thread(2))
    assert "I live in Porto." in other["recalled"][0]["text"]
    assert [each.thread_id for each in await pending_of(known, ANA)] == [
        THREAD,
        thread(2)["configurable"]["thread_id"],
    ]
    assert await extracted(talk) == 1
    assert await facts(known) == PORTO
    assert [each.thread_id for each in await pending_of(known, ANA, THREAD)] == []
    assert await extracted(talk) == 0


async def test_what_waits_is_finished_at_the_end(
    configured: Settings, monkeypatch: pytest.MonkeyPatch, store: BaseStore
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_REMEMBER", "background")
    settings.cache_clear()
    async with open_chat(settings()) as opened:
        await say(opened, "I live in Porto.")
        await say(opened, "I have a dog named Rex.")
        assert await facts(store) == []
    assert await facts(store) == ["The user has a dog named Rex.", *PORTO]
    assert await pending_of(store, ANA) == []


async def test_what_was_proposed_behind_a_turn_is_asked_about_in_the_next_one_and_once(
    talk: Chat, known: BaseStore
) -> None:
    assert asked(await say(talk, WISH)) == []
    assert await extracted(talk) == 1
    assert await standing(known) == [(CHEERS, "proposed")]
    # In whichever conversation the user goes on; nobody else is asked.
    assert asked(await say(talk, "Hello", thread(3), user="bob@example.com")) == []
    went_on = await say(talk, "Hello", thread(2))
    assert asked(went_on) == [CHEERS]
    assert asked(await say(talk, "I live in Porto.", thread(2))) == []
    assert asked(await say(talk, "Hello")) == []
    assert await standing(known) == [(CHEERS, "proposed")]


async def test_it_is_approved_where_it_was_asked(talk: Chat, known: BaseStore) -> None:
    await say(talk, WISH)
    await extracted(talk)
    assert asked(await say(talk, "Hello", thread(2))) == [CHEERS]
    done = await decided(talk, {"type": "approve"}, number=2)
    assert [row["status"] for row in done["learned"]] == ["active"]
    assert await standing(known) == [(CHEERS, "active")]
    assert asked(await say(talk, "Hello", thread(4))) == []


async def test_said_again_behind_a_turn_it_is_asked_about_again(talk: Chat) -> None:
    await say(talk, WISH)
    await extracted(talk)
    assert asked(await say(talk, WISH)) == [CHEERS]
    await extracted(talk)
    assert asked(await say(talk, "Hello")) == [CHEERS]


async def test_undone_before_its_facts_came_they_come_with_the_redo(talk: Chat, known: BaseStore) -> None:
    await say(talk, "I live in Porto.")
    await undo(talk, ANA, THREAD)
    assert await extracted(talk) == 0
    assert len(await pending_of(known, ANA)) == 1
    await redo(talk, ANA, THREAD)
    assert await recover(talk, ANA) == 1
    assert await facts(known) == PORTO


async def test_undone_while_its_facts_were_extracted_it_taught_nothing(
    talk: Chat, known: BaseStore, meanwhile: Twice
) -> None:
    await say(talk, "I live in Porto.")
    meanwhile(lambda: undo(talk, ANA, THREAD))
    await extracted(talk)
    assert await facts(known) == []
    assert await recall(known, ANA, "Where do I live?", limit=3) == []
    await redo(talk, ANA, THREAD)
    await extracted(talk)
    assert await facts(known) == PORTO


async def test_s20_erased_while_its_facts_were_extracted_nothing_is_written(
    talk: Chat, known: BaseStore, meanwhile: Twice
) -> None:
    async def erase() -> None:
        assert await cancel(known, ANA) == 1
        for memory in await memories_of(known, ANA, kinds=(Kind.EPISODIC,)):
            await known.adelete(memory_namespace(ANA, Kind.EPISODIC), memory.id)

    await say(talk, "I live in Porto.")
    meanwhile(erase)
    await extracted(talk)
    assert await facts(known) == []
    assert await episodes(known) == []
    assert await pending_of(known, ANA) == []


async def test_two_extractions_at_once_write_it_once(talk: Chat, known: BaseStore, meanwhile: Twice) -> None:
    await say(talk, "I live in Porto.")
    meanwhile(lambda: extracted(talk))
    await extracted(talk)
    assert await facts(known) == PORTO
    assert len(await episodes(known)) == 1


async def test_a_turn_that_left_its_conversation_teaches_nothing(talk: Chat, known: BaseStore) -> None:
    await say(talk, "I live in Porto.")
    saver: Any = talk.checkpointer
    await saver.adelete_thread(THREAD)
    assert await extracted(talk) == 0
    assert await pending_of(known, ANA) == []
    assert await facts(known) == []


async def test_the_graph_works_for_the_user_of_the_run_alone(talk: Chat, known: BaseStore) -> None:
    await say(talk, "I live in Porto.")
    with serving.with_checkpointer(talk.checkpointer), serving.with_store(known):  # type: ignore[arg-type]
        alone = graph.copy(update={"store": known})
        asked = {"thread": THREAD}
        mine = await alone.ainvoke(asked, context={"user_id": "bob"})  # type: ignore[arg-type]
        assert (mine["extracted"], mine["waiting"]) == (0, 0)
        assert len(await pending_of(known, ANA)) == 1
        hers = await alone.ainvoke(asked, context={"user_id": ANA})  # type: ignore[arg-type]
        assert (hers["extracted"], hers["waiting"]) == (1, 0)
    assert set(hers) == {"thread", "extracted", "waiting"}
    assert await facts(known) == PORTO
    assert await facts(known, "bob") == []
    assert derived(THREAD, ANA) != derived(THREAD, "bob")


async def test_a_correction_waits_for_no_pause(configured: Settings, talk: Chat, known: BaseStore) -> None:
    await say(talk, "I live in Porto.")
    assert await facts(known) == []
    await say(talk, "No, Lisbon.")
    for _ in range(600):
        if not await pending_of(known, ANA):
            break
        await asyncio.sleep(0.05)
    assert await facts(known) == ["The user lives in Lisbon."]


async def test_what_was_said_since_is_answered_before_it_is_extracted(
    configured: Settings, talk: Chat
) -> None:
    await say(talk, "I live in Porto.")
    assert await extracted(talk) == 1
    await say(talk, "I live in Lisbon now. What a noisy place, nobody sleeps here!")
    for conversation in (thread(), thread(2)):
        values = await say(talk, "Where do I live?", conversation)
        assert without_notice(values["messages"][-1]).startswith("You live in Lisbon.")
        assert "Porto" not in values["messages"][-1].text

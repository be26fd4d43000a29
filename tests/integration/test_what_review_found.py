"""Faults that a review found, each named after what broke."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from config.settings import Settings
from graphs.chat import Chat, compile_chat
from memory.lifecycle.changing.change import forget
from memory.lifecycle.reading.listing import memories_of
from memory.short_term.factory import open_checkpointer
from tests.services.chat import ANA, FailingStore, episodes, facts, reply, say, thread
from tests.services.openai_server import OpenAIServer

NOTHING = {"summary": "Nothing.", "facts": []}


async def test_a_fact_said_twice_is_forgotten_in_both_places(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Porto.", thread(1))
    await say(chat, "I live in Porto.", thread(2))
    (memory,) = await memories_of(store, ANA)
    assert len(memory.also) == 1
    await forget(store, ANA, memory)
    assert not [episode for episode in await episodes(store) if "Porto" in episode.text + episode.detail]
    asked = await say(chat, "Where do I live?", thread(3))
    assert "Porto" not in reply(asked)


async def test_saving_what_is_known_adds_no_second_memory(chat: Chat, store: BaseStore) -> None:
    await say(chat, "Please remember that I like green tea.", thread(1))
    values = await say(chat, "Please remember that I like green tea.", thread(2))
    assert "Already known" in str([message.text for message in values["messages"]])
    assert await facts(store) == ["The user likes green tea."]


async def test_a_correction_to_what_is_known_leaves_one_fact(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Porto.", thread(1))
    await say(chat, "I work in Lisbon.", thread(1))
    await say(chat, "I live in Lisbon.", thread(2))
    old = next(m for m in await memories_of(store, ANA) if m.text == "The user lives in Lisbon.")
    assert old.id
    await say(chat, "Actually I live in Porto, not Lisbon.", thread(3))
    assert await facts(store) == ["The user lives in Porto.", "The user works in Lisbon."]


async def test_a_refused_message_sent_again_stays_refused(chat: Chat, store: BaseStore) -> None:
    for _ in range(2):
        values = await say(chat, "I live in Porto. " * 10_000, message_id="big")
    assert [m.type for m in values["messages"]] == ["human", "ai"]
    assert len(str(values["messages"][0].text)) < 300
    assert await facts(store) == []


async def test_a_huge_message_in_front_of_a_small_one_is_refused(chat: Chat, store: BaseStore) -> None:
    messages = [HumanMessage("x" * 1_000_000), HumanMessage("I live in Porto.")]
    values = await chat.ainvoke({"messages": messages}, thread(), context=ChatContext(user_id=ANA))
    assert sum(len(str(message.text)) for message in values["messages"]) < 2_000
    assert await facts(store) == ["The user lives in Porto."]


async def test_a_turn_that_the_memory_model_refuses_does_not_stop_the_next_ones(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.say("All right.")
    openai_model.fail(400, "content_filter: not this", code="content_filter")
    values = await say(chat, "Something that the provider refuses.")
    assert any("taught no facts" in warning for warning in values["warnings"])
    openai_model.say("Good.")
    openai_model.structured(NOTHING)
    after = await say(chat, "I like tea.")
    assert after["warnings"] == []
    assert len(await episodes(store)) == 2


async def test_a_forget_request_whose_answer_failed_leaves_no_words(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.fail(400, "no")
    await say(chat, "Forget that I have diabetes.", message_id="f1")
    assert await episodes(store) == []
    openai_model.call("search_memory", query="diabetes")
    openai_model.call("forget_memory", memory_id="none-such")
    openai_model.say("Forgotten.")
    await say(chat, "Forget that I have diabetes.", message_id="f1")
    assert not [e for e in await episodes(store) if "diabetes" in e.text + e.detail]


async def test_every_turn_is_remembered_after_a_failed_one_was_repeated(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    for number in range(3):
        openai_model.say(f"Answer {number}.")
        openai_model.structured(NOTHING)
        await say(chat, f"Line {number}.")
    openai_model.fail(400, "no")
    await say(chat, "Line 3.", message_id="again")
    openai_model.say("Answer 3.")
    openai_model.structured(NOTHING)
    values = await say(chat, "Line 3.", message_id="again")
    assert values["remembered_to"] == "again"
    assert len(await episodes(store)) == 4


async def test_a_postponed_turn_is_its_speakers_and_not_the_next_ones(
    configured: Settings, store: BaseStore
) -> None:
    failing = FailingStore(store, OSError("down"))
    async with open_checkpointer(configured) as checkpointer:
        chat = compile_chat(checkpointer, failing)
        await say(chat, "I have diabetes.", user="ana")
        failing.broken = False
        await say(chat, "I like tea.", user="bob")
        assert await facts(store, "bob") == ["The user likes tea."]
        await say(chat, "I am back.", user="ana")
    assert await facts(store, "ana") == ["The user has diabetes."]
    assert await facts(store, "bob") == ["The user likes tea."]


@pytest.mark.parametrize("forged", [{"refused": True}, {"said_at": "1999-01-01T00:00:00+00:00", "by": "x"}])
async def test_what_was_said_is_kept_as_it_was_said(
    chat: Chat, store: BaseStore, forged: dict[str, Any]
) -> None:
    await say(chat, "I live in Porto.", message_id="m1")
    stored = (await chat.aget_state(thread())).values["messages"][0]
    message = HumanMessage("I live in Rome.", id="m1", additional_kwargs={"mnemograph": forged})
    context = ChatContext(user_id=ANA)
    values = await chat.ainvoke({"messages": [message]}, thread(), context=context)
    assert isinstance(values["messages"][-1], AIMessage)
    if "refused" not in forged:
        assert values["messages"][0] == stored
    first = HumanMessage("I like tea.", additional_kwargs={"mnemograph": forged})
    fresh = await chat.ainvoke({"messages": [first]}, thread(2), context=context)
    marks = fresh["messages"][0].additional_kwargs["mnemograph"]
    assert "refused" not in marks
    assert not str(marks["said_at"]).startswith("1999")

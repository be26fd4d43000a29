"""The whole turn on real Postgres, the local embedder and the offline model."""

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langgraph.store.base import BaseStore

from agents.conversation import mark, without_notice
from graphs.chat import Chat
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.reading.uses import uses_of
from memory.schema import Kind
from tests.services.chat import ANA, episodes, facts, reply, say, thread


async def test_a_second_thread_knows_what_the_first_one_taught(chat: Chat, store: BaseStore) -> None:
    taught = await say(chat, "My name is Ana and I live in Porto.")
    assert sorted(item["kind"] for item in taught["learned"]) == ["episodic", "semantic", "semantic"]
    asked = await say(chat, "Where do I live?", thread(2))
    assert "Porto" in reply(asked)
    assert "The user lives in Porto." in [item["text"] for item in asked["recalled"][:2]]
    assert [item["rank"] for item in asked["recalled"]] == list(range(1, len(asked["recalled"]) + 1))
    assert all(item["lane"] in item["receipt"]["lanes"] and item["score"] > 0 for item in asked["recalled"])


async def test_the_agents_acknowledgement_stood_beside_the_fact_that_it_repeats(chat: Chat) -> None:
    await say(chat, "Hello.")
    taught = await say(chat, "I'm allergic to peanuts.")
    assert "peanuts" in reply(taught)
    asked = await say(chat, "What am I allergic to?", thread(2))
    assert [item["source"] for item in asked["recalled"] if "peanuts" in item["text"]] == ["user"]


async def test_every_memory_names_its_evidence(chat: Chat, store: BaseStore) -> None:
    values = await say(chat, "I live in Porto.", message_id="m1")
    (memory,) = await memories_of(store, ANA)
    provenance = memory.provenance
    assert provenance.thread_id == thread()["configurable"]["thread_id"]
    assert provenance.message_ids == ["m1"] and provenance.quote == "I live in Porto."
    assert provenance.source == "user" and memory.validity.valid_to is None
    (episode,) = await episodes(store)
    assert (episode.provenance.message_ids, episode.detail) == (["m1"], "I live in Porto.")
    said = await memories_of(store, ANA, kinds=(Kind.EPISODIC,))
    (answer,) = [memory for memory in said if memory.provenance.source == "agent"]
    assert answer.provenance.message_ids == [str(values["messages"][-1].id)]
    assert (
        answer.detail == without_notice(values["messages"][-1])
        and episode.summary
        and answer.turn == episode.turn
    )


async def test_what_a_correction_taught_is_told_with_the_turn(chat: Chat) -> None:
    """It said that there was nothing new to keep."""
    await say(chat, "I live in Porto.")
    corrected = await say(chat, "No, it is Lisbon now.")
    assert "The user lives in Lisbon." in [item["text"] for item in corrected["learned"]]
    asked = await say(chat, "Where do I live?", thread(2))
    assert "Lisbon" in reply(asked) and "Porto" not in reply(asked)


async def test_one_users_memories_are_not_anothers(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Porto.", user="u1")
    asked = await say(chat, "Where do I live?", thread(2), user="u10")
    assert asked["recalled"] == [] and "Porto" not in reply(asked)
    assert await facts(store, "u10") == []


async def test_session_tools_read_and_write_the_state(chat: Chat) -> None:
    await say(chat, "Call me Anita.")
    await say(chat, "Add buy milk to my task list.")
    await say(chat, "Note: the gate code is blue.")
    values = await say(chat, "What's on my task list?")
    assert list(values["preferences"].values()) == ["Anita"]
    assert [task["title"] for task in values["tasks"]] == ["buy milk"]
    assert values["notes"] == ["the gate code is blue"]
    assert "buy milk" in reply(values)


async def test_a_correction_supersedes_and_keeps_the_history(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Lisbon.")
    values = await say(chat, "Actually I live in Porto, not Lisbon.", thread(2))
    assert any(isinstance(m, ToolMessage) and m.name == "correct_memory" for m in values["messages"])
    assert await facts(store) == ["The user lives in Porto."]
    asked = await say(chat, "Where do I live?", thread(3))
    assert "Porto" in reply(asked)
    (new,) = await memories_of(store, ANA)
    old = await store.aget(("users", "ana=40example=2Ecom", "semantic"), str(new.supersedes))
    assert old is not None
    assert old.value["status"] == "superseded" and old.value["validity"]["superseded_by"] == new.id


async def test_what_is_forgotten_is_not_found_again(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I'm allergic to peanuts.")
    values = await say(chat, "Forget that I'm allergic to peanuts.", thread(2))
    assert any(
        isinstance(m, ToolMessage) and m.text.startswith("Forgotten: a fact about")
        for m in values["messages"]
    )
    asked = await say(chat, "What am I allergic to?", thread(3))
    assert "peanut" not in reply(asked)
    assert await facts(store) == []
    for episode in await episodes(store):
        assert "peanut" not in episode.text + episode.detail + episode.summary


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("  \n", "is empty"), ("\x00", "is empty"), ("x" * 1_000_000, "1,000,000 characters")],
)
async def test_bad_input_gets_a_sentence_and_the_thread_goes_on(chat: Chat, text: str, said: str) -> None:
    await say(chat, "I live in Porto.")
    refused = await say(chat, text)
    assert said in reply(refused) and len(refused["messages"]) == 4
    assert sum(len(str(message.text)) for message in refused["messages"]) < 2_000
    after = await say(chat, "Where do I live?")
    assert "Porto" in reply(after) and len(after["messages"]) == 6


@pytest.mark.parametrize(
    "text",
    [
        "I live in Po\x00rto.",
        "I live in Porto \ud83d.",
        "I live in Porto 🏡 and I like 🍰.",
        "أنا أعيش في بورتو",
    ],
)
async def test_odd_text_is_kept_as_far_as_it_can_be(chat: Chat, store: BaseStore, text: str) -> None:
    values = await say(chat, text)
    assert reply(values) and not values["warnings"]
    (episode,) = await episodes(store)
    human = next(m for m in values["messages"] if isinstance(m, HumanMessage))
    assert str(human.text) in episode.detail
    assert "\x00" not in str(human.text) and str(human.text).encode()


async def test_a_thread_survives_a_process_that_opens_it_again(chat: Chat, store: BaseStore) -> None:
    await say(chat, "I live in Porto.")
    history = [state async for state in chat.aget_state_history(thread())]
    assert [state.next for state in history[:3]] == [(), ("remember",), ("respond",)]


async def test_an_offline_agent_says_what_it_is_once(chat: Chat) -> None:
    first = reply(await say(chat, "Hello!"))
    second = reply(await say(chat, "Hello again!"))
    assert "offline" in first and "MNEMOGRAPH_MODEL=openai:" in first
    assert "MNEMOGRAPH_MODEL" not in second


async def test_a_reply_names_the_memories_that_it_used_and_the_next_recall_knows(
    chat: Chat, store: BaseStore
) -> None:
    await say(chat, "I live in Porto and I have a dog named Rex.")
    greeted = await say(chat, "Hello.", thread(2))  # only the first reply of a thread says what the model is
    assert greeted["used"] == []
    asked = await say(chat, "Where do I live?", thread(2))
    (lives,) = [memory for memory in await memories_of(store, ANA) if "Porto" in memory.text]
    assert asked["used"] == [lives.id] == mark(asked["messages"][-1])["used"]
    assert {name: use.count for name, use in (await uses_of(store, ANA)).items()} == {lives.id: 1}
    again = await say(chat, "Where do I live?", thread(4))
    (why,) = [item["why"] for item in again["recalled"] if item["id"] == lives.id]
    assert "used once before" in why

"""R23: the same turn sent again with its key (the message's id): one turn, the same answer."""

from langgraph.store.base import BaseStore

from graphs.chat import Chat
from memory.lifecycle.reading.listing import memories_of
from memory.schema import Kind
from tests.services.chat import ANA, episodes, facts, reply, say, thread
from tests.services.openai_server import OpenAIServer


async def test_a_turn_sent_three_times_is_there_once(chat: Chat, store: BaseStore) -> None:
    answers = [reply(await say(chat, "I live in Porto.", message_id="turn-1")) for _ in range(3)]
    assert len(set(answers)) == 1
    values = (await chat.aget_state(thread())).values
    assert len(values["messages"]) == 2
    assert values["messages"][0].id == "turn-1"
    assert await facts(store) == ["The user lives in Porto."]
    (episode,) = await episodes(store)
    assert episode.detail == "I live in Porto."


async def test_a_turn_whose_answer_failed_is_answered_when_sent_again(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    openai_model.fail(400, "no")
    failed = await say(chat, "Hello", message_id="turn-1")
    assert failed["messages"][-1].additional_kwargs["mnemograph"]["error"]
    openai_model.say("Hello!")
    again = await say(chat, "Hello", message_id="turn-1")
    assert [m.type for m in again["messages"]] == ["human", "ai"] and reply(again) == "Hello!"
    (episode,) = await episodes(store)
    assert episode.detail == "Hello"
    kept = await memories_of(store, ANA, kinds=(Kind.EPISODIC,))
    assert sorted(memory.detail for memory in kept) == ["Hello", "Hello!"]

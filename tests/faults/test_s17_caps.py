"""S17: a huge message, an endless tool loop, a thousand memories in a turn: the caps fire, others are served."""

import asyncio

from langchain_core.messages import AIMessage
from langgraph.store.base import BaseStore

from agents.nodes.respond import MAX_CALLS
from config.settings import Settings
from graphs.chat import Chat
from tests.services.chat import facts, reply, say, thread
from tests.services.openai_server import OpenAIServer, Reply

NOTHING = '{"summary": "", "facts": []}'


async def test_an_endless_tool_loop_ends_with_an_answer(
    openai_model: OpenAIServer, chat: Chat, configured: Settings
) -> None:
    def looping(body: dict) -> Reply:  # type: ignore[type-arg]
        if "response_format" in body:
            return Reply(text=NOTHING)
        stop = body.get("tool_choice") == "none"
        return Reply(text="I stop here.") if stop else Reply(tool_calls=(("read_notes", "{}"),))

    openai_model.model = looping
    values = await say(chat, "Read my notes for ever.")
    rounds = [m for m in values["messages"] if isinstance(m, AIMessage) and m.tool_calls]
    assert len(rounds) == configured.max_tool_rounds
    assert reply(values) == "I stop here."
    assert len(openai_model.chats) == configured.max_tool_rounds + 2


async def test_hundreds_of_memories_in_a_turn_are_bounded(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore
) -> None:
    calls = [("save_memory", {"statement": f"The user likes number {n}."}) for n in range(300)]
    openai_model.call_many(*calls)
    openai_model.say("Saved.")
    text = "I like numbers."
    many = [
        {
            "statement": f"The user likes the figure {n}.",
            "category": "other",
            "importance": 0.5,
            "quote": text,
            "message_id": "m1",
        }
        for n in range(300)
    ]
    openai_model.structured({"summary": "Numbers.", "facts": many})
    openai_model.structured({"summary": "Numbers.", "facts": many})
    values = await say(chat, text, message_id="m1")
    assert reply(values) == "Saved."
    assert len(await facts(store)) == MAX_CALLS
    assert any("could not be read" in warning for warning in values["warnings"])


async def test_others_are_served_while_one_sends_a_megabyte(chat: Chat) -> None:
    huge = [say(chat, "x" * 1_000_000, thread(100 + number), user="mallory") for number in range(5)]
    results = await asyncio.gather(*huge, say(chat, "I live in Porto.", thread(1)))
    assert all("1,000,000 characters" in reply(values) for values in results[:-1])
    assert reply(results[-1]) and not results[-1]["warnings"]

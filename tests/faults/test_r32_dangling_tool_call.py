"""R32: a turn that ended between a tool call and its result: the next message works, and the history is whole."""

import asyncio
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from config.settings import Settings
from graphs.chat import Chat, compile_chat
from memory.short_term.factory import open_checkpointer
from tests.services.chat import reply, say, thread
from tests.services.openai_server import OpenAIServer


class Died(BaseException):
    """The process ended here: nothing of ours catches it."""


async def ends_at_the_tools(chat: Chat, how: str) -> None:
    """A turn that ends once its tool call is stored and before the tool has run."""
    stored = asyncio.Event()
    saver: Any = chat.checkpointer
    put = saver.aput

    async def watched(config: Any, checkpoint: Any, *rest: Any) -> Any:
        written = await put(config, checkpoint, *rest)
        messages = checkpoint["channel_values"].get("messages") or []
        if messages and getattr(messages[-1], "tool_calls", None):
            stored.set()
            if how == "crash":
                raise Died
            await asyncio.sleep(60)
        return written

    saver.aput = watched
    turn = asyncio.create_task(
        chat.ainvoke({"messages": [("human", "what time is it?")]}, thread(), durability="sync")
    )
    await stored.wait()
    if how == "cancel":
        turn.cancel()
    with pytest.raises((Died, asyncio.CancelledError)):
        await turn
    saver.aput = put


@pytest.mark.parametrize("how", ["crash", "cancel"])
async def test_r32_the_next_message_works(
    openai_model: OpenAIServer, configured: Settings, chat: Chat, store: BaseStore, how: str
) -> None:
    openai_model.call_many(("now", {}), ("now", {}))
    await ends_at_the_tools(chat, how)
    state = (await chat.aget_state(thread())).values
    assert [m.type for m in state["messages"]] == ["human", "ai"]
    assert len(state["messages"][-1].tool_calls) == 2
    # Another process, which knows nothing of the first one's memory.
    async with open_checkpointer(configured) as other:
        openai_model.say("Hello again!")
        after = await say(compile_chat(other, store), "are you there?")
    assert reply(after) == "Hello again!"
    # The extractor's prompts quote the message; the chat model's ends with it.
    (sent,) = [b["messages"] for b in openai_model.chats if b["messages"][-1]["content"] == "are you there?"]
    calls = [call["id"] for m in sent for call in m.get("tool_calls") or []]
    answered = [m["tool_call_id"] for m in sent if m["role"] == "tool"]
    assert len(calls) == 2
    assert sorted(calls) == sorted(answered)
    assert "was interrupted" in str(sent)

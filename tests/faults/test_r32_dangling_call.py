"""R32: a tool call that a crash or a cancel left without its result: the next message works, on a strict provider."""

import asyncio
from contextlib import suppress

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agents.context import ChatContext
from agents.tools import memory as memory_tools
from graphs.undo import at, undo
from tests.services.chat import ANA, reply, say, thread
from tests.services.openai_server import OpenAIServer
from tests.services.undoing import Crash, Crashing

NOTHING = {"summary": "Nothing.", "facts": []}
CALLS = (("save_memory", {"statement": "The user likes tea."}), ("search_memory", {"query": "tea"}))


async def next_message_works(crashing: Crashing, server: OpenAIServer, number: int) -> None:
    server.forget()
    server.say("I am here.")
    for _ in range(4):
        server.structured(NOTHING)
    values = await say(crashing.chat, "Are you there?", thread(number))
    assert not server.refusals, (number, server.refusals)
    assert reply(values) == "I am here.", number
    assert (await crashing.chat.aget_state(thread(number))).next == ()
    await undo(crashing.chat, ANA, thread(number)["configurable"]["thread_id"])


async def test_r32_after_a_crash_at_any_step(crashing: Crashing, openai_model: OpenAIServer) -> None:
    dangling = 0
    for number in range(1, 16):
        openai_model.forget()
        openai_model.call_many(*CALLS)
        openai_model.say("Done.")
        openai_model.structured(NOTHING)
        crashing.failpoint.arm(number, after=False)
        with suppress(Crash):
            await say(crashing.chat, "Remember that I like tea.", thread(number))
        crashing.failpoint.arm(0, after=False)
        left = (await crashing.chat.aget_state(thread(number))).values.get("messages") or []
        called = sum(len(m.tool_calls) for m in left if isinstance(m, AIMessage))
        dangling += called > sum(isinstance(m, ToolMessage) for m in left)
        await next_message_works(crashing, openai_model, number)
    assert dangling >= 2


async def test_r32_after_a_cancel_in_the_middle_of_a_tool(
    crashing: Crashing, openai_model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def hanging(*_: object, **__: object) -> None:
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(memory_tools, "recall", hanging)
    openai_model.call_many(*CALLS)
    turn = asyncio.create_task(
        crashing.chat.ainvoke(
            {"messages": [HumanMessage("What do I like?")]}, thread(99), context=ChatContext(user_id=ANA)
        )
    )
    await started.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    state = await crashing.chat.aget_state(at(thread(99)["configurable"]["thread_id"]))
    assert set(state.next) == {"tools"}
    await next_message_works(crashing, openai_model, 99)

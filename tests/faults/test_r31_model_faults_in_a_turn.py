"""R31: 429, 500, a hang, a cut stream, broken JSON: one honest sentence, a valid history, and the next turn works."""

from collections.abc import Callable

import pytest
from langchain_core.messages import AIMessage
from langgraph.store.base import BaseStore

from config.settings import settings
from graphs.chat import Chat
from tests.services.chat import episodes, reply, say
from tests.services.openai_server import OpenAIServer

NOTHING = {"summary": "Nothing.", "facts": []}


def twice(fault: Callable[[OpenAIServer], None]) -> Callable[[OpenAIServer], None]:
    def script(server: OpenAIServer) -> None:
        fault(server)
        fault(server)

    return script


FAULTS: dict[str, tuple[Callable[[OpenAIServer], None], str]] = {
    "429": (twice(lambda s: s.fail(429, "slow down", Retry_After="0")), "limiting requests"),
    "500": (twice(lambda s: s.fail(500)), "provider failed"),
    "401": (lambda s: s.fail(401), "refused the key"),
    "404": (lambda s: s.fail(404), "does not know this model"),
    "hang": (twice(lambda s: s.hang()), "in time"),
    "cut": (lambda s: s.cut(), "broke"),
    "short": (twice(lambda s: s.end_short()), "broke off"),
    "broken call": (twice(lambda s: s.call_malformed("save_memory")), "could not be read"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_r31_a_fault_costs_one_reply_and_nothing_else(
    openai_model: OpenAIServer, chat: Chat, store: BaseStore, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    script, said = FAULTS[fault]
    script(openai_model)
    with monkeypatch.context() as patch:
        if fault == "hang":
            patch.setenv("MNEMOGRAPH_MODEL_TIMEOUT_S", "0.5")
            settings.cache_clear()
        failed = await say(chat, "Hello")
    settings.cache_clear()
    assert said in reply(failed), reply(failed)
    asked = len(openai_model.chats)
    assert asked <= 4
    openai_model.say("I am back.")
    openai_model.structured(NOTHING)
    openai_model.structured(NOTHING)
    values = await say(chat, "Are you there?")
    assert reply(values) == "I am back." and not openai_model.refusals
    assert [m.type for m in values["messages"]] == ["human", "ai", "human", "ai"]
    assert not [m for m in values["messages"] if isinstance(m, AIMessage) and m.invalid_tool_calls]
    sent = [m["content"] for m in openai_model.chats[asked]["messages"] if m["role"] == "assistant"]
    assert not sent, "the report of a failure is no part of what the model is told"
    assert len(await episodes(store)) == 2


async def test_a_fault_after_a_tool_call_leaves_a_history_that_the_provider_takes(
    openai_model: OpenAIServer, chat: Chat
) -> None:
    openai_model.call("add_task", title="milk")
    openai_model.fail(400, "no")
    await say(chat, "Put milk on the list")
    openai_model.say("Yes.")
    openai_model.structured(NOTHING)
    openai_model.structured(NOTHING)
    values = await say(chat, "Is it there?")
    assert reply(values) == "Yes." and not openai_model.refusals
    assert [task["title"] for task in values["tasks"]] == ["milk"]

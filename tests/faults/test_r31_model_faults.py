"""R31 at the model: 429, 500, hang, cut stream, bad JSON: bounded attempts, a valid history."""

from typing import Any

import anyio
import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import SecretStr

from agents.models import (
    ModelSettings,
    ask,
    bind_tools_once,
    build_chat_model,
    explain_model_error,
    has_broken_calls,
    is_model_error,
    repair,
    usable,
)
from tests.services.openai_server import API_KEY, OpenAIServer, Reply

HELLO = [HumanMessage("Hello")]


@tool
def save(text: str) -> str:
    """Saves."""
    return text


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client would have slept between attempts, in seconds; it does not sleep."""
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(anyio, "sleep", note)
    return slept


def model_on(server: OpenAIServer, **settings: Any) -> Any:
    defaults: dict[str, Any] = {"api_key": SecretStr(API_KEY), "timeout_s": 20.0, "max_retries": 2}
    return build_chat_model(
        "openai:test", settings=ModelSettings(base_url=server.base_url, **defaults | settings)
    )


async def failure(model: Any, *, streaming: bool = False) -> str:
    """The sentence for the failure, which has to be one of the provider's."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 its kind is checked below
        _ = [chunk async for chunk in model.astream(HELLO)] if streaming else await model.ainvoke(HELLO)
    assert is_model_error(caught.value)
    return explain_model_error(caught.value)


async def test_a_429_waits_as_long_as_it_was_told(openai_server: OpenAIServer, waits: list[float]) -> None:
    openai_server.fail(429, Retry_After="17")
    openai_server.say("at last")
    assert (await model_on(openai_server).ainvoke(HELLO)).text == "at last"
    assert waits == [17]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("status", "told"), [(429, "limiting requests (429)"), (500, "(5xx)"), (503, "(5xx)")]
)
async def test_attempts_are_bounded_and_back_off(
    openai_server: OpenAIServer, waits: list[float], status: int, told: str, streaming: bool
) -> None:
    for _ in range(10):
        openai_server.fail(status)
    assert told in await failure(model_on(openai_server), streaming=streaming)
    assert len(openai_server.chats) == 3
    assert len(waits) == 2
    assert waits[1] > waits[0] > 0


async def test_a_500_that_passes_goes_unnoticed(openai_server: OpenAIServer, waits: list[float]) -> None:
    openai_server.fail(500)
    openai_server.say("fine")
    assert (await model_on(openai_server).ainvoke(HELLO)).text == "fine"


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_hang_ends_in_a_time_out(
    openai_server: OpenAIServer, waits: list[float], streaming: bool
) -> None:
    for _ in range(5):
        openai_server.hang()
    model = model_on(openai_server, timeout_s=0.3, max_retries=1)
    assert "did not answer in time" in await failure(model, streaming=streaming)
    assert len(openai_server.chats) == 2


async def test_a_reset_is_tried_again_and_then_reported(
    openai_server: OpenAIServer, waits: list[float]
) -> None:
    openai_server.reset()
    openai_server.say("fine")
    assert (await model_on(openai_server).ainvoke(HELLO)).text == "fine"
    for _ in range(3):
        openai_server.reset()
    assert "broke before its answer was whole" in await failure(model_on(openai_server))


async def test_a_cut_stream_is_an_error_not_half_an_answer(openai_server: OpenAIServer) -> None:
    openai_server.cut("half an answ")
    assert "broke before its answer was whole" in await failure(model_on(openai_server), streaming=True)


async def test_a_stream_that_ends_too_soon_is_not_usable(openai_server: OpenAIServer) -> None:
    openai_server.end_short("half an answ")
    chunks = [chunk async for chunk in model_on(openai_server).astream(HELLO)]
    assert not usable(sum(chunks[1:], chunks[0]))


@pytest.mark.parametrize("streaming", [False, True])
async def test_bad_json_in_a_call_leaves_a_thread_that_goes_on(
    openai_server: OpenAIServer, streaming: bool
) -> None:
    model = bind_tools_once(model_on(openai_server), [save])
    openai_server.call_malformed("save")
    reply = await (ask(model, HELLO) if streaming else model.ainvoke(HELLO))
    assert has_broken_calls(reply)
    assert not usable(reply)
    openai_server.say("fine")
    assert (await model.ainvoke([*HELLO, repair(reply), HumanMessage("and now?")])).text == "fine"
    assert openai_server.refusals == []


async def test_a_refused_key_is_told_without_the_key(openai_server: OpenAIServer) -> None:
    openai_server.api_key = "sk-another"
    sentence = await failure(model_on(openai_server))
    assert "refused the key (401)" in sentence
    assert API_KEY[8:20] not in sentence


async def test_an_unknown_model_a_long_conversation_and_refused_content(openai_server: OpenAIServer) -> None:
    openai_server.known_models = {"other"}
    assert "does not know this model (404)" in await failure(model_on(openai_server))
    openai_server.known_models = None
    openai_server.context_characters = 10
    assert "too long for this model" in await failure(model_on(openai_server))
    openai_server.context_characters = 10**6
    openai_server.fail(400, "Rejected by our safety system", code="content_policy_violation")
    assert "refused to answer" in await failure(model_on(openai_server))
    openai_server.fail(400, f"Unknown parameter 'x' for {API_KEY}")
    sentence = await failure(model_on(openai_server))
    assert "Unknown parameter 'x'" in sentence
    assert API_KEY[8:20] not in sentence
    assert len(openai_server.chats) == 4, "what cannot get better is not tried again"


async def test_a_server_that_is_not_there(openai_server: OpenAIServer, waits: list[float]) -> None:
    openai_server.stop()
    assert "cannot be reached" in await failure(model_on(openai_server))
    assert len(waits) == 2


async def test_a_whole_call_and_a_broken_one_are_told_apart(openai_server: OpenAIServer) -> None:
    openai_server.script.append(
        Reply(tool_calls=(("save", '{"text": "tea"}'), ("save", '{"text": "cof'), ("save", "[1]")))
    )
    reply = await ask(bind_tools_once(model_on(openai_server), [save]), HELLO)
    assert [call["args"] for call in reply.tool_calls] == [{"text": "tea"}]
    assert [call["args"] for call in reply.invalid_tool_calls] == ['{"text": "cof', "[1]"]
    assert usable(repair(reply))

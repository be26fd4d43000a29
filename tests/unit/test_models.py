from typing import Any

import openai
import pytest
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agents.models import (
    ModelSettings,
    ModelUnavailable,
    bind_tools_once,
    build_chat_model,
    explain_model_error,
    has_broken_calls,
    is_model_error,
    repair,
    usable,
    without_calls,
)
from agents.offline.chat_model import OfflineChatModel
from agents.tools.clock import now
from config.errors import UserError

KEY = "sk-proj-canary0123456789abcdef"
BROKEN = {"name": "save", "args": '{"text": "unf', "id": "c2", "error": None, "type": "invalid_tool_call"}
CALL = {"name": "save", "args": {"text": "x"}, "id": "c1", "type": "tool_call"}


@tool
def save(text: str) -> str:
    """Saves."""
    return text


def test_offline_needs_nothing() -> None:
    assert isinstance(build_chat_model("offline", settings=ModelSettings()), OfflineChatModel)


def test_openai_without_a_key_and_an_address_says_what_to_set() -> None:
    with pytest.raises(UserError, match=r"'openai:gpt-x' but no OPENAI_API_KEY is set: .*OPENAI_BASE_URL"):
        build_chat_model("openai:gpt-x", settings=ModelSettings())


def test_a_local_server_needs_no_key() -> None:
    model = build_chat_model("openai:llama3:8b", settings=ModelSettings(base_url="http://127.0.0.1:9/v1"))
    assert isinstance(model, ChatOpenAI)
    assert model.model_name == "llama3:8b"
    assert isinstance(model.openai_api_key, SecretStr)


def test_the_settings_reach_the_client() -> None:
    settings = ModelSettings(SecretStr(KEY), timeout_s=7.5, max_retries=4, temperature=0.3)
    model = build_chat_model("openai:gpt-x", settings=settings)
    assert isinstance(model, ChatOpenAI)
    assert (model.request_timeout, model.max_retries, model.temperature) == (7.5, 4, 0.3)
    assert model.stream_usage is True
    assert KEY not in repr(model)


@pytest.mark.parametrize("name", ["", "gpt-4", "openai:", ":x", "openai: ", "offline:x", "a b:c", "../x:y"])
def test_a_malformed_name_tells_the_legal_forms(name: str) -> None:
    with pytest.raises(UserError, match="is not a model: use 'offline', 'openai:<model name>'"):
        build_chat_model(name, settings=ModelSettings())


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(UserError, match="'nobody' is no provider that LangChain knows"):
        build_chat_model("nobody:x", settings=ModelSettings())


def test_a_missing_package_is_named() -> None:
    with pytest.raises(UserError, match="needs the package langchain-perplexity: install it"):
        build_chat_model("perplexity:x", settings=ModelSettings())


def test_a_model_and_its_tools_are_bound_once() -> None:
    settings = ModelSettings(base_url="http://127.0.0.1:9/v1")
    model = build_chat_model("openai:x", settings=settings)
    assert build_chat_model("openai:x", settings=ModelSettings(base_url="http://127.0.0.1:9/v1")) is model
    assert build_chat_model("openai:x", settings=ModelSettings(base_url="http://127.0.0.1:8/v1")) is not model
    assert bind_tools_once(model, [save]) is bind_tools_once(model, (save,))
    assert bind_tools_once(model, []) is model
    for _ in range(40):
        assert bind_tools_once(model, [save.model_copy()]) is not bind_tools_once(model, [save])


def test_a_broken_call_is_not_usable_and_repair_takes_it_out() -> None:
    raw = {"tool_calls": [{"id": "c2", "function": {"name": "save", "arguments": "{"}}], "reasoning": "kept"}
    message = AIMessage("", tool_calls=[CALL], invalid_tool_calls=[BROKEN], additional_kwargs=raw, id="m1")
    assert has_broken_calls(message)
    assert not usable(message)
    repaired = repair(message)
    assert usable(repaired)
    assert repaired.id == "m1"
    assert [call["id"] for call in repaired.tool_calls] == ["c1"]
    assert repaired.additional_kwargs == {"reasoning": "kept"}
    assert message.invalid_tool_calls, "the original is left as it is"


def test_a_message_with_nothing_but_a_broken_call_gets_words() -> None:
    content: list[Any] = [{"type": "tool_use", "id": "c2", "name": "save", "input": "{"}]
    for message in (
        AIMessage("", invalid_tool_calls=[BROKEN]),
        AIMessage(content, invalid_tool_calls=[BROKEN]),
    ):
        repaired = repair(message)
        assert usable(repaired)
        assert "cannot be read" in repaired.text


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (AIMessage("hello"), True),
        (AIMessage(""), False),
        (AIMessage("", tool_calls=[CALL]), True),
        (AIMessage("", tool_calls=[{**CALL, "id": None}]), False),
        (AIMessage("half", response_metadata={"model_provider": "openai"}), False),
        (AIMessage("whole", response_metadata={"model_provider": "openai", "finish_reason": "stop"}), True),
    ],
)
def test_usable(message: AIMessage, expected: bool) -> None:
    assert usable(message) is expected
    assert usable(message) or usable(repair(message)) or message.text == "half"


def test_an_unknown_refusal_keeps_the_reason_and_masks_the_key() -> None:
    class Refused(openai.APIError):
        def __init__(self) -> None:
            Exception.__init__(self)
            self.message = f"Bad thing with {KEY}"
            self.body = {"message": f"The parameter foo is wrong for key {KEY}"}

    sentence = explain_model_error(Refused())
    assert "The parameter foo is wrong" in sentence
    assert "canary" not in sentence


def test_a_sentence_is_passed_on_and_our_own_mistakes_are_not_the_providers() -> None:
    assert explain_model_error(ModelUnavailable("As it is.")) == "As it is."
    assert is_model_error(ModelUnavailable("x"))
    assert not is_model_error(KeyError("x"))
    assert not is_model_error(ValueError("x"))


def test_the_last_round_keeps_the_tools_and_forbids_them() -> None:
    openai = build_chat_model("openai:echo", settings=ModelSettings(base_url="http://127.0.0.1:9/v1"))
    for model in (openai, OfflineChatModel()):
        told = without_calls(bind_tools_once(model, [now]))
        assert isinstance(told, RunnableBinding)
        assert [tool["function"]["name"] for tool in told.kwargs["tools"]] == ["now"]
        assert told.kwargs["tool_choice"] == "none"
        assert without_calls(model) is model
    asked = [HumanMessage("Hi"), AIMessage("Hello."), HumanMessage("What time is it?")]
    assert bind_tools_once(OfflineChatModel(), [now]).invoke(asked).tool_calls
    assert not without_calls(bind_tools_once(OfflineChatModel(), [now])).invoke(asked).tool_calls
    # Its API is not known to forbid calls.
    other = FakeMessagesListChatModel(responses=[]).bind(tools=[])
    assert without_calls(other) is other

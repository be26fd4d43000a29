"""The model behind `offline`: a chat model of rules, for running everything without a key or a network.

Deterministic: the same prompt gives the same reply. It reads the recalled memories and the session from the
system message, answers from them, calls the tools that are bound when the user plainly asks for what they do,
and extracts facts by rules. It does not reason, and says so in its first reply of a conversation.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCall, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from agents.conversation import MARK
from agents.offline.answers import NOTICE, answer
from agents.offline.extractor import extract
from agents.offline.planning import Call, plan
from agents.offline.prompt import Prompt, read_prompt
from agents.offline.summary import extract_summary
from config.errors import UserError
from memory.lifecycle.turns.extraction import Extraction

_PIECES = re.compile(r"\s*\S+|\s+")
_EXTRACTING = "mnemograph_extraction"
_EXTRACTION, _SUMMARY = "extraction", "summary"


def _holds_a_summary(schema: type) -> bool:
    return issubclass(schema, BaseModel) and list(schema.model_fields) == ["summary"]


class OfflineChatModel(BaseChatModel):
    """A chat model that follows rules. It needs no key, no network and no clock."""

    model_name: str = "offline"

    @property
    def _llm_type(self) -> str:
        return "mnemograph-offline"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools that it may call. `tool_choice="none"` forbids them; others change nothing."""
        return self.bind(
            tools=[convert_to_openai_tool(item) for item in tools], tool_choice=tool_choice, **kwargs
        )

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **_kwargs: Any
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """A runnable from an extraction prompt to an `Extraction`, or from a summarising one to a `summary`.

        The prompt's last human message holds the messages as a JSON document. With `include_raw`, a dict of raw,
        parsed and parsing_error (always None).

        Raises:
            UserError: for any other schema, here; for a prompt without such a document, when it runs.
        """
        if not isinstance(schema, type) or (schema is not Extraction and not _holds_a_summary(schema)):
            name = schema.get("title", "a dictionary") if isinstance(schema, dict) else schema.__name__
            raise UserError(
                f"The offline model can only fill the schemas Extraction and Summary, not {name}; "
                "set MNEMOGRAPH_MODEL=openai:<name> and OPENAI_API_KEY for any other."
            )

        filled: type[BaseModel] = schema

        def parse(message: BaseMessage) -> dict[str, Any] | BaseModel:
            parsed = filled.model_validate_json(str(message.text))
            return {"raw": message, "parsed": parsed, "parsing_error": None} if include_raw else parsed

        task = _EXTRACTION if schema is Extraction else _SUMMARY
        return self.bind(**{_EXTRACTING: task}) | RunnableLambda(parse)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        message = _reply(messages, stop, self.model_name, kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        # A long message is read for a while: not in the event loop, where others would wait for it.
        return await asyncio.to_thread(self._generate, messages, stop, None, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(_reply(messages, stop, self.model_name, kwargs)):
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        reply = await asyncio.to_thread(_reply, messages, stop, self.model_name, kwargs)
        for chunk in _chunks(reply):
            if run_manager:
                await run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    def get_num_tokens(self, text: str) -> int:
        """Words count as tokens, here as in `usage_metadata`."""
        return len(text.split())


def _reply(
    messages: list[BaseMessage], stop: list[str] | None, model: str, options: dict[str, Any]
) -> AIMessage:
    """The whole reply to a prompt, with its usage."""
    tools = options.get("tools") if options.get("tool_choice") != "none" else None
    text, calls = (
        _extraction(messages, options[_EXTRACTING])
        if options.get(_EXTRACTING)
        else _chat(messages, tools or [])
    )
    text = _stopped(text, stop)
    return AIMessage(
        content=text,
        additional_kwargs={MARK: {"notice": NOTICE}} if text.endswith(NOTICE) else {},
        tool_calls=calls,
        usage_metadata=_usage(messages, text, calls),
        response_metadata={"model_name": model, "finish_reason": "tool_calls" if calls else "stop"},
    )


def _chat(messages: list[BaseMessage], tools: Sequence[dict[str, Any]]) -> tuple[str, list[ToolCall]]:
    prompt = read_prompt(messages)
    bound = {str(tool.get("function", tool).get("name")) for tool in tools}
    planned = plan(prompt, bound)
    if planned.calls:
        return "", [_call(item, at, prompt) for at, item in enumerate(planned.calls)]
    return answer(prompt, planned, bound), []


def _call(item: Call, at: int, prompt: Prompt) -> ToolCall:
    """A call with an id that is the same for the same prompt and unlike any other in its conversation."""
    seed = json.dumps([prompt.said_id, prompt.said, prompt.length, at, item.tool, item.args], sort_keys=True)
    digest = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return ToolCall(name=item.tool, args=dict(item.args), id=f"call_{digest}", type="tool_call")


def _extraction(messages: list[BaseMessage], task: str) -> tuple[str, list[ToolCall]]:
    """The extraction or the summary of what the last human message holds, as JSON."""
    last = next((str(item.text) for item in reversed(messages) if isinstance(item, HumanMessage)), "")
    start = last.find("{")
    try:
        document, _ = json.JSONDecoder().raw_decode(last[start:] if start >= 0 else last)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        raise UserError(
            "The offline model can only extract from a last message that is a JSON document "
            "with a list of messages."
        )
    if task == _SUMMARY:
        return json.dumps({"summary": extract_summary(document)}, ensure_ascii=False), []
    return extract(document).model_dump_json(), []


def _stopped(text: str, stop: list[str] | None) -> str:
    ends = [at for word in stop or [] if word and (at := text.find(word)) >= 0]
    return text[: min(ends)] if ends else text


def _usage(messages: Sequence[BaseMessage], text: str, calls: Sequence[ToolCall]) -> UsageMetadata:
    read = sum(len(str(item.text).split()) for item in messages)
    written = len(text.split()) + sum(1 + len(json.dumps(call["args"]).split()) for call in calls)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _chunks(message: AIMessage) -> Iterator[ChatGenerationChunk]:
    """The reply word by word, white space kept; its tool calls; an empty last chunk with the usage."""
    for piece in _PIECES.findall(str(message.text)):
        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
    if message.additional_kwargs:
        marks = AIMessageChunk(content="", additional_kwargs=message.additional_kwargs)
        yield ChatGenerationChunk(message=marks)
    for index, call in enumerate(message.tool_calls):
        opening = tool_call_chunk(name=call["name"], args="", id=call["id"], index=index)
        yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[opening]))
        for piece in _PIECES.findall(json.dumps(call["args"], ensure_ascii=False)):
            part = tool_call_chunk(name=None, args=piece, id=None, index=index)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[part]))
    yield ChatGenerationChunk(
        message=AIMessageChunk(
            content="",
            usage_metadata=message.usage_metadata,
            response_metadata=message.response_metadata,
            chunk_position="last",
        )
    )

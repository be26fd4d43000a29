"""Whether a model's message may enter the history, and what to do when it may not."""

import json
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall
from langchain_core.runnables import Runnable, RunnableConfig

UNREADABLE = "(The model called a tool in a way that cannot be read.)"

_CALL_BLOCKS = frozenset({"tool_use", "tool_call", "invalid_tool_call", "function_call", "tool_call_chunk"})


async def ask(
    model: Runnable[LanguageModelInput, AIMessage],
    messages: LanguageModelInput,
    config: RunnableConfig | None = None,
) -> AIMessage:
    """The model's whole message, streamed on its way; raises what the provider raises.

    `ainvoke` under a streaming run takes a call whose JSON breaks off for a whole one, with half of
    its arguments. Here such a call is an invalid one.
    """
    chunks: list[AIMessage] = [chunk async for chunk in model.astream(messages, config)]
    if not chunks:
        return AIMessage("")
    if not all(isinstance(chunk, AIMessageChunk) for chunk in chunks):
        return chunks[-1]
    # At once: chunk by chunk each sum parses every tool call again, and a thousand of them block for minutes.
    whole: AIMessageChunk = chunks[0] + chunks[1:]  # type: ignore[assignment]
    return _settled(whole)


def _settled(chunk: AIMessageChunk) -> AIMessage:
    broken = [part for part in chunk.tool_call_chunks if not _is_whole(part["args"])]
    ids = {part["id"] for part in broken}
    return AIMessage(
        content=chunk.content,
        additional_kwargs=chunk.additional_kwargs,
        response_metadata=chunk.response_metadata,
        usage_metadata=chunk.usage_metadata,
        name=chunk.name,
        id=chunk.id,
        tool_calls=[call for call in chunk.tool_calls if call.get("id") not in ids],
        invalid_tool_calls=[
            InvalidToolCall(
                type="invalid_tool_call",
                id=part["id"],
                name=part["name"],
                args=part["args"],
                error="the arguments are not a JSON object",
            )
            for part in broken
        ],
    )


def _is_whole(arguments: str | None) -> bool:
    try:
        return isinstance(json.loads(arguments or "{}"), dict)
    except ValueError:
        return False


def has_broken_calls(message: AIMessage) -> bool:
    """Whether it calls a tool with arguments that are not JSON, or under no id or name.

    A provider refuses every later turn of a thread that holds such a call.
    """
    return bool(message.invalid_tool_calls) or any(
        not call.get("id") or not call["name"] for call in message.tool_calls
    )


def is_cut_short(message: AIMessage) -> bool:
    """Whether an OpenAI-compatible stream ended without saying that it was at its end."""
    told = message.response_metadata
    return told.get("model_provider") == "openai" and not told.get("finish_reason") and "status" not in told


def usable(message: AIMessage) -> bool:
    """Whether it may go into the history as it is: readable, whole, and saying or calling something."""
    says_something = bool(message.tool_calls) or bool(message.text.strip())
    return says_something and not has_broken_calls(message) and not is_cut_short(message)


def repair(message: AIMessage) -> AIMessage:
    """A copy that a provider takes: without the broken calls, and never empty."""
    kept = [call for call in message.tool_calls if call.get("id") and call["name"]]
    ids = {call["id"] for call in kept}
    extra = {
        name: value
        for name, value in message.additional_kwargs.items()
        if name not in {"tool_calls", "function_call"}
    }
    content = message.content
    if not isinstance(content, str):
        content = [block for block in content if not _is_dropped(block, ids)]
    repaired = message.model_copy(
        update={"content": content, "tool_calls": kept, "invalid_tool_calls": [], "additional_kwargs": extra}
    )
    if not kept and not repaired.text.strip():
        repaired = repaired.model_copy(update={"content": UNREADABLE})
    return repaired


def _is_dropped(block: Any, kept_ids: set[str | None]) -> bool:
    return isinstance(block, dict) and block.get("type") in _CALL_BLOCKS and block.get("id") not in kept_ids

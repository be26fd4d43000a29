"""Whether a model's message may enter the history, and what to do when it may not."""

from typing import Any

from langchain_core.messages import AIMessage

UNREADABLE = "(The model called a tool in a way that cannot be read.)"

_CALL_BLOCKS = frozenset({"tool_use", "tool_call", "invalid_tool_call", "function_call", "tool_call_chunk"})


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

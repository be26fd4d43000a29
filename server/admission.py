"""What a run may be asked with: refused at the door in one sentence, before the thread is touched."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import convert_to_messages
from pydantic import ValidationError

from agents.context import ChatContext

SHOWN_CHARS = 60
NOT_MESSAGES = (
    'The input is not a conversation: send {"messages": [{"role": "user", "content": "your text"}]}.'
)


def complaint(request: Mapping[str, Any]) -> str | None:
    """One sentence that says what is wrong; None when the run may start.

    Args:
        request: LangGraph's kwargs of a run: input, config, context.
    """
    return context_complaint(context_of(request)) or _input_complaint(request.get("input"))


def context_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The context that a run is asked with, in LangGraph's kwargs."""
    configurable = (request.get("config") or {}).get("configurable") or {}
    if configurable.get("__context_provided__"):
        return dict(request.get("context") or {})
    return _older(configurable)


def kept_context(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The context that an assistant or a cron is to keep, as the caller sent it."""
    return dict(kept.get("context") or _older((kept.get("config") or {}).get("configurable") or {}))


def _older(configurable: Mapping[str, Any]) -> dict[str, Any]:
    """An older client's way to say it; much else stands there that is not for us."""
    return {name: value for name, value in configurable.items() if name in ChatContext.model_fields}


def context_complaint(given: Mapping[str, Any]) -> str | None:
    """One sentence that says what is wrong with a context; None when a run may have it."""
    try:
        ChatContext.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            return f"The context has no field {_shown(name)}: it has {', '.join(ChatContext.model_fields)}."
        return f"The context's {name} is {_shown(first['input'])}: {_sentence(first['msg'])}"
    return None


def _input_complaint(given: Any) -> str | None:
    if given is None:  # a run that goes on where it was interrupted
        return None
    messages = given.get("messages", []) if isinstance(given, dict) else None
    if messages is None:
        return NOT_MESSAGES
    try:
        convert_to_messages(messages if isinstance(messages, list) else [messages])
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError):
        return NOT_MESSAGES
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def _sentence(text: str) -> str:
    return f"{text[:1].lower()}{text[1:].rstrip('.')}."

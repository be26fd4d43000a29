"""What a strict OpenAI-compatible provider refuses, with its reason."""

import json
import re
from typing import Any

ROLES = {"system", "developer", "user", "assistant", "tool"}
INJECTED = frozenset({"state", "store", "runtime", "config", "tool_call_id"})
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class RefusedError(Exception):
    """The request is not one that the provider takes; the message says why."""


def check_text(value: Any, where: str = "body") -> None:
    """Every string, keys too, has to be encodable: no lone surrogates."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise RefusedError(f"{where}: a lone surrogate is not valid UTF-8") from error
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key, where)
            check_text(item, f"{where}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_text(item, f"{where}[{number}]")


def check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise RefusedError("'messages' must be a list with at least one message")
    waiting: list[str] = []
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        role = message.get("role")
        if role not in ROLES:
            raise RefusedError(f"{where}: invalid role {role!r}")
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise RefusedError(f"{where}: role 'tool' must be a response to a preceding 'tool_calls'")
            waiting.remove(message["tool_call_id"])
        elif waiting:
            raise RefusedError(
                f"{where}: an assistant message with 'tool_calls' must be followed by tool messages "
                f"responding to each 'tool_call_id'; missing: {', '.join(waiting)}"
            )
        check_content(message, where)
        if role == "assistant":
            waiting = check_tool_calls(message, where)
    if waiting:
        raise RefusedError(f"the last 'tool_calls' have no tool messages: {', '.join(waiting)}")


def check_content(message: dict[str, Any], where: str) -> None:
    content = message.get("content")
    if content is None:
        if message["role"] == "assistant" and message.get("tool_calls"):
            return
        raise RefusedError(f"{where}: content is required")
    if isinstance(content, str):
        return
    if not isinstance(content, list) or not all(
        isinstance(part, dict) and "type" in part for part in content
    ):
        raise RefusedError(f"{where}: content must be a string or a list of typed parts")
    unknown = {part["type"] for part in content} - {"text", "image_url", "input_audio", "file", "refusal"}
    if unknown:
        raise RefusedError(f"{where}: unknown content part {sorted(unknown)}")


def check_tool_calls(message: dict[str, Any], where: str) -> list[str]:
    """The ids that have to be answered before the next turn."""
    calls = message.get("tool_calls")
    if calls is None:
        return []
    if not calls:
        raise RefusedError(f"{where}: 'tool_calls' must not be empty")
    ids = []
    for call in calls:
        function = call.get("function") or {}
        if call.get("type") != "function" or not call.get("id") or not function.get("name"):
            raise RefusedError(f"{where}: a tool call needs an id, the type 'function' and a name")
        try:
            arguments = json.loads(function.get("arguments", ""))
        except ValueError as error:
            raise RefusedError(f"{where}: the arguments of {call['id']} are not JSON") from error
        if not isinstance(arguments, dict):
            raise RefusedError(f"{where}: the arguments of {call['id']} are not an object")
        ids.append(call["id"])
    if len(set(ids)) != len(ids):
        raise RefusedError(f"{where}: two tool calls have the same id")
    return ids


def check_tools(body: dict[str, Any]) -> None:
    names = []
    for tool in body.get("tools") or []:
        function = tool.get("function") or {}
        name = function.get("name", "")
        if tool.get("type") != "function" or not _NAME.fullmatch(name):
            raise RefusedError(f"tools: {name!r} is not a function with a legal name")
        parameters = function.get("parameters", {"type": "object", "properties": {}})
        if parameters.get("type") != "object":
            raise RefusedError(f"tools.{name}: parameters must be of type object")
        injected = INJECTED & set(parameters.get("properties", {}))
        if injected:
            raise RefusedError(f"tools.{name}: injected arguments are in the schema: {sorted(injected)}")
        names.append(name)
    if len(set(names)) != len(names):
        raise RefusedError("tools: two tools have the same name")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("function", {}).get("name") not in names:
        raise RefusedError("tool_choice names a tool that is not in 'tools'")
    if choice is not None and not names:
        raise RefusedError("tool_choice is only allowed when tools are given")


def check_response_format(body: dict[str, Any], *, supports_json_schema: bool) -> None:
    wanted = body.get("response_format")
    if wanted is None:
        return
    if wanted.get("type") not in {"text", "json_object", "json_schema"}:
        raise RefusedError(f"response_format: unknown type {wanted.get('type')!r}")
    if wanted["type"] == "json_schema":
        if not supports_json_schema:
            raise RefusedError("response_format: only 'text' and 'json_object' are supported here")
        named = wanted.get("json_schema") or {}
        if not _NAME.fullmatch(named.get("name", "")) or not isinstance(named.get("schema"), dict):
            raise RefusedError("response_format: json_schema needs a name and a schema")


def check_chat(body: dict[str, Any], *, supports_json_schema: bool) -> None:
    """Raises RefusedError with the reason."""
    check_text(body)
    if not isinstance(body.get("model"), str):
        raise RefusedError("you must provide a model parameter")
    check_messages(body.get("messages"))
    check_tools(body)
    check_response_format(body, supports_json_schema=supports_json_schema)
    if body.get("stream_options") and not body.get("stream"):
        raise RefusedError("stream_options is only allowed when stream is true")

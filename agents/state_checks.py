"""Whether an update from outside of a run fits the state: said in one sentence, before anything is touched."""

from collections.abc import Mapping
from typing import Any, get_type_hints

from langchain_core.messages import convert_to_messages
from pydantic import TypeAdapter, ValidationError

from agents.state import ChatState, TaskUpdate

_HINTS: dict[str, Any] = {**get_type_hints(ChatState), "tasks": list[TaskUpdate]}
_FIELDS = {name: TypeAdapter(hint) for name, hint in _HINTS.items() if name != "messages"}
OVERWRITE = "__overwrite__"


def update_complaint(values: Any) -> str | None:
    """One sentence that names the field that does not fit; None for an update that may be made."""
    if values is None:
        return None
    if not isinstance(values, Mapping):
        return "The state's update is not an object: send its fields by name."
    return next((wrong for name, value in values.items() if (wrong := _of_field(str(name), value))), None)


def _of_field(name: str, value: Any) -> str | None:
    if name not in _HINTS:
        return f"The state has no field {name[:60]!r}: it has {', '.join(_HINTS)}."
    whole = isinstance(value, Mapping) and set(value) == {OVERWRITE}
    given = value[OVERWRITE] if whole else value
    if name == "messages":
        return _messages(given, whole=whole)
    try:
        _FIELDS[name].validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, (name, *first["loc"])))
        return f"The state's {place} does not fit: {first['msg'][:1].lower()}{first['msg'][1:]}."
    return None


def _messages(given: Any, *, whole: bool) -> str | None:
    if whole and not all(hasattr(message, "type") for message in given or []):
        # Past the reducer nothing would make messages of them.
        return "The state's messages cannot be overwritten from outside: send messages to add or remove."
    try:
        convert_to_messages(given if isinstance(given, list) else [given])
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError):
        return "The state's messages does not fit: it is a list of messages, each with a role and content."
    return None

"""Only known types are made from what a checkpoint holds: whoever can write there must not run code here."""

from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from config.errors import UserError


def strict_serializer() -> JsonPlusSerializer:
    """LangGraph's own serializer, strict whatever LANGGRAPH_STRICT_MSGPACK says, and without pickle."""
    return JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)


def require_strict(serde: Any) -> None:
    """Raises UserError on a serializer that would import what a checkpoint names, however deep it is wrapped."""
    inner = serde
    while not isinstance(inner, JsonPlusSerializer) and hasattr(inner, "serde"):
        inner = inner.serde
    if isinstance(inner, JsonPlusSerializer) and (
        inner.pickle_fallback or True in (inner._allowed_msgpack_modules, inner._allowed_json_modules)  # noqa: SLF001 - not public
    ):
        raise UserError(
            "The checkpointer's serializer would import any class that a checkpoint names: use "
            "memory.short_term.strict.strict_serializer()."
        )

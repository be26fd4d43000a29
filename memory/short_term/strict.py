"""Only known types are made from what a checkpoint holds: whoever can write there must not run code here."""

from collections.abc import Iterable
from typing import Any, Final

import ormsgpack
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.serde.jsonplus import EXT_PYDANTIC_V2, JsonPlusSerializer

from config.errors import UserError
from memory.short_term.state_types import Names, state_types

_OPTION: Final = ormsgpack.OPT_NON_STR_KEYS
# How LangGraph's serializer begins one: a list of four, its module and its name.
_MESSAGES: Final[tuple[tuple[bytes, type[BaseMessage]], ...]] = tuple(
    (b"\x94" + ormsgpack.packb(each.__module__) + ormsgpack.packb(each.__name__), each)
    for each in (HumanMessage, AIMessage, ToolMessage, SystemMessage)
)


class StrictSerializer(JsonPlusSerializer):
    """LangGraph's own serializer, strict whatever LANGGRAPH_STRICT_MSGPACK says, and without pickle.

    What it reads is what LangGraph's reads, and the classes of our graphs' states. Messages, of which a state mostly
    consists, are made without looking their module up for each.
    """

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)
        self._known: Names = frozenset()

    def with_msgpack_allowlist(self, extra_allowlist: Iterable[tuple[str, ...] | type]) -> JsonPlusSerializer:
        return super().with_msgpack_allowlist((*extra_allowlist, *state_types.names))

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        if data[0] == "msgpack":
            # A server's copy of a graph has lost what its schema lets through, so it is known here.
            if self._known is not state_types.names:
                self._known = state_types.names
                self._unpack_ext_hook = self.with_msgpack_allowlist(())._unpack_ext_hook  # noqa: SLF001 - its own kind
            return ormsgpack.unpackb(data[1], ext_hook=self._made, option=_OPTION)
        return super().loads_typed(data)

    def _made(self, code: int, data: bytes) -> Any:
        if code == EXT_PYDANTIC_V2:
            for beginning, message in _MESSAGES:
                if data.startswith(beginning):
                    try:
                        return message(**ormsgpack.unpackb(data, ext_hook=self._made, option=_OPTION)[2])
                    except Exception:  # noqa: BLE001 - theirs decides what becomes of it
                        break
        return self._unpack_ext_hook(code, data)


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
            "memory.short_term.strict.StrictSerializer()."
        )

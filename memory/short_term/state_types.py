"""The classes that this process's graphs keep in their states, which a checkpoint may therefore name."""

import dataclasses
from enum import Enum
from typing import Any, Final, get_args, get_type_hints

from pydantic import BaseModel
from typing_extensions import is_typeddict

Names = frozenset[tuple[str, str]]


class StateTypes:
    """Grows while graphs are built, before or after a checkpointer is opened; any thread may read it."""

    def __init__(self) -> None:
        self.names: Names = frozenset()

    def add(self, schema: Any) -> None:
        """Let through what this schema's fields name: models of pydantic, dataclasses, enums, however deep."""
        # A set of its own each time, so that who reads can tell by identity that it grew.
        self.names = self.names | names_in(schema)


state_types: Final = StateTypes()


def names_in(schema: Any) -> Names:
    """Module and name of each class that values of this type may be made of, apart from what all may be."""
    found: dict[type, None] = {}
    _collect(schema, found, set())
    return frozenset((each.__module__, each.__name__) for each in found)


def _collect(hint: Any, found: dict[type, None], seen: set[int]) -> None:
    if id(hint) in seen:
        return
    seen.add(id(hint))
    for part in get_args(hint):
        _collect(part, found, seen)
    if not isinstance(hint, type):
        return
    if dataclasses.is_dataclass(hint) or issubclass(hint, BaseModel | Enum):
        found[hint] = None
    for part in _fields(hint):
        _collect(part, found, seen)


def _fields(each: type) -> list[Any]:
    if issubclass(each, BaseModel):
        return [info.annotation for info in each.model_fields.values()]
    if not (is_typeddict(each) or dataclasses.is_dataclass(each)):
        return []
    try:
        return list(get_type_hints(each, include_extras=True).values())
    except NameError:  # imported for a type checker alone: then what it names stays data
        return []

"""What a state holds, for those who write JSON of it."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel


def as_data(value: Any) -> Any:
    """The value as JSON has it: messages, models, dataclasses and enums by what they hold, however deep."""
    if isinstance(value, BaseModel):  # a message, or a class of the state's own
        return value.model_dump(mode="json")
    if isinstance(value, Enum):
        return as_data(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return as_data(vars(value))
    if isinstance(value, Mapping):
        return {str(name): as_data(each) for name, each in value.items()}
    return [as_data(each) for each in value] if isinstance(value, list | tuple) else value

"""What takes so long to make bytes of, or to read, that it is done beside the event loop. Pure."""

from collections.abc import Iterable
from typing import Any, Final

MANY_PARTS: Final = 200
LONG_TEXT: Final = 250_000


def large(values: Iterable[Any]) -> bool:
    """Whether making bytes of these values takes long; what costs is the number of their parts."""
    return any(
        len(value) > (MANY_PARTS if isinstance(value, list | dict | tuple) else LONG_TEXT)
        for value in values
        if isinstance(value, list | dict | tuple | str | bytes)
    )

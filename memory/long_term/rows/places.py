"""Namespaces as the tables spell them: the owner, and the path below it."""

from collections.abc import Sequence
from typing import Any, Final

from memory.long_term.rows.isolation import EVERYBODY

OWNER_LABELS: Final = 2
MAX_BYTES: Final = 2_000
Condition = tuple[str, list[Any]]


def place_of(namespace: Sequence[str]) -> tuple[str, str]:
    """(owner, path): the first two labels, and the rest, joined by dots, which no label holds."""
    return ".".join(namespace[:OWNER_LABELS]), ".".join(namespace[OWNER_LABELS:])


def namespace_of(owner: str, path: str) -> tuple[str, ...]:
    """The inverse of `place_of`."""
    return tuple(owner.split(".")) + (tuple(path.split(".")) if path else ())


def within(prefix: Sequence[str]) -> tuple[str, Condition, Condition]:
    """Whom a search under this prefix works for, and its conditions on columns `owner` and `path`."""
    if len(prefix) < OWNER_LABELS:
        owners = _below("owner", ".".join(prefix)) if prefix else ("TRUE", [])
        return EVERYBODY, owners, ("TRUE", [])
    owner, path = place_of(prefix)
    return owner, ("owner = %s", [owner]), _below("path", path) if path else ("TRUE", [])


def _below(column: str, text: str) -> Condition:
    # By bytes "/" follows ".". One range first, which an index reads by itself in every plan; in it, other names
    # ("text-", "text ") stand between the text and what begins with it and a dot.
    return (
        f"({column} >= %s AND {column} < %s AND ({column} = %s OR {column} > %s))",
        [text, f"{text}/", text, f"{text}."],
    )

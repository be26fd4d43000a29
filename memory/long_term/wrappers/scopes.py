"""Whom an operation concerns: the owner is the first two labels of a namespace."""

import hashlib
import json
from typing import Any

from langgraph.store.base import GetOp, ListNamespacesOp, Op, PutOp, SearchOp

from memory.long_term.rows.places import OWNER_LABELS

Owner = tuple[str, ...]
Place = tuple[tuple[str, ...], str]
"""Namespace and key."""


def owner_of(namespace: tuple[str, ...]) -> Owner:
    """Shorter namespaces are owners of their own: an owner's items are never below another's."""
    return tuple(namespace[:OWNER_LABELS])


def is_write(op: Op) -> bool:
    return not isinstance(op, GetOp | SearchOp | ListNamespacesOp)


def written_place(op: Op) -> Place:
    """Raises ValueError on an operation that is neither a read nor a write of one item."""
    if not isinstance(op, PutOp):
        raise ValueError(f"{type(op).__name__} is no operation of a store; use a get, put, search or list.")
    return tuple(op.namespace), op.key


def read_owner(op: Op) -> Owner | None:
    """The one owner whose items a read can see; None when it can see those of many."""
    if isinstance(op, GetOp):
        return owner_of(op.namespace)
    if isinstance(op, SearchOp) and len(op.namespace_prefix) >= OWNER_LABELS:
        return owner_of(op.namespace_prefix)
    return None


def fingerprint(op: Op) -> str | None:
    """The same for equal reads and for no others; None for a read that JSON cannot spell exactly."""
    if type(op) is GetOp:
        spelled: list[Any] = ["get", list(op.namespace), op.key]
    elif type(op) is SearchOp:
        spelled = ["search", list(op.namespace_prefix), op.filter, op.limit, op.offset, op.query]
    else:
        return None
    try:
        text = json.dumps(spelled, sort_keys=True, allow_nan=False)
        # JSON takes 1 for "1" as a name and a tuple for a list; a store need not.
        exact = json.loads(text) == spelled
    except (TypeError, ValueError, RecursionError):
        return None
    return digest(text) if exact else None


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

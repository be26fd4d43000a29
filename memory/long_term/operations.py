"""What a caller asks of the store, made storable or refused, before a connection is taken."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from langgraph.store.base import GetOp, Op, PutOp, SearchOp, validate_op_namespace

from memory.text import clean, clean_tree


def cleaned(op: Op) -> Op:
    """The operation as Postgres can hold it. Raises ValueError or TypeError on what it cannot."""
    validate_op_namespace(op)
    if isinstance(op, GetOp):
        _check_name("key", [op.key])
        _check_name("namespace", op.namespace)
    elif isinstance(op, PutOp):
        _check_name("key", [op.key])
        _check_name("namespace", op.namespace)
        if op.value is not None:
            return op._replace(value=_storable(op.value))
    elif isinstance(op, SearchOp):
        _check_name("namespace", op.namespace_prefix)
        query = None if op.query is None else clean(op.query)
        return op._replace(query=query, filter=clean_tree(op.filter))
    else:
        for condition in op.match_conditions or ():
            _check_name("namespace", condition.path)
    return op


def _check_name(what: str, parts: Iterable[str]) -> None:
    """Names are not mended as values are: two of them would become one."""
    if any(clean(part) != part for part in parts):
        raise ValueError(f"A memory's {what} holds a NUL byte or half of a character; names are plain text.")


def _storable(value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        tree: dict[str, Any] = clean_tree(dict(value))
        json.dumps(tree, allow_nan=False)
    except RecursionError:
        raise ValueError("A memory's value is nested too deeply to be stored.") from None
    except ValueError as error:
        raise ValueError(f"A memory's value cannot be stored as JSON: {error}.") from None
    return tree

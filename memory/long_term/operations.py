"""What a caller asks of the store, made storable or refused, before a connection is taken."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from langgraph.store.base import GetOp, Op, PutOp, SearchOp, validate_op_namespace

from memory.long_term.document import Described
from memory.long_term.recipes import RECIPES, Recipe
from memory.text import clean, clean_tree

MAX_VALUE_BYTES: Final = 1_000_000
MAX_NAME_BYTES: Final = 2_000
MAX_DEPTH: Final = 200
STRATEGY: Final = "$strategy"
ASKED_AT: Final = "$asked_at"


class PutIf(PutOp):
    """A put that takes effect on one version alone: the item's as it was read, or 0 where there must be none.

    Where another version stands, the whole batch is refused with ConflictError.
    """

    version: int

    def __new__(cls, op: PutOp, version: int) -> Self:
        made = super().__new__(cls, *op)
        made.version = version
        return made


@dataclass(frozen=True)
class Search:
    """A search as it was asked: what is under "$strategy" and "$asked_at" in its filter is taken out of it."""

    op: SearchOp
    recipe: Recipe
    asked_at: datetime


def cleaned(op: Op) -> Op:
    """The operation as Postgres can hold it. Raises ValueError or TypeError on what it cannot."""
    validate_op_namespace(op)
    if isinstance(op, GetOp):
        _check_names(op.namespace, op.key)
    elif isinstance(op, PutOp):
        _check_names(op.namespace, op.key)
        if op.value is not None:
            made = PutOp(op.namespace, op.key, _storable(op.value), op.index, op.ttl)
            return PutIf(made, op.version) if isinstance(op, PutIf) else made
    elif isinstance(op, SearchOp):
        _check_names(op.namespace_prefix)
        query = None if op.query is None else clean(op.query)
        return op._replace(query=query, filter=clean_tree(op.filter))
    else:
        for condition in op.match_conditions or ():
            _check_names(condition.path)
    return op


def read_search(op: SearchOp) -> Search:
    """Raises ValueError on a strategy that there is not, or on an odd time."""
    given = dict(op.filter or {})
    name, asked = given.pop(STRATEGY, "vector"), given.pop(ASKED_AT, None)
    recipe = RECIPES.get(name) if isinstance(name, str) else None
    if recipe is None:
        raise ValueError(f"A search has no strategy {name!r}; there are {', '.join(RECIPES)}.")
    return Search(op._replace(filter=given), recipe, _moment(asked))


def _moment(asked: Any) -> datetime:
    if asked is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(asked)
    except (TypeError, ValueError):
        raise ValueError(
            f"A search was asked at {asked!r}; give the time as 2026-03-31T12:00:00+00:00."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _check_names(namespace: Iterable[str], key: str = "") -> None:
    """Names are not mended as values are: two of them would become one."""
    parts = [*namespace, key]
    if any(clean(part) != part for part in parts):
        raise ValueError(
            "A memory's namespace or key holds a NUL byte or half of a character; names are plain text."
        )
    size = sum(len(part.encode()) for part in parts)
    if size > MAX_NAME_BYTES:
        raise ValueError(
            f"A memory's namespace and key have {size:,} bytes; at most {MAX_NAME_BYTES:,} are allowed."
        )


def _storable(value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        _check_depth(value)
        tree: dict[str, Any] = clean_tree(dict(value))
        size = len(json.dumps(tree, allow_nan=False))
    except RecursionError:
        raise ValueError("A memory's value is nested too deeply to be stored.") from None
    except ValueError as error:
        raise ValueError(f"A memory's value cannot be stored as JSON: {str(error).rstrip('.')}.") from None
    if size > MAX_VALUE_BYTES:
        raise ValueError(f"A memory's value has {size:,} bytes; at most {MAX_VALUE_BYTES:,} are allowed.")
    return Described(tree, value.document) if isinstance(value, Described) else tree


def _check_depth(value: Any) -> None:
    """Without recursion, so that what is nested a hundred thousand deep is refused as well."""
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise RecursionError
        level = [child for each in level for child in _children(each)]
        depth += 1


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()

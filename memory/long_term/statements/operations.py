"""What a caller asks of the store, made storable or refused, before a connection is taken."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from langgraph.store.base import GetOp, ListNamespacesOp, Op, PutOp, SearchOp, validate_op_namespace

from memory.long_term.language.times import Span
from memory.long_term.ranking.document import Described
from memory.long_term.ranking.recipes import RECIPES, Recipe
from memory.text import clean, clean_tree

MAX_VALUE_BYTES: Final = 1_000_000
MAX_NAME_BYTES: Final = 2_000
MAX_DEPTH: Final = 200
MAX_ROWS: Final = 2**31 - 1
MAX_TTL_MINUTES: Final = 1_000_000_000
"""Two thousand years."""
STRATEGY: Final = "$strategy"
ASKED_AT: Final = "$asked_at"
SPANS: Final = "$spans"
OPTIONS: Final = (STRATEGY, ASKED_AT, SPANS)
"""What a search's filter holds beside conditions."""
MAX_SPANS: Final = 8


class PutSince(PutOp):
    """A put of work that began then, in seconds since 1970: refused with ErasedError if its owner was erased since."""

    began: float | None

    def __new__(cls, op: PutOp, began: float | None) -> Self:
        made = super().__new__(cls, *op)
        made.began = began
        return made


class PutIf(PutSince):
    """A put or a delete that takes effect on one version alone: the item's as it was read, or 0 for no item.

    Where another version stands, the whole batch is refused with ConflictError.
    """

    version: int

    def __new__(cls, op: PutOp, version: int, began: float | None = None) -> Self:
        made = super().__new__(cls, op, began)
        made.version = version
        return made


def under_its_conditions(made: PutOp, op: PutOp) -> PutOp:
    """What was made of `op` instead of it, with all that is asked of `op` beside its value."""
    if isinstance(op, PutIf):
        return PutIf(made, op.version, op.began)
    return PutSince(made, op.began) if isinstance(op, PutSince) else made


@dataclass(frozen=True)
class Search:
    """A search as it was asked: its OPTIONS are taken out of its filter."""

    op: SearchOp
    recipe: Recipe
    asked_at: datetime
    spans: tuple[Span, ...] = ()


def cleaned(op: Op) -> Op:
    """The operation as Postgres can hold it. Raises ValueError or TypeError on what it cannot."""
    if not isinstance(op, GetOp | PutOp | SearchOp | ListNamespacesOp):
        raise TypeError(f"{type(op).__name__} is no operation of a store; use a get, put, search or list.")
    validate_op_namespace(op)
    if isinstance(op, GetOp):
        _check_names(op.namespace, op.key)
    elif isinstance(op, PutOp):
        _check_names(op.namespace, op.key)
        _check_ttl(op.ttl)
        if op.value is not None:
            made = PutOp(op.namespace, op.key, _storable(op.value), op.index, op.ttl)
            return under_its_conditions(made, op)
    elif isinstance(op, SearchOp):
        _check_names(op.namespace_prefix)
        _check_page(op)
        _check_depth(op.filter, "A search's filter")
        if not isinstance(op.query, str | None):
            raise ValueError(f"A search's query is text, not {type(op.query).__name__}.")
        query = None if op.query is None else clean(op.query)
        return op._replace(query=query, filter=clean_tree(op.filter))
    else:
        _check_page(op)
        if op.max_depth is not None:
            _check_count("max_depth", op.max_depth)
        for condition in op.match_conditions or ():
            _check_names(condition.path)
    return op


def read_search(op: SearchOp) -> Search:
    """Raises ValueError on a strategy that there is not, or on an odd time."""
    given = dict(op.filter or {})
    name, asked, spans = given.pop(STRATEGY, "vector"), given.pop(ASKED_AT, None), given.pop(SPANS, None)
    recipe = RECIPES.get(name) if isinstance(name, str) else None
    if recipe is None:
        raise ValueError(f"A search has no strategy {name!r}; there are {', '.join(RECIPES)}.")
    return Search(op._replace(filter=given), recipe, _moment(asked), _spans(spans))


def options(strategy: str, asked_at: datetime | None = None, spans: Sequence[Span] = ()) -> dict[str, Any]:
    """A search's filter with how it is asked; `spans` are times that the query means without naming them."""
    found: dict[str, Any] = {STRATEGY: strategy}
    if asked_at is not None:
        found[ASKED_AT] = asked_at.isoformat()
    if spans:
        found[SPANS] = [[span.start.isoformat(), span.end.isoformat()] for span in spans]
    return found


def _moment(asked: Any) -> datetime:
    if asked is None:
        return datetime.now(UTC)
    try:
        return _parsed(asked)
    except (TypeError, ValueError):
        raise ValueError(
            f"A search was asked at {asked!r}; give the time as 2026-03-31T12:00:00+00:00."
        ) from None


def _spans(given: Any) -> tuple[Span, ...]:
    try:
        pairs = [(_parsed(start).astimezone(UTC), _parsed(end).astimezone(UTC)) for start, end in given or ()]
    except (TypeError, ValueError, OverflowError):
        pairs = None
    if pairs is None or len(pairs) > MAX_SPANS or any(start >= end for start, end in pairs):
        raise ValueError(
            f"A search's {SPANS} is {_shown(given)}; it is at most {MAX_SPANS} pairs of an earlier and a later time, "
            'such as [["2026-03-01T00:00:00+00:00", "2026-03-08T00:00:00+00:00"]].'
        )
    return tuple(Span(start, end, "") for start, end in pairs)


def _parsed(moment: str) -> datetime:
    found = datetime.fromisoformat(moment)
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


def _check_page(op: SearchOp | ListNamespacesOp) -> None:
    _check_count("limit", op.limit)
    _check_count("offset", op.offset)


def _check_count(name: str, given: Any) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MAX_ROWS:
        raise ValueError(
            f"The {name} of a read is {_shown(given)}; it is a whole number from 0 to {MAX_ROWS:,}."
        )


def _check_ttl(given: Any) -> None:
    if given is None:
        return
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not math.isfinite(given) or not 0 <= given <= MAX_TTL_MINUTES:
        raise ValueError(
            f"The ttl of a memory is {_shown(given)}; it is minutes, from 0 to {MAX_TTL_MINUTES:,}."
        )


def _shown(given: Any) -> str:
    # An integer of more digits than Python prints has no repr.
    return "too large" if isinstance(given, int) and abs(given) > 2**64 else repr(given)[:64]


def _storable(value: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(
            f"A memory's value is a {type(value).__name__}; it is a dictionary that JSON can hold."
        )
    _check_depth(value, "A memory's value")
    try:
        tree: dict[str, Any] = clean_tree(dict(value))
        size = len(json.dumps(tree, allow_nan=False))
    except ValueError as error:
        raise ValueError(f"A memory's value cannot be stored as JSON: {str(error).rstrip('.')}.") from None
    if size > MAX_VALUE_BYTES:
        raise ValueError(f"A memory's value has {size:,} bytes; at most {MAX_VALUE_BYTES:,} are allowed.")
    return Described(tree, value.document) if isinstance(value, Described) else tree


def _check_depth(value: Any, what: str) -> None:
    """Without recursion, so that what is nested a hundred thousand deep is refused as well.

    Lists that hold one list many times over grow with every level: what counts more parts than bytes is too large.
    """
    level, depth, parts = [value], 0, 0
    while level:
        if depth > MAX_DEPTH:
            raise ValueError(f"{what} is nested too deeply: at most {MAX_DEPTH} levels are allowed.")
        parts += len(level)
        if parts > MAX_VALUE_BYTES:
            raise ValueError(f"{what} has more than {MAX_VALUE_BYTES:,} parts, which is too many.")
        level = [child for each in level for child in _children(each)]
        depth += 1


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()

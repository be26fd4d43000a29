"""The statements that nearly every turn asks: of one owner, with one condition on a value at most, the first page."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Final

import numpy as np
from langgraph.store.base import GetOp

from memory.long_term.ranking import lanes
from memory.long_term.ranking.candidates import FOUND
from memory.long_term.ranking.document import Lane
from memory.long_term.ranking.lanes import Query, Scope, Told
from memory.long_term.ranking.question import plain_question
from memory.long_term.ranking.recipes import RECIPES, Recipe
from memory.long_term.ranking.spaces import Space
from memory.long_term.rows.places import within
from memory.long_term.statements import reads, writes
from memory.long_term.statements.filters import conditions
from memory.long_term.statements.procedures import Procedure, standing_for

_ITEM: Final = {
    "owner": "text",
    "path": "text",
    "key": "text",
    "id": "bigint",
    "version": "bigint",
    "value": "jsonb",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "ttl_minutes": "double precision",
    "left_s": "double precision",
}
_HIT: Final = {**_ITEM, "score": "double precision"}
_FOUND: Final = {name: f"{kind}[]" for name, (kind, _) in FOUND.items()}
# Their parameters only tell their types.
_OWNER: Final = ("users", "somebody")
_VECTOR: Final = np.ones(8, dtype=np.float32)
_SPACE: Final = Space(1, "any", 8)
_LIMIT: Final = 10


@cache
def usual() -> Mapping[str, Procedure]:
    """A procedure for each, by the statement that it stands for."""
    asked: list[tuple[str, Query, Mapping[str, str]]] = [
        ("get", reads.gets(".".join(_OWNER), [GetOp(_OWNER, "key")]), _ITEM)
    ]
    for namespace, cold in product((_OWNER, (*_OWNER, "below")), (False, True)):
        _, owner, path = within(namespace)
        scope = Scope(owner, path, ("TRUE", []), cold)
        asked += [
            ("items", reads.by_ids(scope, [1]), _ITEM),
            ("list", reads.listing(scope, _LIMIT, 0), _HIT),
            ("having", reads.listing(replace(scope, value=conditions({"key": "value"})), _LIMIT, 0), _HIT),
            ("near", lanes.nearest(scope, _SPACE, _VECTOR, limit=_LIMIT, offset=0), _HIT),
            ("deep", lanes.nearest(scope, _SPACE, _VECTOR, limit=_LIMIT, offset=0, deep=True), _HIT),
            ("find", _candidates(scope, RECIPES["hybrid"]), _FOUND),
            ("told", _candidates(scope, RECIPES["keyword"]), _FOUND),
            ("rest", _candidates(scope, RECIPES["hybrid"], told=([1], [1.0])), _FOUND),
        ]
    found = {query: standing_for(what, query, params, gives) for what, (query, params), gives in asked}
    return {**found, writes.PUT: writes.put_procedure()}


def _candidates(scope: Scope, recipe: Recipe, told: Told | None = None) -> Query:
    vectors = {Lane.SAID: _VECTOR, Lane.STATED: _VECTOR}
    return lanes.candidates(
        scope,
        _SPACE,
        plain_question("word"),
        vectors=vectors,
        words=lanes.Words([1], 1),
        recipe=recipe,
        told=told,
    )

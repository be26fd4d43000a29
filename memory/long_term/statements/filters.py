"""A search's filter as SQL: values compare as the JSON types that they are."""

import json
from collections.abc import Mapping
from typing import Any, Final

Condition = tuple[str, list[Any]]

OPERATORS: Final = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists")
MAX_CONDITIONS: Final = 50
MAX_LISTED: Final = 1_000
_ORDER = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


def conditions(given: Mapping[str, Any] | None, column: str = "m.value") -> Condition:
    """SQL over a jsonb column, all of whose parts must hold; "TRUE" for no filter.

    A key is a key of the value; where the value has none of that name, a dotted one is a path into it.
    Raises ValueError on a filter that cannot be meant.
    """
    clauses, params = ["TRUE"], []
    for key, wanted in (given or {}).items():
        if not isinstance(key, str):
            raise ValueError(f"A filter names the key {key!r}; keys are text.")
        for clause, values in _of_key(_place(column, key), key, wanted):
            clauses.append(clause)
            params += values
        if len(clauses) > MAX_CONDITIONS + 1:
            raise ValueError(
                f"A filter has more than {MAX_CONDITIONS} conditions: name fewer fields, or several of their values "
                "with $in."
            )
    return " AND ".join(clauses), params


def _place(column: str, key: str) -> Condition:
    path = key.split(".")
    if len(path) == 1 or not all(path):
        return f"{column}->%s::text", [key]
    return f"COALESCE({column}->%s::text, {column}#>%s::text[])", [key, path]


def _of_key(place: Condition, key: str, wanted: Any) -> list[Condition]:
    if not isinstance(wanted, Mapping):
        return [_equal(place, wanted)]
    if not any(str(name).startswith("$") for name in wanted):
        return [(f"{place[0]} @> %s::jsonb", [*place[1], _json(wanted)])]
    return [_operator(place, key, str(name), value) for name, value in wanted.items()]


def _operator(place: Condition, key: str, name: str, wanted: Any) -> Condition:
    at, params = place
    if name == "$eq":
        return _equal(place, wanted)
    if name == "$ne":
        return _not(_equal(place, wanted))
    if name in ("$in", "$nin"):
        found = _among(place, key, name, wanted)
        return found if name == "$in" else _not(found)
    if name == "$exists":
        if not isinstance(wanted, bool):
            raise ValueError(f"A filter on {key!r} asks $exists {wanted!r}; it is true or false.")
        return f"({at} IS NOT NULL) = %s", [*params, wanted]
    if name not in _ORDER:
        raise ValueError(f"A filter on {key!r} uses {name!r}; the operators are {', '.join(OPERATORS)}.")
    if isinstance(wanted, str):
        # By code point, so that the order does not depend on the database's locale.
        text = f"(({at})#>>'{{}}') COLLATE \"C\" {_ORDER[name]} %s"
        return f"(jsonb_typeof({at}) = 'string' AND {text})", [*params, *params, wanted]
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        number = f"({at}) {_ORDER[name]} %s::jsonb"
        return f"(jsonb_typeof({at}) = 'number' AND {number})", [*params, *params, _json(wanted)]
    raise ValueError(f"A filter on {key!r} orders by {wanted!r}; only numbers and strings have an order.")


def _among(place: Condition, key: str, name: str, wanted: Any) -> Condition:
    if not isinstance(wanted, list | tuple | set | frozenset):
        raise ValueError(f"A filter on {key!r} gives {name} {wanted!r}; it takes a list.")
    if len(wanted) > MAX_LISTED:
        raise ValueError(
            f"A filter gives {name} {len(wanted):,} values; it takes {MAX_LISTED:,}: ask several times with some each."
        )
    at, params = place
    # One parameter, however many there are: a statement takes 65,535 of them.
    clause = f"{at} = ANY(%s::jsonb[])"
    listed = [_json(each) for each in wanted]
    if any(each is None for each in wanted):
        clause = f"({clause} OR {at} IS NULL)"
        return clause, [*params, listed, *params]
    return clause, [*params, listed]


def _not(condition: Condition) -> Condition:
    return f"({condition[0]}) IS NOT TRUE", condition[1]


def _equal(place: Condition, wanted: Any) -> Condition:
    """A missing key is as good as null, as in LangGraph's InMemoryStore."""
    at, params = place
    if wanted is None:
        return f"COALESCE({at}, 'null'::jsonb) = 'null'::jsonb", params
    return f"{at} = %s::jsonb", [*params, _json(wanted)]


def _json(wanted: Any) -> str:
    try:
        return json.dumps(wanted, allow_nan=False)
    except ValueError:
        raise ValueError("A filter compares with a number that JSON cannot hold, such as NaN.") from None

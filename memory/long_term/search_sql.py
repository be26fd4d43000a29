"""The SQL of one search: exact, paged in a total order, comparing values as the JSON types that they are."""

import json
from collections.abc import Mapping
from typing import Any

from langgraph.store.base import SearchOp
from langgraph.store.postgres.base import PLACEHOLDER, _namespace_prefix_condition

_ORDER = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_VALUE = "store.value->%s::text"
Condition = tuple[str, list[Any]]


def search_sql(op: SearchOp, first_field: str | None) -> tuple[str, list[Any]]:
    """A statement and its parameters.

    With `first_field`, of which an item has one vector at most, it searches by meaning: PLACEHOLDER stands
    where the query's vector goes. Raises ValueError on a filter that cannot be meant.
    """
    where, params = _where(op)
    if first_field is None:
        found = f"""
            found AS (
                SELECT prefix, key, NULL::float8 AS distance FROM store WHERE {where}
                ORDER BY {_PAGED} LIMIT %s OFFSET %s
            )
        """  # noqa: S608 - built from our own words; every value is a parameter
    else:
        found = _NEAREST.format(where=where, paged=_PAGED)
        params = [PLACEHOLDER, first_field, *params, op.limit + op.offset]
    statement = f"""
        WITH {found} {_REFRESH if op.refresh_ttl else ""}
        SELECT store.prefix, store.key, value, created_at, updated_at, 1 - distance AS score
        FROM found JOIN store ON store.prefix = found.prefix AND store.key = found.key
        ORDER BY distance, updated_at DESC, store.prefix, store.key
    """  # noqa: S608
    return statement, [*params, op.limit, op.offset]


# Rows of one batch share their updated_at: without the key, pages would overlap.
_PAGED = "updated_at DESC, prefix, key"

# Grouping every row by its item would cost more than all the rest, so of the vectors that an item has once
# only as many as the page needs are kept; those that it may have several of are all looked at.
_NEAREST = """
    scored AS MATERIALIZED (
        SELECT store.prefix, store.key, store.updated_at, sv.embedding <=> %s::halfvec AS distance,
            sv.field_name = %s::text AS once
        FROM store JOIN store_vectors sv ON sv.prefix = store.prefix AND sv.key = store.key
        WHERE {where}
    ),
    candidates AS (
        (SELECT * FROM scored WHERE once ORDER BY distance, {paged} LIMIT %s)
        UNION ALL (SELECT * FROM scored WHERE NOT once)
    ),
    found AS (
        SELECT prefix, key, min(distance) AS distance FROM candidates GROUP BY prefix, key, updated_at
        ORDER BY min(distance), {paged} LIMIT %s OFFSET %s
    )
"""


def _where(op: SearchOp) -> Condition:
    clauses = ["(store.expires_at IS NULL OR store.expires_at > NOW())"]
    params: list[Any] = []
    if op.namespace_prefix:
        clause, labels = _namespace_prefix_condition(op.namespace_prefix)
        clauses.append(clause)
        params += labels
    for key, wanted in (op.filter or {}).items():
        for clause, values in _conditions(key, wanted):
            clauses.append(clause)
            params += values
    return " AND ".join(clauses), params


_REFRESH = """, refreshed AS (
    UPDATE store SET expires_at = NOW() + make_interval(secs => ttl_minutes * 60)
    FROM found WHERE store.prefix = found.prefix AND store.key = found.key AND ttl_minutes IS NOT NULL
)"""


def _conditions(key: str, wanted: Any) -> list[Condition]:
    if not isinstance(wanted, Mapping):
        return [_equal(key, wanted)]
    if not any(str(name).startswith("$") for name in wanted):
        return [(f"{_VALUE} @> %s::jsonb", [key, json.dumps(wanted)])]
    return [_operator(key, str(name), value) for name, value in wanted.items()]


def _operator(key: str, name: str, wanted: Any) -> Condition:
    if name == "$eq":
        return _equal(key, wanted)
    if name == "$ne":
        clause, params = _equal(key, wanted)
        return f"({clause}) IS NOT TRUE", params
    if name not in _ORDER:
        raise ValueError(
            f"A filter on {key!r} uses {name!r}; the operators are $eq, $ne, $gt, $gte, $lt and $lte."
        )
    if isinstance(wanted, str):
        # By code point, so that the order does not depend on the database's locale.
        text = f'(store.value->>%s::text) COLLATE "C" {_ORDER[name]} %s'
        return f"(jsonb_typeof({_VALUE}) = 'string' AND {text})", [key, key, wanted]
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        number = f"{_VALUE} {_ORDER[name]} %s::jsonb"
        return f"(jsonb_typeof({_VALUE}) = 'number' AND {number})", [key, key, json.dumps(wanted)]
    raise ValueError(f"A filter on {key!r} orders by {wanted!r}; only numbers and strings have an order.")


def _equal(key: str, wanted: Any) -> Condition:
    """A missing key is as good as null, as in LangGraph's InMemoryStore."""
    if wanted is None:
        return f"COALESCE({_VALUE}, 'null'::jsonb) = 'null'::jsonb", [key]
    return f"{_VALUE} = %s::jsonb", [key, json.dumps(wanted)]

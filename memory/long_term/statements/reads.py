"""Reads of one owner as SQL: single items, listings without a query, namespaces."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

from langgraph.store.base import GetOp, Item, ListNamespacesOp, SearchItem
from psycopg.rows import DictRow

from memory.long_term.ranking.lanes import ALIVE, COLUMNS, Query, Scope
from memory.long_term.rows.places import namespace_of, place_of

GETS: Final = (
    f"SELECT {COLUMNS} FROM memory_items m "
    "JOIN unnest(%s::text[], %s::text[]) AS asked(path, key) ON m.path = asked.path AND m.key = asked.key "
    f"WHERE m.owner = %s AND {ALIVE}"
)
REFRESH: LiteralString = """
    WITH held AS MATERIALIZED (
        SELECT path, key FROM memory_items WHERE owner = %(owner)s AND id = ANY(%(ids)s) AND ttl_minutes IS NOT NULL
        ORDER BY path, key FOR UPDATE
    ), renewed AS (
        UPDATE memory_items m SET expires_at = now() + make_interval(secs => m.ttl_minutes * 60) FROM held h
        WHERE m.owner = %(owner)s AND m.path = h.path AND m.key = h.key AND m.ttl_minutes IS NOT NULL
        RETURNING m.id, m.path, m.expires_at
    ), looked_up AS (
        UPDATE memory_lookup l SET expires_at = r.expires_at FROM renewed r WHERE l.owner = %(owner)s AND l.id = r.id
    )
    UPDATE memory_vectors v SET expires_at = r.expires_at FROM renewed r
    WHERE v.owner = %(owner)s AND v.path = r.path AND v.id = r.id
"""


class VersionedItem(Item):
    """An item with the version that a conditional write names, and the seconds it had left when it was read."""

    __slots__ = ("left_s", "version")

    def __init__(self, row: DictRow) -> None:
        super().__init__(**_common(row))
        self.version: int = row["version"]
        self.left_s: float | None = row["left_s"]


class Hit(SearchItem):
    """A found item with what a VersionedItem has and, when a recipe ranked it, the receipt of how."""

    __slots__ = ("left_s", "receipt", "version")

    def __init__(self, row: DictRow, score: float | None, receipt: dict[str, Any] | None = None) -> None:
        super().__init__(**_common(row), score=score)
        self.version: int = row["version"]
        self.left_s: float | None = row["left_s"]
        self.receipt = receipt

    def dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = super().dict()
        return shown if self.receipt is None else {**shown, "receipt": self.receipt}


def _common(row: DictRow) -> dict[str, Any]:
    return {
        "namespace": namespace_of(row["owner"], row["path"]),
        "key": row["key"],
        "value": row["value"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def gets(owner: str, ops: Sequence[GetOp]) -> Query:
    """The items that these name, as far as they are there."""
    paths = [place_of(op.namespace)[1] for op in ops]
    return GETS, [paths, [op.key for op in ops], owner]


def listing(scope: Scope, limit: int, offset: int) -> Query:
    """Items in scope, the latest first."""
    return (
        (
            f"SELECT {COLUMNS}, NULL::float8 AS score FROM memory_items m "
            f"WHERE {scope.owner[0]} AND {scope.path[0]} AND {ALIVE} AND {scope.value[0]} "
            # Rows of one batch share their updated_at: without the rest, pages would overlap.
            "ORDER BY m.updated_at DESC, m.owner, m.path, m.key LIMIT %s OFFSET %s"
        ),
        [*scope.owner[1], *scope.path[1], *scope.value[1], limit, offset],
    )


def by_ids(scope: Scope, ids: Sequence[int]) -> Query:
    return (
        f"SELECT {COLUMNS} FROM memory_items m WHERE {scope.owner[0]} AND m.id = ANY(%s) AND {ALIVE}",
        [*scope.owner[1], list(ids)],
    )


def namespaces(op: ListNamespacesOp, owner: tuple[str, list[Any]]) -> Query:
    """Distinct namespaces with anything alive in them, as (owner, path) in their order."""
    clauses, params = [owner[0], ALIVE], list(owner[1])
    for condition in op.match_conditions or ():
        # "*" stands for one label.
        for number, label in enumerate(condition.path):
            if label == "*":
                continue
            at = number + 1 if condition.match_type == "prefix" else number - len(condition.path)
            clauses.append(f"labels[{'cardinality(labels) + 1 + ' if at < 0 else ''}{at}] = %s")
            params.append(label)
        clauses.append("cardinality(labels) >= %s")
        params.append(len(condition.path))
    shown = "labels" if op.max_depth is None else f"labels[1:{op.max_depth:d}]"
    return (
        (
            f"SELECT DISTINCT {shown} AS labels FROM (SELECT owner, path, expires_at, "
            "string_to_array(CASE path WHEN '' THEN owner ELSE owner || '.' || path END, '.') AS labels "
            f"FROM memory_items) m WHERE {' AND '.join(clauses)} ORDER BY labels LIMIT %s OFFSET %s"
        ),
        [*params, op.limit, op.offset],
    )

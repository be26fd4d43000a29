"""The lanes of a search as SQL: each finds candidates by an index or one scan of the owner's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pgvector import HalfVector, SparseVector

from memory.long_term.document import Lane
from memory.long_term.lexemes import DIMS
from memory.long_term.question import Question
from memory.long_term.recipes import Recipe
from memory.long_term.times import Span
from memory.long_term.writes import bits_of

NEARBY: Final = timedelta(days=21)
SAMPLE: Final = 1_000
"""Matching memories that are looked at to learn how rare each word is."""
ALIVE: Final = "(expires_at IS NULL OR expires_at > now())"


@dataclass(frozen=True)
class Scope:
    """Which rows a search may see: conditions on columns `owner`, `path` and, of the item `m`, its value."""

    owner: tuple[str, list[Any]]
    path: tuple[str, list[Any]]
    value: tuple[str, list[Any]]

    def where(self, table: str) -> tuple[str, list[Any]]:
        """Of memory_lookup or memory_vectors, the rows in scope that have not expired."""
        clauses, params = [self.owner[0], self.path[0], ALIVE], [*self.owner[1], *self.path[1]]
        if self.value[0] != "TRUE":
            clauses.append(
                f"EXISTS (SELECT FROM memory_items m WHERE m.owner = {table}.owner AND m.id = {table}.id "
                f"AND {self.value[0]})"
            )
            params += self.value[1]
        return " AND ".join(clauses), params


class _Script:
    """Common table expressions in order, each with its parameters."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.params: list[Any] = []

    def add(self, name: str, query: str, params: Sequence[Any]) -> None:
        self.tables.append(f"{name} AS ({query})")
        self.params += params

    def ending(self, query: str, params: Sequence[Any] = ()) -> tuple[str, list[Any]]:
        return f"WITH {', '.join(self.tables)} {query}", [*self.params, *params]


def nearest(
    scope: Scope, space: int, vector: Any, depth: int, limit: int, offset: int
) -> tuple[str, list[Any]]:
    """Items by the nearest of their views, all lanes together: the `depth` nearest by sign re-ranked by cosine.

    What lies beyond them follows in the order of its signs, so that pages hold everything once.
    """
    where, params = scope.where("memory_vectors")
    script = _Script()
    script.add(
        "views",
        f"SELECT owner, path, id, view, bits <~> %s AS gap FROM memory_vectors WHERE {where} AND space = %s",  # noqa: S608
        [bits_of(vector), *params, space],
    )
    script.add("near", "SELECT * FROM views ORDER BY gap, owner, id, view LIMIT %s", [depth])
    script.add(
        "first",
        "SELECT n.owner, n.id, max(1 - (v.embedding <=> %s)) AS score FROM near n JOIN memory_vectors v "
        "USING (owner, path, id, view) WHERE v.space = %s GROUP BY n.owner, n.id",
        [HalfVector(vector), space],
    )
    found = "SELECT owner, id, score, 0 AS part FROM first"
    if offset + limit > depth // 8:
        script.add(
            "rest",
            "SELECT r.owner, r.id, max(1 - (v.embedding <=> %s)) AS score FROM views r JOIN memory_vectors v "
            "USING (owner, path, id, view) WHERE v.space = %s AND NOT EXISTS (SELECT FROM first f "
            "WHERE f.owner = r.owner AND f.id = r.id) GROUP BY r.owner, r.id",
            [HalfVector(vector), space],
        )
        found += " UNION ALL SELECT owner, id, score, 1 FROM rest"
    return script.ending(
        "SELECT m.owner, m.path, m.key, m.id, m.version, m.value, m.created_at, m.updated_at, m.ttl_minutes, f.score "  # noqa: S608
        f"FROM ({found}) f JOIN memory_items m USING (owner, id) "
        "ORDER BY f.part, f.score DESC, m.owner, m.id LIMIT %s OFFSET %s",
        [limit, offset],
    )


def candidates(
    scope: Scope,
    space: int | None,
    question: Question,
    vectors: dict[Lane, Any],
    dimensions: Sequence[int],
    recipe: Recipe,
) -> tuple[str, list[Any]]:
    """What any lane of the recipe finds, with its scores there and what the fusion needs to know of it."""
    script, parts = _Script(), []
    if recipe.vectors and vectors and space is not None:
        _add_vectors(script, scope, space, vectors, recipe.depth)
        parts.append("SELECT owner, id, score AS vector, NULL::float8 AS keyword FROM by_vector")
    if recipe.keyword and dimensions:
        _add_keywords(script, scope, dimensions, recipe.depth)
        parts.append("SELECT owner, id, NULL::float8 AS vector, score AS keyword FROM by_keyword")
    if recipe.temporal and (question.spans or not parts):
        _add_times(script, scope, question.spans, recipe.depth)
        parts.append("SELECT owner, id, NULL::float8 AS vector, NULL::float8 AS keyword FROM by_time")
    return script.ending(
        "SELECT c.owner, c.id, c.vector, c.keyword, l.thread, l.place, l.said_at, l.about_from, l.about_to, "  # noqa: S608
        "l.stated, l.source, l.timed, l.speaker FROM ("
        f"SELECT owner, id, max(vector) AS vector, max(keyword) AS keyword FROM ({' UNION ALL '.join(parts)}) p "
        "GROUP BY owner, id) c JOIN memory_lookup l USING (owner, id)"
    )


def _add_vectors(script: _Script, scope: Scope, space: int, vectors: dict[Lane, Any], depth: int) -> None:
    where, params = scope.where("memory_vectors")
    for lane, vector in vectors.items():
        script.add(
            f"near_{lane.name}",
            "SELECT owner, path, id, view FROM memory_vectors "  # noqa: S608
            f"WHERE {where} AND space = %s AND lane = %s ORDER BY bits <~> %s, owner, id, view LIMIT %s",
            [*params, space, int(lane), bits_of(vector), depth],
        )
    scored = " UNION ALL ".join(
        f"SELECT n.owner, n.id, 1 - (v.embedding <=> %s) AS score FROM near_{lane.name} n "  # noqa: S608
        "JOIN memory_vectors v USING (owner, path, id, view) WHERE v.space = %s"
        for lane in vectors
    )
    script.add(
        "by_vector",
        f"SELECT owner, id, max(score) AS score FROM ({scored}) s GROUP BY owner, id",  # noqa: S608
        [value for vector in vectors.values() for value in (HalfVector(vector), space)],
    )


def _add_keywords(script: _Script, scope: Scope, dimensions: Sequence[int], depth: int) -> None:
    """BM25: what each word weighs in a memory is in its vector, how rare the word is is counted here."""
    where, params = scope.where("memory_lookup")
    every = SparseVector(dict.fromkeys(sorted(dimensions), 1.0), DIMS)
    single = [SparseVector({n: 1.0}, DIMS) for n in dimensions]
    script.add(
        "hits",
        f"SELECT owner, id, terms FROM memory_lookup WHERE {where} AND terms <#> %s < 0",  # noqa: S608
        [*params, every],
    )
    script.add("counts", f"SELECT count(*) AS all_rows FROM memory_lookup WHERE {where}", params)  # noqa: S608
    script.add("matching", "SELECT count(*) AS matches FROM hits", [])
    script.add(
        "found",
        "SELECT w.n, greatest(count(s.terms), 0.5) * m.matches / least(m.matches, %s) AS n_with "
        "FROM unnest(%s::sparsevec[]) WITH ORDINALITY AS w(word, n) CROSS JOIN matching m "
        "LEFT JOIN (SELECT terms FROM hits LIMIT %s) s ON s.terms <#> w.word < 0 "
        "WHERE m.matches > 0 GROUP BY w.n, m.matches",
        [SAMPLE, single, SAMPLE],
    )
    script.add(
        "rarity",
        "SELECT ('{' || string_agg(d.dim || ':' || "
        "ln(1 + (greatest(c.all_rows - f.n_with, 0) + 0.5) / (f.n_with + 0.5)), ',' ORDER BY d.dim) "
        "|| '}/' || %s)::sparsevec AS words FROM found f CROSS JOIN counts c "
        "JOIN unnest(%s::bigint[]) WITH ORDINALITY AS d(dim, n) USING (n)",
        [str(DIMS), [n + 1 for n in dimensions]],
    )
    script.add(
        "by_keyword",
        "SELECT h.owner, h.id, -(h.terms <#> (SELECT words FROM rarity)) AS score FROM hits h "
        "ORDER BY score DESC, h.owner, h.id LIMIT %s",
        [depth],
    )


def _add_times(script: _Script, scope: Scope, spans: Sequence[Span], depth: int) -> None:
    """Said near to a time that the question names; without one, what was said last."""
    where, params = scope.where("memory_lookup")
    if not spans:
        script.add(
            "by_time",
            f"SELECT owner, id FROM memory_lookup WHERE {where} AND said_at IS NOT NULL "  # noqa: S608
            "ORDER BY said_at DESC, owner, id LIMIT %s",
            [*params, depth],
        )
        return
    near = "(said_at BETWEEN %s AND %s OR (about_from <= %s AND about_to >= %s))"
    script.add(
        "by_time",
        f"SELECT owner, id FROM memory_lookup WHERE {where} AND ({' OR '.join([near] * len(spans))}) "  # noqa: S608
        "ORDER BY said_at DESC, owner, id LIMIT %s",
        [*params, *(bound for span in spans for bound in _bounds(span)), depth],
    )


def _bounds(span: Span) -> list[Any]:
    early = span.start - NEARBY if span.start.year > 1 else span.start
    late = span.end + NEARBY if span.end.year < 9999 else span.end
    return [early, late, span.end, span.start]

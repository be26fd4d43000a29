"""The lanes of a search as SQL: each finds candidates by an index or one scan of the owner's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

from pgvector import HalfVector

from memory.long_term.language.lexemes import DIMS
from memory.long_term.language.times import Span
from memory.long_term.ranking.candidates import FOUND
from memory.long_term.ranking.document import Lane
from memory.long_term.ranking.question import Question
from memory.long_term.ranking.recipes import Recipe
from memory.long_term.ranking.signs import bits_of
from memory.long_term.ranking.spaces import Space

Query: TypeAlias = tuple[str, list[Any]]
"""A statement with its parameters as "%s", and those."""
Told: TypeAlias = tuple[Sequence[int], Sequence[float]]
"""Of one owner's memories the ids, and how they scored in the keyword lane."""

NEARBY: Final = timedelta(days=21)
NEAREST: Final = 150
"""Views that are re-ranked by cosine, of those nearest by sign; eight for each that is asked for, if those are more."""
SAMPLE: Final = 1_000
"""Matching memories that are looked at to learn how rare each word is."""
COLD: Final = 2
"""Added to its lane, a view is cold: without signs in the index, see memory.long_term.upkeep.heat."""
ALIVE: Final = "(expires_at IS NULL OR expires_at > now())"
COLUMNS: Final = (
    "m.owner, m.path, m.key, m.id, m.version, m.value, m.created_at, m.updated_at, m.ttl_minutes, "
    "extract(epoch FROM m.expires_at - now())::float8 AS left_s"
)
"""Of an item `m`, what a read gives; by the database's clock, the seconds that it has left."""


@dataclass(frozen=True)
class Scope:
    """Which rows a search may see: conditions on columns `owner`, `path` and, of the item `m`, its value."""

    owner: tuple[str, list[Any]]
    path: tuple[str, list[Any]]
    value: tuple[str, list[Any]]
    cold: bool = False
    """Whether there may be cold views among them."""

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

    @property
    def is_one_owners(self) -> bool:
        return self.owner[0] == "owner = %s"

    @property
    def ties(self) -> str:
        """The order of equals, without what is the same for all: many have the same distance by sign."""
        return "id" if self.is_one_owners else "owner, id"

    def same_owner(self, alias: str, other: str) -> tuple[str, list[Any]]:
        """That `alias` is of the owner of `other`: with the owner by name, one partition is looked at."""
        if self.is_one_owners:
            return f"{alias}.owner = %s", self.owner[1]
        return f"{alias}.owner = {other}.owner", []


@dataclass(frozen=True)
class Words:
    """What the keyword lane looks for, among how many memories."""

    dimensions: Sequence[int]
    memories: int


class _Script:
    """Common table expressions in order, each with its parameters."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.params: list[Any] = []

    def add(self, name: str, query: str, params: Sequence[Any]) -> None:
        self.tables.append(f"{name} AS ({query})")
        self.params += params

    def ending(self, query: str, params: Sequence[Any] = ()) -> Query:
        return f"WITH {', '.join(self.tables)} {query}" if self.tables else query, [*self.params, *params]


def nearest(scope: Scope, space: Space, vector: Any, *, limit: int, offset: int, deep: bool = False) -> Query:
    """Items by the nearest of their views, all lanes together: the nearest by sign re-ranked by cosine.

    What lies beyond them follows `deep`, in the order of the cosine, so that pages hold everything once: a page that
    is short without it is to be asked for with it.
    """
    where, params = scope.where("memory_vectors")
    script = _Script()
    script.add(
        "views",
        "SELECT owner, lane, path, id, view, bits <~> %s AS gap FROM memory_vectors "
        f"WHERE {where} AND space = %s AND lane < {COLD}",
        [bits_of(vector, space.centre), *params, space.id],
    )
    script.add(
        "near", f"SELECT * FROM views ORDER BY gap, {scope.ties}, view LIMIT %s", [max(NEAREST, 8 * limit)]
    )
    script.add("first", *_by_cosine(scope, "near", space, vector))
    same, owner = scope.same_owner("m", "f")
    found = "SELECT owner, id, score, 0 AS part FROM first"
    if deep:
        known = "SELECT FROM first f WHERE f.owner = r.owner AND f.id = r.id"
        others = f"(SELECT * FROM views r WHERE NOT EXISTS ({known}))"
        script.add("rest", *_by_cosine(scope, others, space, vector))
        found += " UNION ALL SELECT owner, id, score, 1 FROM rest"
    if scope.cold:
        is_far = "COALESCE(max(score), 0) < %s"
        asked = "TRUE" if deep else is_far
        given = [space.far] if deep else [space.far, space.far]
        script.add("far", f"SELECT {is_far} AS is_far, {asked} AS is_asked FROM first", given)
        script.add("cold", *_cold(scope, space, vector))
        found += " UNION ALL SELECT c.owner, c.id, c.score, CASE WHEN far.is_far THEN 0 ELSE 2 END FROM cold c, far"
    return script.ending(
        f"SELECT {COLUMNS}, f.score "
        f"FROM (SELECT * FROM ({found}) p ORDER BY part, score DESC, owner, id LIMIT %s OFFSET %s) f "
        f"JOIN memory_items m ON {same} AND m.id = f.id ORDER BY f.part, f.score DESC, m.owner, m.id",
        [limit, offset, *owner],
    )


def _by_cosine(scope: Scope, near: str, space: Space, vector: Any) -> Query:
    """Items by their nearest view among `near`."""
    query, params = _cosines(scope, near, space, vector)
    return f"SELECT owner, id, max(score) AS score FROM ({query}) s GROUP BY owner, id", params


def _cold(scope: Scope, space: Space, vector: Any, lane: Lane | None = None) -> Query:
    """Items by their nearest cold view, read one by one, where "far" says that they are asked for."""
    where, params = scope.where("memory_vectors")
    which = f"lane >= {COLD}" if lane is None else f"lane = {lane + COLD}"
    return (
        "SELECT owner, id, max(1 - (embedding <=> %s)) AS score FROM memory_vectors "
        f"WHERE (SELECT is_asked FROM far) AND {where} AND space = %s AND {which} GROUP BY owner, id",
        [HalfVector(vector), *params, space.id],
    )


def _cosines(scope: Scope, near: str, space: Space, vector: Any) -> Query:
    """The views of `near`. LATERAL: each is looked up by the index, however many there are."""
    same, owner = scope.same_owner("v", "n")
    return (
        "SELECT n.owner, n.id, e.score "
        f"FROM {near} n CROSS JOIN LATERAL (SELECT 1 - (v.embedding <=> %s) AS score FROM memory_vectors v "
        f"WHERE {same} AND v.space = %s AND v.lane = n.lane AND v.path = n.path AND v.id = n.id "
        "AND v.view = n.view LIMIT 1) e",
        [HalfVector(vector), *owner, space.id],
    )


def candidates(
    scope: Scope,
    space: Space | None,
    question: Question,
    *,
    vectors: dict[Lane, Any],
    words: Words,
    recipe: Recipe,
    told: Told | None = None,
) -> Query:
    """What any lane of the recipe finds, with its scores there and what the fusion needs to know of it: one row.

    `told`: what the keyword lane found a moment ago, as far as it is still there.
    """
    script, parts = _Script(), []
    same, owner = scope.same_owner("l", "c")
    if recipe.vectors and vectors and space is not None:
        _add_vectors(script, scope, space, vectors, recipe.depth)
        parts += [
            f"SELECT owner, id, score AS vector, NULL::float8 AS keyword FROM {lane}"
            for lane in ("by_vector", *(f"cold_{lane.name}" for lane in vectors if scope.cold))
        ]
    if recipe.keyword and words.dimensions:
        if told is None:
            _add_keywords(script, scope, words, recipe.depth)
        else:
            _add_told(script, scope, told)
        parts.append("SELECT owner, id, NULL::float8 AS vector, score AS keyword FROM by_keyword")
    if recipe.temporal and (question.spans or not parts):
        _add_times(script, scope, question.spans, recipe.depth)
        parts.append("SELECT owner, id, NULL::float8 AS vector, NULL::float8 AS keyword FROM by_time")
    # A query without a word, asked of words alone.
    nothing = (
        "SELECT ''::text AS owner, 0::bigint AS id, 0::float8 AS vector, 0::float8 AS keyword WHERE FALSE"
    )
    parts = parts or [nothing]
    columns = ", ".join(f"array_agg({column}) AS {name}" for name, (_, column) in FOUND.items())
    return script.ending(
        f"SELECT {columns} FROM ("
        f"SELECT owner, id, max(vector) AS vector, max(keyword) AS keyword FROM ({' UNION ALL '.join(parts)}) p "
        f"GROUP BY owner, id) c CROSS JOIN LATERAL (SELECT * FROM memory_lookup l WHERE {same} AND l.id = c.id "
        "LIMIT 1) l",
        owner,
    )


def _add_vectors(script: _Script, scope: Scope, space: Space, vectors: dict[Lane, Any], depth: int) -> None:
    where, params = scope.where("memory_vectors")
    for lane, vector in vectors.items():
        script.add(
            f"near_{lane.name}",
            "SELECT owner, lane, path, id, view FROM memory_vectors "
            f"WHERE {where} AND space = %s AND lane = %s ORDER BY bits <~> %s, {scope.ties}, view LIMIT %s",
            [*params, space.id, int(lane), bits_of(vector, space.centre), depth],
        )
    scored = [_cosines(scope, f"near_{lane.name}", space, vector) for lane, vector in vectors.items()]
    script.add(
        "by_vector",
        " UNION ALL ".join(query for query, _ in scored),
        [value for _, given in scored for value in given],
    )
    if scope.cold:
        script.add("far", "SELECT COALESCE(max(score), 0) < %s AS is_asked FROM by_vector", [space.far])
    for lane, vector in vectors.items() if scope.cold else ():
        query, params = _cold(scope, space, vector, lane)
        script.add(
            f"cold_{lane.name}", f"{query} ORDER BY score DESC, {scope.ties} LIMIT %s", [*params, depth]
        )


def _add_keywords(script: _Script, scope: Scope, words: Words, depth: int) -> None:
    """BM25: what each word weighs in a memory is in its vector, how rare the word is is counted here."""
    where, params = scope.where("memory_lookup")
    places = [n + 1 for n in sorted(words.dimensions)]  # a sparsevec's text counts from 1
    every = f"{{{','.join(f'{place}:1' for place in places)}}}/{DIMS}"
    # Made here: the planner would make a word's vector anew for each memory that it is looked for in.
    each = [f"{{{place}:1}}/{DIMS}" for place in places]
    script.add(
        "hits",
        f"SELECT owner, id, terms FROM memory_lookup WHERE {where} AND terms <#> %s::sparsevec < 0",
        [*params, every],
    )
    script.add("matching", "SELECT count(*) AS matches FROM hits", [])
    script.add(
        "found",
        "SELECT w.place, greatest(count(s.terms), 0.5) * m.matches / least(m.matches, %s) AS n_with "
        "FROM unnest(%s::bigint[], %s::sparsevec[]) AS w(place, word) CROSS JOIN matching m "
        "LEFT JOIN (SELECT terms FROM hits LIMIT %s) s ON s.terms <#> w.word < 0 "
        "WHERE m.matches > 0 GROUP BY w.place, m.matches",
        [SAMPLE, places, each, SAMPLE],
    )
    script.add(
        "rarity",
        "SELECT ('{' || string_agg(place || ':' || "
        "ln(1 + (greatest(%s - n_with, 0) + 0.5) / (n_with + 0.5)), ',' ORDER BY place) "
        f"|| '}}/{DIMS}')::sparsevec AS words FROM found",
        [float(words.memories)],
    )
    script.add(
        "by_keyword",
        "SELECT owner, id, -(terms <#> (SELECT words FROM rarity)) AS score FROM hits "
        f"ORDER BY score DESC, {scope.ties} LIMIT %s",
        [depth],
    )


def _add_told(script: _Script, scope: Scope, told: Told) -> None:
    where, params = scope.where("memory_lookup")
    script.add(
        "by_keyword",
        "SELECT l.owner, l.id, t.score FROM unnest(%s::bigint[], %s::float8[]) AS t(id, score) "
        f"CROSS JOIN LATERAL (SELECT owner, id FROM memory_lookup WHERE {where} AND id = t.id LIMIT 1) l",
        [*told, *params],
    )


def _add_times(script: _Script, scope: Scope, spans: Sequence[Span], depth: int) -> None:
    """Said near to a time that the question names; without one, what was said last."""
    where, params = scope.where("memory_lookup")
    if not spans:
        script.add(
            "by_time",
            f"SELECT owner, id FROM memory_lookup WHERE {where} AND said_at IS NOT NULL "
            f"ORDER BY said_at DESC, {scope.ties} LIMIT %s",
            [*params, depth],
        )
        return
    near = "(said_at BETWEEN %s AND %s OR (about_from <= %s AND about_to >= %s))"
    script.add(
        "by_time",
        f"SELECT owner, id FROM memory_lookup WHERE {where} AND ({' OR '.join([near] * len(spans))}) "
        f"ORDER BY said_at DESC, {scope.ties} LIMIT %s",
        [*params, *(bound for span in spans for bound in _bounds(span)), depth],
    )


def _bounds(span: Span) -> list[Any]:
    early = span.start - NEARBY if span.start.year > 1 else span.start
    late = span.end + NEARBY if span.end.year < 9999 else span.end
    return [early, late, span.end, span.start]

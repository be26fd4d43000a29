"""Candidates of several lanes become one ranking: z-scores, weighted, with bounded bonuses. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from memory.long_term.document import Origin
from memory.long_term.question import Question
from memory.long_term.recipes import Recipe, Shares
from memory.long_term.times import Span

Scores = NDArray[np.float64]

FADES: Final = timedelta(days=7)
"""How fast closeness to a named time falls: to a third."""


@dataclass(frozen=True)
class Candidate:
    """A memory that some lane found; a lane that did not find it has None."""

    owner: str
    id: int
    vector: float | None
    keyword: float | None
    thread: int | None
    place: int | None
    said_at: datetime | None
    about_from: datetime | None
    about_to: datetime | None
    stated: float
    source: int
    timed: bool
    speaker: str | None


@dataclass(frozen=True)
class Ranked:
    """A candidate with its receipt: (rank, score) by lane, and what lifted it, in standard deviations."""

    candidate: Candidate
    score: float
    lanes: dict[str, tuple[int, float]] = field(default_factory=dict)
    boosts: dict[str, float] = field(default_factory=dict)

    def receipt(self) -> dict[str, Any]:
        return {
            "lanes": {
                name: {"rank": rank, "score": round(score, 4)} for name, (rank, score) in self.lanes.items()
            },
            "boosts": {name: round(boost, 3) for name, boost in self.boosts.items()},
            "fused": round(self.score, 4),
        }


def fuse(
    found: Sequence[Candidate], question: Question, recipe: Recipe, *, first: int = 0, most: int | None = None
) -> list[Ranked]:
    """`most` candidates, best first, from the place `first` on; all of them for None.

    The order of `found` does not matter: equals stand in the order of their ids.
    """
    if not found:
        return []
    # Sums of floats depend on their order, and the last bit of one can decide between equals.
    found = sorted(found, key=lambda each: (each.id, each.owner))
    lanes = _lanes(found, recipe)
    boosts = _boosts(found, question, recipe)
    total = np.zeros(len(found))
    for name, scores in lanes.items():
        total += getattr(recipe, name) * _standard(scores)
    for boost in boosts.values():
        total += boost
    order = np.argsort(-total, kind="stable")[first:][:most]
    ranks = _ranks(found)
    return [
        Ranked(
            found[n],
            float(total[n]),
            {name: (places[n], _raw(found[n], name)) for name, places in ranks.items() if n in places},
            {name: float(boost[n]) for name, boost in boosts.items() if boost[n]},
        )
        for n in order.tolist()
    ]


def _lanes(found: Sequence[Candidate], recipe: Recipe) -> dict[str, Scores]:
    lanes = {}
    if recipe.vectors:
        listed = [each.vector for each in found if each.vector is not None]
        floor = min(listed, default=0.0)
        vector = np.array([floor if each.vector is None else each.vector for each in found])
        lanes["vector"] = vector
        lanes["context"] = _shared(found, vector - floor, recipe.nearness)
    if recipe.keyword:
        lanes["keyword"] = _shared(found, np.array([each.keyword or 0.0 for each in found]), recipe.wording)
    return lanes


def _shared(found: Sequence[Candidate], scores: Scores, shares: Shares) -> Scores:
    """What each has, and what its neighbours in the thread give it."""
    at = _by_place(found)
    # As lists: single numbers of an array cost many times as much.
    own, total = scores.tolist(), (scores * shares.get(0, 1.0)).tolist()
    steps = [(step, share) for step, share in shares.items() if step]
    for (owner, thread, place), here in at.items():
        score = max(own[n] for n in here)
        for step, share in steps if score else ():
            for other in at.get((owner, thread, place + step), ()):
                total[other] += share * score
    return np.array(total)


def _by_place(found: Sequence[Candidate]) -> dict[tuple[str, int, int], list[int]]:
    """Which stand where: copies of a thread may put two memories at one place."""
    at: dict[tuple[str, int, int], list[int]] = {}
    for n, each in enumerate(found):
        if each.thread is not None and each.place is not None:
            at.setdefault((each.owner, each.thread, each.place), []).append(n)
    return at


def _standard(scores: Scores) -> Scores:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros(len(scores))


def _boosts(found: Sequence[Candidate], question: Question, recipe: Recipe) -> dict[str, Scores]:
    boosts = {"stated": recipe.stated * np.array([each.stated for each in found])}
    if recipe.verbatim:
        boosts["verbatim"] = recipe.verbatim * np.array([float(each.thread is not None) for each in found])
    if len(question.names) == 1:
        name = question.names[0]
        boosts["speaker"] = recipe.speaker * np.array([float(each.speaker == name) for each in found])
    if not question.of_the_agent:
        boosts["user"] = recipe.user * np.array([float(each.source == Origin.USER) for each in found])
    if question.asks_when:
        boosts["when"] = recipe.when * np.array([float(each.timed) for each in found])
    if question.spans:
        boosts["temporal"] = recipe.temporal * np.array([closeness(each, question.spans) for each in found])
    return boosts


def closeness(candidate: Candidate, spans: Sequence[Span]) -> float:
    """1 within a span of time that the question names, falling with the distance from it."""
    gaps = [
        max(span.start - end, start - span.end, timedelta(0))
        for span in spans
        for start, end in _times(candidate)
    ]
    return math.exp(-(min(gaps) / FADES)) if gaps else 0.0


def _times(candidate: Candidate) -> list[tuple[datetime, datetime]]:
    times = [(candidate.said_at, candidate.said_at)] if candidate.said_at else []
    if candidate.about_from and candidate.about_to:
        times.append((candidate.about_from, candidate.about_to))
    return times


def _ranks(found: Sequence[Candidate]) -> dict[str, dict[int, int]]:
    """By lane: each found candidate's rank from 1."""
    ranks = {}
    for name in ("vector", "keyword"):
        listed = [n for n, each in enumerate(found) if getattr(each, name) is not None]
        listed.sort(key=lambda n, name=name: -getattr(found[n], name))  # type: ignore[misc]
        ranks[name] = {n: rank for rank, n in enumerate(listed, start=1)}
    return ranks


def _raw(candidate: Candidate, lane: str) -> float:
    return float(getattr(candidate, lane))

"""Candidates of several lanes become one ranking: z-scores, weighted, with bounded bonuses. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import numpy as np

from memory.long_term.language.times import Span
from memory.long_term.ranking.candidates import Candidates, Scores, Whole
from memory.long_term.ranking.question import Question
from memory.long_term.ranking.recipes import Recipe, Shares

FADES: Final = timedelta(days=7)
"""How fast closeness to a named time falls: to a third."""
LANES: Final = ("vector", "keyword")


@dataclass(frozen=True)
class Ranked:
    """A memory with its receipt: (rank, score) by lane, and what lifted it, in standard deviations."""

    owner: str
    id: int
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
    found: Candidates, question: Question, recipe: Recipe, *, first: int = 0, most: int | None = None
) -> list[Ranked]:
    """`most` candidates, best first, from the place `first` on; all of them for None.

    Equals stand in the order of their ids.
    """
    if not len(found):
        return []
    boosts = _boosts(found, question, recipe)
    total = np.zeros(len(found))
    for name, scores in _lanes(found, recipe).items():
        total += getattr(recipe, name) * _standard(scores)
    for boost in boosts.values():
        total += boost
    order = np.argsort(-total, kind="stable")[first:][:most]
    # As lists: to read numbers from arrays one by one takes longer than to rank them.
    places = {name: _ranks(getattr(found, name))[order].tolist() for name in LANES}
    values = {name: getattr(found, name)[order].tolist() for name in LANES}
    lifts = {name: boost[order].tolist() for name, boost in boosts.items()}
    rows = zip(order.tolist(), found.id[order].tolist(), total[order].tolist(), strict=True)
    return [
        Ranked(
            found.owner[at],
            id_,
            score,
            {name: (ranks[n], values[name][n]) for name, ranks in places.items() if ranks[n]},
            {name: lift[n] for name, lift in lifts.items() if lift[n]},
        )
        for n, (at, id_, score) in enumerate(rows)
    ]


def _lanes(found: Candidates, recipe: Recipe) -> dict[str, Scores]:
    lanes = {}
    if recipe.vectors:
        known = ~np.isnan(found.vector)
        floor = found.vector[known].min(initial=np.inf) if known.any() else 0.0
        vector = np.where(known, found.vector, floor)
        lanes["vector"] = vector
        lanes["context"] = _shared(found, vector - floor, recipe.nearness)
    if recipe.keyword:
        lanes["keyword"] = _shared(found, np.nan_to_num(found.keyword), recipe.wording)
    return lanes


def _shared(found: Candidates, scores: Scores, shares: Shares) -> Scores:
    """What each has, and what its neighbours in the thread give it: of two at one place the better one gives."""
    placed, spots, of_spot = found.spots
    gives, gets = np.zeros(len(spots)), np.zeros(len(spots))
    np.maximum.at(gives, of_spot, scores[placed])
    for step, share in shares.items():
        if step:
            at = np.searchsorted(spots, spots + step)
            there = np.flatnonzero(spots[np.minimum(at, len(spots) - 1)] == spots + step)
            gets[at[there]] += share * gives[there]
    total = scores * shares.get(0, 1.0)
    total[placed] += gets[of_spot]
    return total


def _standard(scores: Scores) -> Scores:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros(len(scores))


def _boosts(found: Candidates, question: Question, recipe: Recipe) -> dict[str, Scores]:
    boosts = {"stated": recipe.stated * found.stated}
    if recipe.verbatim:
        boosts["verbatim"] = recipe.verbatim * found.is_verbatim
    if len(question.names) == 1:
        boosts["speaker"] = recipe.speaker * found.said_by(question.names[0])
    if not question.of_the_agent:
        boosts["user"] = recipe.user * found.is_users
    if question.asks_when:
        boosts["when"] = np.where(found.timed, recipe.when, 0.0)
    if question.spans:
        boosts["temporal"] = recipe.temporal * closeness(found, question.spans)
    return boosts


def closeness(found: Candidates, spans: Sequence[Span]) -> Scores:
    """1 within a span of time that the question names, falling with the distance from it; 0 without a time."""
    gaps = [np.full(len(found), np.inf)]
    for span in spans:
        start, end = span.start.timestamp(), span.end.timestamp()
        for begun, ended in ((found.said_at, found.said_at), (found.about_from, found.about_to)):
            gaps.append(np.maximum(np.maximum(start - ended, begun - end), 0.0))
    faded: Scores = np.exp(-np.fmin.reduce(gaps) / FADES.total_seconds())
    return faded


def _ranks(scores: Scores) -> Whole:
    """Each one's rank from 1; 0 for what the lane did not find."""
    order = np.argsort(-scores, kind="stable")[: len(scores) - int(np.isnan(scores).sum())]
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks

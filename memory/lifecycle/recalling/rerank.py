"""A second opinion on the order of what recall found: late, down or nonsense, it costs nothing but itself."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from memory.lifecycle.recalling.recalled import Hit
from memory.postgres.letting_go import let_go
from memory.schema import Kind, Memory

log = logging.getLogger(__name__)


class Reranker(Protocol):
    """Scores each candidate by how well it answers the query: one number each, in their order, higher is better."""

    def __call__(self, query: str, candidates: Sequence[str], /) -> Awaitable[Sequence[float]]: ...


@dataclass(frozen=True)
class Reranking:
    """A reranker under the name that receipts give it; it sees the best `most` alone, for at most `timeout_s`."""

    name: str
    rerank: Reranker
    timeout_s: float
    most: int


async def reranked(by: Reranking, query: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits in the reranker's order, or as they were; the receipts say which, and never is one lost."""
    top, rest = hits[: by.most], hits[by.most :]
    if len(top) < 2:
        return list(hits)
    try:
        async with asyncio.timeout(by.timeout_s):
            scores = checked(await let_go(_scores(by, query, top)), len(top))
    except Exception as error:  # noqa: BLE001 - whatever fails in a reranker must not cost the recall
        log.warning("reranking by %s failed: %s: %s", by.name, type(error).__name__, error)
        return [*(_with(hit, {"by": by.name, "failed": type(error).__name__}) for hit in top), *rest]
    order = sorted(range(len(top)), key=lambda n: -scores[n])
    return [
        *(_with(top[n], {"by": by.name, "score": round(scores[n], 4), "was": n + 1}) for n in order),
        *rest,
    ]


async def _scores(by: Reranking, query: str, hits: Sequence[Hit]) -> Sequence[float]:
    return await by.rerank(query, [_dated(hit[0]) for hit in hits])


def checked(scores: Any, count: int) -> list[float]:
    """Raises ValueError or TypeError on what is not one finite number for each candidate."""
    found = [float(score) for score in scores]
    if len(found) != count:
        raise ValueError(f"The reranker gave {len(found)} scores for {count} candidates.")
    if not all(map(math.isfinite, found)):
        raise ValueError("The reranker gave a score that is no finite number.")
    return found


def _dated(memory: Memory) -> str:
    """An episode's text says when and by whom; a fact's does not."""
    if memory.kind is Kind.EPISODIC:
        return memory.text
    return f"[{memory.provenance.said_at:%Y-%m-%d}] {memory.text}"


def _with(hit: Hit, rerank: dict[str, Any]) -> Hit:
    memory, score, receipt = hit
    return memory, score, {**receipt, "rerank": rerank}

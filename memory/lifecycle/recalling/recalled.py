"""What recall gives: a memory, and the receipt of how it was found, for programs and in a person's words. Pure."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from memory.lifecycle.learning.withdrawn import outdated
from memory.lifecycle.reading.decay import Use
from memory.long_term.ranking.recipes import HYBRID
from memory.schema import Kind, Memory, Status
from memory.text import shorten

MAX_TEXT_CHARS: Final = 600
# Unrelated sentences score about 0.0 to 0.15 with MiniLM; below this a hit is noise, unless its words match.
FLOOR: Final = {Kind.SEMANTIC: 0.12, Kind.EPISODIC: 0.2}
WORDS: Final = 2.0
"""A keyword score from which words alone make a memory worth a look: about one rare word."""
TIMELY: Final = 0.2
"""A boost by time that two weeks from the named time give; below it time alone is no reason."""

Hit = tuple[Memory, float, dict[str, Any]]
"""A memory, its score in the search and, where a recipe ranked it, the receipt."""


class Recalled(BaseModel):
    """A memory that was found, and the receipt of how."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    text: str
    said_at: datetime
    source: str
    agent: str | None = None
    """Who learned it, where several agents share what they know."""
    status: Status
    valid_from: datetime
    valid_to: datetime | None = None
    """Of what held once, until when."""
    as_told: bool = False
    """Nobody said when it ended: `valid_to` is when that was told."""
    no_longer: list[str] = Field(default_factory=list)
    """Of what was said, the words that no longer hold."""
    thread_id: str
    message_ids: list[str]
    lane: str
    """The lane in which it ranked best."""
    rank: int
    score: float
    """In the search as a whole: of what one recall gives, these compare."""
    why: str
    """In a person's words."""
    receipt: dict[str, Any] = Field(default_factory=dict)
    """Ranks and scores by lane in each lane's own scale, what lifted it, and what fading and a reranker made of it."""


def recalled(hit: Hit, rank: int) -> Recalled:
    """The hit as it is shown, at its rank from 1."""
    memory, score, receipt = hit
    ranks = {name: row["rank"] for name, row in receipt.get("lanes", {}).items()}
    return Recalled(
        id=memory.id,
        kind=memory.kind,
        text=shorten(memory.text, MAX_TEXT_CHARS),
        said_at=memory.provenance.said_at,
        source=memory.provenance.source.value,
        agent=memory.provenance.agent,
        status=memory.status,
        valid_from=memory.validity.valid_from,
        valid_to=memory.validity.valid_to,
        as_told=bool(receipt.get("as_told")),
        no_longer=outdated(memory),
        thread_id=memory.provenance.thread_id,
        message_ids=memory.provenance.message_ids,
        lane=min(ranks, key=lambda name: ranks[name]) if ranks else "vector",
        rank=rank,
        score=round(score, 4),
        why=", ".join(reasons(hit)),
        receipt=receipt,
    )


def nearness(hit: Hit) -> float:
    """The cosine of its nearest view; -1 where only words or time found it."""
    return lane_score(hit, "vector") if "lanes" in hit[2] else hit[1]


def lane_score(hit: Hit, lane: str) -> float:
    """The raw score in a lane; -1 where the lane did not find it."""
    lanes = hit[2].get("lanes", {})
    return float(lanes[lane]["score"]) if lane in lanes else -1.0


def in_place_of(found: Hit, shown: Hit) -> Hit:
    """What is shown where another was found, of which it says all that counts: with the score of that place."""
    if found[0].id == shown[0].id:
        return shown
    memory, score, receipt = shown
    return memory, max(score, found[1]), {**receipt, "in_place_of": found[0].id} if receipt else receipt


def with_fading(hit: Hit, score: float, weight: float, use: Use | None) -> Hit:
    """The hit at the score that fading left it; the receipt says by what it was multiplied, and what it was."""
    memory, was, receipt = hit
    fading: dict[str, Any] = {"weight": round(weight, 3), "was": round(was, 4)}
    return memory, score, {**receipt, "fading": fading | ({"uses": use.count} if use else {})}


def is_near(hit: Hit) -> bool:
    return nearness(hit) >= FLOOR.get(hit[0].kind, 0)


def has_the_words(hit: Hit) -> bool:
    return lane_score(hit, "keyword") >= WORDS


def is_timely(hit: Hit) -> bool:
    return bool(hit[2].get("boosts", {}).get("temporal", 0) >= TIMELY)


def _is_of_that_time(hit: Hit) -> bool:
    """Whether it lies within the time that the question names, which alone gives the whole boost."""
    boost = hit[2].get("boosts", {}).get("temporal", 0)
    return bool(round(boost, 2) >= HYBRID.temporal)


def reasons(hit: Hit) -> list[str]:
    """Why it was recalled, in a person's words."""
    memory, _, receipt = hit
    found = [word for word, holds in _REASONS if holds(hit)]
    if memory.provenance.speaker and receipt.get("boosts", {}).get("speaker"):
        found.append(f"said by {memory.provenance.speaker}")
    if memory.provenance.agent:
        found.append(f"learned by {memory.provenance.agent}")
    if memory.validity.valid_to:
        until = "no longer so on" if receipt.get("as_told") else "held until"
        found.append(f"{until} {memory.validity.valid_to:%-d %B %Y}")
    if times := receipt.get("fading", {}).get("uses"):
        found.append("used once before" if times == 1 else f"used {times} times before")
    if "was" in receipt.get("rerank", {}):
        found.append(f"reranked, was #{receipt['rerank']['was']}")
    return found


_REASONS: Final = (
    ("close in meaning", is_near),
    ("shares words", has_the_words),
    ("from that time", _is_of_that_time),
    ("from about that time", lambda hit: is_timely(hit) and not _is_of_that_time(hit)),
)


def as_state(found: list[Recalled]) -> list[dict[str, Any]]:
    """Plain JSON values for the graph's state."""
    return [item.model_dump(mode="json") for item in found]

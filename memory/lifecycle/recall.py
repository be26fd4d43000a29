"""Find what may help with a message: one embedding, one search, one user's memories alone."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from langgraph.store.base import BaseStore, SearchItem, SearchOp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.redaction import mask_secrets
from memory.lifecycle.anchors import anchor_in, question_of, span_of
from memory.lifecycle.echoes import without_echoes
from memory.long_term.operations import options
from memory.long_term.question import in_third_person
from memory.long_term.times import Span
from memory.namespaces import memory_namespace, owner_namespace
from memory.schema import Kind, Memory, Status
from memory.text import shorten

MAX_QUERY_CHARS: Final = 2_000
MAX_TEXT_CHARS: Final = 600
MAX_SEEN: Final = 50
HYBRID: Final = "hybrid"
# Unrelated sentences score about 0.0 to 0.15 with MiniLM; below this a hit is noise, unless its words match.
FLOOR: Final = {Kind.SEMANTIC: 0.12, Kind.EPISODIC: 0.2}
WORDS: Final = 2.0
"""A keyword score from which words alone make a memory worth a look: about one rare word."""
EVENTS: Final = 5
"""Memories that are looked at for the event by which a question gives its time."""
AS_GOOD: Final = 0.8
"""How near a fact must be, beside the words that it was learned from, to stand for them."""

Hit = tuple[Memory, float, dict[str, Any]]


class Recalled(BaseModel):
    """A memory that was found, and the receipt of how."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    text: str
    said_at: datetime
    source: str
    status: Status
    thread_id: str
    message_ids: list[str]
    lane: str
    rank: int
    score: float
    receipt: dict[str, Any] = Field(default_factory=dict)
    """Ranks and scores by lane, and what lifted it, where a recipe ranked it."""


async def recall(
    store: BaseStore,
    user_id: str,
    query: str,
    *,
    limit: int,
    seen: Collection[str] = (),
    now: datetime | None = None,
) -> list[Recalled]:
    """At most `limit` of the user's active memories, best first, none of which says what another says.

    `seen` are ids of messages that the model has before it anyway: their episodes are left out. `now` is the time of
    asking. Raises whatever the store or the embedding model raises.
    """
    text = mask_secrets(query[:MAX_QUERY_CHARS])  # a remote model must see no secret
    if HYBRID in getattr(store, "strategies", ()):
        spans = await _given_by_an_event(store, user_id, text, now)
        hits = await _ranked(store, user_id, text, 2 * limit + min(len(seen), MAX_SEEN), now=now, spans=spans)
    else:
        hits = await _nearest(store, user_id, text, limit, seen)
    kept = _distinct(_without_echoes([hit for hit in hits if _is_worth_it(hit, seen)]))[:limit]
    return [_recalled(hit, rank) for rank, hit in enumerate(kept, start=1)]


async def _given_by_an_event(store: BaseStore, user_id: str, text: str, now: datetime | None) -> list[Span]:
    """The time of "before we moved": the event's own memory knows it. A date in the question is time enough."""
    anchor = anchor_in(text, now or datetime.now(UTC))
    if anchor is None:
        return []
    told = await _ranked(store, user_id, question_of(anchor), EVENTS, now=now)
    span = span_of(text, anchor, [(hit[0], _nearness(hit)) for hit in told])
    return [] if span is None else [span]


async def _ranked(
    store: BaseStore,
    user_id: str,
    text: str,
    limit: int,
    *,
    now: datetime | None,
    spans: Sequence[Span] = (),
) -> list[Hit]:
    """What is no longer active is not indexed, so that the search needs no filter."""
    asked = options(HYBRID, now, spans)
    op = SearchOp(owner_namespace(user_id), query=text, filter=asked, limit=limit, refresh_ttl=False)
    [found] = cast(list[list[SearchItem]], await store.abatch([op]))
    return _read(found)


async def _nearest(store: BaseStore, user_id: str, text: str, limit: int, seen: Collection[str]) -> list[Hit]:
    """From a store that knows no strategies: by meaning alone, each kind for itself."""
    ops = [
        SearchOp(
            memory_namespace(user_id, kind),
            query=in_third_person(text),
            filter={"status": Status.ACTIVE.value},
            limit=limit if kind is Kind.SEMANTIC else limit + min(len(seen), MAX_SEEN),
            refresh_ttl=False,
        )
        for kind in (Kind.SEMANTIC, Kind.EPISODIC)
    ]
    found = cast(list[list[SearchItem]], await store.abatch(ops))
    # In turn, rank by rank: short facts score above long episodes, and would crowd them out.
    ranked = [(rank, -hit[1], hit[0].id, hit) for items in found for rank, hit in enumerate(_read(items))]
    return [row[3] for row in sorted(ranked, key=lambda row: row[:3])]


def _read(items: list[SearchItem]) -> list[Hit]:
    hits: list[Hit] = []
    for item in items:
        try:
            memory = Memory.from_value(item.value)
        except ValidationError:
            continue  # not one of ours: another program may keep its own values beside them
        hits.append((memory, float(item.score or 0.0), getattr(item, "receipt", None) or {}))
    return hits


def _is_worth_it(hit: Hit, seen: Collection[str]) -> bool:
    memory, score, receipt = hit
    if memory.kind is Kind.EPISODIC and set(memory.provenance.message_ids) & set(seen):
        return False
    if not receipt:
        return score >= FLOOR.get(memory.kind, 0)
    lanes = receipt["lanes"]
    return bool(
        _score(lanes, "vector") >= FLOOR.get(memory.kind, 0)
        or _score(lanes, "keyword") >= WORDS
        or "temporal" in receipt["boosts"]
    )


def _score(lanes: dict[str, Any], name: str) -> float:
    return float(lanes[name]["score"]) if name in lanes else -1.0


def _without_echoes(hits: list[Hit]) -> list[Hit]:
    of_id = {hit[0].id: hit for hit in hits}
    return [of_id[memory.id] for memory in without_echoes([hit[0] for hit in hits])]


def _distinct(hits: list[Hit]) -> list[Hit]:
    """Each message once: by what was noted of it when that answers as well, in its best place, else by itself."""
    of_message: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        of_message.setdefault(_message(hit), []).append(hit)
    kept: list[Hit] = []
    placed: set[tuple[str, str]] = set()
    for hit in hits:
        message = _message(hit)
        some = _best_of(of_message[message])
        if message not in placed:
            kept.append(some[0])
        elif hit in some[1:]:
            kept.append(hit)
        placed.add(message)
    return kept


def _best_of(hits: list[Hit]) -> list[Hit]:
    """Of one message's hits, its words or the facts in them."""
    facts = [hit for hit in hits if hit[0].kind is not Kind.EPISODIC]
    words = [hit for hit in hits if hit[0].kind is Kind.EPISODIC]
    if not facts or not words:
        return hits
    return facts if max(map(_nearness, facts)) >= AS_GOOD * _nearness(words[0]) else words


def _nearness(hit: Hit) -> float:
    return _score(hit[2]["lanes"], "vector") if hit[2] else hit[1]


def _message(hit: Hit) -> tuple[str, str]:
    came = hit[0].provenance
    return came.thread_id, came.message_ids[0] if came.message_ids else hit[0].id


def _recalled(hit: Hit, rank: int) -> Recalled:
    memory, score, receipt = hit
    lanes = {name: (row["rank"], row["score"]) for name, row in receipt.get("lanes", {}).items()}
    lane = min(lanes, key=lambda name: lanes[name][0]) if lanes else "vector"
    lane_score = lanes[lane][1] if lanes else score
    return Recalled(
        id=memory.id,
        kind=memory.kind,
        text=shorten(memory.text, MAX_TEXT_CHARS),
        said_at=memory.provenance.said_at,
        source=memory.provenance.source.value,
        status=memory.status,
        thread_id=memory.provenance.thread_id,
        message_ids=memory.provenance.message_ids,
        lane=lane,
        rank=rank,
        score=round(lane_score, 4),
        receipt=receipt,
    )


def as_state(recalled: list[Recalled]) -> list[dict[str, Any]]:
    """Plain JSON values for the graph's state."""
    return [item.model_dump(mode="json") for item in recalled]

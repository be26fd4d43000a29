"""Find what may help with a message: one embedding, one round trip, one user's memories alone."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from langgraph.store.base import BaseStore, SearchItem, SearchOp
from pydantic import BaseModel, ConfigDict, ValidationError

from config.redaction import mask_secrets
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status
from memory.text import shorten

MAX_QUERY_CHARS = 2_000
MAX_TEXT_CHARS = 600
MAX_SEEN = 50
_ME = re.compile(r"\b(?:I|me|myself)\b", re.IGNORECASE)
_MY = re.compile(r"\b(?:my|mine)\b", re.IGNORECASE)
# Unrelated sentences score about 0.0 to 0.15 with MiniLM; below this a hit is noise.
FLOOR = {Kind.SEMANTIC: 0.12, Kind.EPISODIC: 0.2}


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


async def recall(
    store: BaseStore, user_id: str, query: str, *, limit: int, seen: Collection[str] = ()
) -> list[Recalled]:
    """At most `limit` of the user's active memories, best first.

    `seen` are ids of messages that the model has before it anyway: their episodes are left out.
    Raises whatever the store or the embedding model raises.
    """
    text = in_third_person(mask_secrets(query[:MAX_QUERY_CHARS]))  # a remote model must see no secret
    ops = [
        SearchOp(
            memory_namespace(user_id, kind),
            query=text,
            filter={"status": Status.ACTIVE.value},
            limit=limit if kind is Kind.SEMANTIC else limit + min(len(seen), MAX_SEEN),
            refresh_ttl=False,
        )
        for kind in (Kind.SEMANTIC, Kind.EPISODIC)
    ]
    found = cast(list[list[SearchItem]], await store.abatch(ops))
    kept = _merged([[hit for hit in _read(items) if _is_worth_it(*hit, seen)] for items in found])
    return [_receipt(memory, rank, score) for rank, (memory, score) in enumerate(kept[:limit], start=1)]


def in_third_person(query: str) -> str:
    """The question as the memories are written, about "the user": "where do I live" is far from "the user lives"."""
    return _ME.sub("the user", _MY.sub("the user's", query))


def _read(items: list[SearchItem]) -> list[tuple[Memory, float]]:
    hits: list[tuple[Memory, float]] = []
    for item in items:
        try:
            hits.append((Memory.from_value(item.value), float(item.score or 0.0)))
        except ValidationError:
            continue  # not one of ours: another program may keep its own values beside them
    return hits


def _is_worth_it(memory: Memory, score: float, seen: Collection[str]) -> bool:
    if memory.kind is Kind.EPISODIC and set(memory.provenance.message_ids) & set(seen):
        return False
    return score >= FLOOR.get(memory.kind, 0)


def _merged(lists: list[list[tuple[Memory, float]]]) -> list[tuple[Memory, float]]:
    """The lists in turn, rank by rank: short facts score above long episodes, and would crowd them out."""
    ranked = [
        (rank, -score, memory.id, memory) for hits in lists for rank, (memory, score) in enumerate(hits)
    ]
    return [(memory, -score) for _, score, _, memory in sorted(ranked, key=lambda row: row[:3])]


def _receipt(memory: Memory, rank: int, score: float) -> Recalled:
    return Recalled(
        id=memory.id,
        kind=memory.kind,
        text=shorten(memory.text, MAX_TEXT_CHARS),
        said_at=memory.provenance.said_at,
        source=memory.provenance.source.value,
        status=memory.status,
        thread_id=memory.provenance.thread_id,
        message_ids=memory.provenance.message_ids,
        lane="vector",
        rank=rank,
        score=round(score, 4),
    )


def as_state(recalled: list[Recalled]) -> list[dict[str, Any]]:
    """Plain JSON values for the graph's state."""
    return [item.model_dump(mode="json") for item in recalled]

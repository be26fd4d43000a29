"""Write what a turn taught: exactly once, all of it or nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from langgraph.store.base import BaseStore, GetOp, Item, PutOp, SearchItem, SearchOp

from memory.lifecycle.build import episode, episode_id, facts
from memory.lifecycle.evidence import Evidence
from memory.lifecycle.extraction import Extraction
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

Extract = Callable[[dict[str, Any]], Awaitable[Extraction | None]]
"""Reads a turn's document; None when the model's answer was no use (which is not tried again)."""


@dataclass
class Remembered:
    """What one call wrote, and what a person should know about it."""

    memories: list[Memory] = field(default_factory=list)
    already: int = 0
    warnings: list[str] = field(default_factory=list)


async def remember(
    store: BaseStore,
    user_id: str,
    turns: Sequence[Evidence],
    extract: Extract,
    *,
    now: datetime,
    max_facts: int,
) -> Remembered:
    """Remember these turns in order. A turn whose episode is in the store already is left alone.

    Raises what the store, the embedding model or `extract` raises; turns before the failing one stay written.
    """
    result = Remembered()
    done = await _remembered(store, user_id, turns)
    for evidence in turns:
        if episode_id(evidence) in done:
            result.already += 1
            continue
        await _remember_turn(store, user_id, evidence, extract, result, now=now, max_facts=max_facts)
    return result


async def _remembered(store: BaseStore, user_id: str, turns: Sequence[Evidence]) -> set[str]:
    if not turns:
        return set()
    namespace = memory_namespace(user_id, Kind.EPISODIC)
    found = await store.abatch(
        [GetOp(namespace, episode_id(evidence), refresh_ttl=False) for evidence in turns]
    )
    return {item.key for item in found if isinstance(item, Item)}


async def _remember_turn(
    store: BaseStore,
    user_id: str,
    evidence: Evidence,
    extract: Extract,
    result: Remembered,
    *,
    now: datetime,
    max_facts: int,
) -> None:
    extraction = Extraction(summary="") if evidence.private else await extract(evidence.document())
    if extraction is None:
        result.warnings.append("The memory model's answer could not be read, so this turn taught no facts.")
        extraction = Extraction(summary="")
    new = await _unknown(store, user_id, facts(evidence, extraction, now, max_facts))
    memories = [*new, episode(evidence, extraction.summary, now)]
    await store.abatch([put(user_id, memory) for memory in memories])
    result.memories += memories


async def _unknown(store: BaseStore, user_id: str, candidates: list[Memory]) -> list[Memory]:
    """The candidates that no active memory states word for word already."""
    if not candidates:
        return []
    namespace = memory_namespace(user_id, Kind.SEMANTIC)
    found = await store.abatch(
        [
            SearchOp(
                namespace,
                filter={"fingerprint": memory.fingerprint, "status": Status.ACTIVE.value},
                limit=1,
                refresh_ttl=False,
            )
            for memory in candidates
        ]
    )
    return [
        memory
        for memory, same in zip(candidates, cast(list[list[SearchItem]], found), strict=True)
        if not same
    ]


def put(user_id: str, memory: Memory) -> PutOp:
    """The write of one memory; what is no longer active is kept but not searched."""
    index: Literal[False] | None = None if memory.status is Status.ACTIVE else False
    return PutOp(memory_namespace(user_id, memory.kind), memory.id, memory.to_value(), index=index)

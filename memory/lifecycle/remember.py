"""Write what a turn taught: exactly once, all of it or nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from langgraph.store.base import BaseStore, GetOp, Item, PutOp, SearchItem, SearchOp

from memory.lifecycle.build import episode_id, episodes, facts
from memory.lifecycle.evidence import Evidence
from memory.lifecycle.extraction import Extraction
from memory.lifecycle.lookup import of_turn
from memory.lifecycle.uses import noting
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

Extract = Callable[[dict[str, Any]], Awaitable[Extraction]]
"""Reads a turn's document. Raises NothingLearned when another attempt would end the same way."""

MAX_ALSO = 200


class NothingLearned(Exception):  # noqa: N818 - what came of it, in one sentence for a person
    """This turn gives no facts, now or later; its episode is kept all the same."""


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

    A turn that was undone and said again is a new turn, which takes the place of what was undone.

    Raises what the store, the embedding model or `extract` raises; turns before the failing one stay written.
    """
    result = Remembered()
    known = await _remembered(store, user_id, turns)
    for evidence in turns:
        undone = known.get(episode_id(evidence))
        if undone is False:
            result.already += 1
            continue
        before = await of_turn(store, user_id, evidence.turn) if undone else []
        await _remember_turn(
            store, user_id, evidence, extract, result, before=before, now=now, max_facts=max_facts
        )
    return result


async def _remembered(store: BaseStore, user_id: str, turns: Sequence[Evidence]) -> dict[str, bool]:
    """The episodes that are in the store, and whether each was undone."""
    if not turns:
        return {}
    namespace = memory_namespace(user_id, Kind.EPISODIC)
    found = await store.abatch(
        [GetOp(namespace, episode_id(evidence), refresh_ttl=False) for evidence in turns]
    )
    return {item.key: bool(item.value.get("undone")) for item in found if isinstance(item, Item)}


async def _remember_turn(
    store: BaseStore,
    user_id: str,
    evidence: Evidence,
    extract: Extract,
    result: Remembered,
    *,
    before: Sequence[Memory],
    now: datetime,
    max_facts: int,
) -> None:
    extraction = Extraction(summary="")
    try:
        if not evidence.private:
            extraction = await extract(evidence.document())
    except NothingLearned as error:
        result.warnings.append(str(error))
    new, again = await reconcile(store, user_id, facts(evidence, extraction, now, max_facts))
    memories = [*new, *episodes(evidence, extraction.summary, now)]
    written = {memory.id for memory in [*memories, *again]}
    stale = [memory for memory in before if memory.undone and memory.id not in written]
    ops = [put(user_id, memory) for memory in [*memories, *again]]
    ops += await noting(store, user_id, evidence.turn, evidence.relied_on, evidence.said[-1].at)
    await store.abatch(
        [*ops, *(PutOp(memory_namespace(user_id, memory.kind), memory.id, None) for memory in stale)]
    )
    result.memories += memories


async def reconcile(
    store: BaseStore, user_id: str, candidates: list[Memory]
) -> tuple[list[Memory], list[Memory]]:
    """The candidates that are new; and the active memories that say the rest of them word for word already.

    Each of the latter names the candidate's turn as further evidence, so that forgetting finds those words as well.
    """
    if not candidates:
        return [], []
    namespace = memory_namespace(user_id, Kind.SEMANTIC)
    ops = [
        SearchOp(
            namespace,
            filter={"fingerprint": memory.fingerprint, "status": Status.ACTIVE.value},
            limit=1,
            refresh_ttl=False,
        )
        for memory in candidates
    ]
    found = cast(list[list[SearchItem]], await store.abatch(ops))
    pairs = list(zip(candidates, found, strict=True))
    known = [_said_again(Memory.from_value(same[0].value), memory.turn) for memory, same in pairs if same]
    return [memory for memory, same in pairs if not same], known


def _said_again(memory: Memory, turn: str) -> Memory:
    if turn == memory.turn or turn in memory.also:
        return memory
    undone = [each for each in memory.undone_also if each != turn]
    return memory.model_copy(update={"also": [*memory.also, turn][-MAX_ALSO:], "undone_also": undone})


def put(user_id: str, memory: Memory) -> PutOp:
    """The write of one memory; what is no longer active is kept but not searched."""
    index: Literal[False] | None = None if memory.status is Status.ACTIVE else False
    return PutOp(memory_namespace(user_id, memory.kind), memory.id, memory.to_value(), index=index)

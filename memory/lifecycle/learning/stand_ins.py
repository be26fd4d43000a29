"""What becomes of summaries and of merged facts when something they rest on is forgotten or undone.

A summary holds the words of several turns: when one of them goes, the summary goes, and what else it stood for comes
back as it was.
"""

from collections.abc import Collection, Sequence
from typing import cast

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from memory.lifecycle.learning.clusters import SUMMARY
from memory.lifecycle.reading.lookup import all_of
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status


async def stood_for(store: BaseStore, user_id: str, memories: Sequence[Memory]) -> list[Memory]:
    """The memories that these stand for, as they are kept, and what those in turn stand for."""
    found: dict[str, Memory] = {}
    ids = {each for memory in memories for each in memory.stands_for}
    while ids:
        ops = [
            GetOp(memory_namespace(user_id, kind), each, refresh_ttl=False) for each in ids for kind in Kind
        ]
        items = [item for item in cast(list[Item | None], await store.abatch(ops)) if item is not None]
        some = {item.key: Memory.from_value(item.value) for item in items if item.key not in found}
        found |= some
        ids = {each for memory in some.values() for each in memory.stands_for} - found.keys()
    return list(found.values())


async def dissolve(
    store: BaseStore, user_id: str, *, gone: Collection[str] = (), turns: Collection[str] = ()
) -> tuple[list[PutOp], list[Memory]]:
    """The deletes of the summaries that stand for one of these memories, or for what these turns told.

    And all that those stood for, active again: whoever asks writes them, as far as nothing else becomes of them.
    """
    ops: list[PutOp] = []
    freed: list[Memory] = []
    async for summary in all_of(store, user_id, Kind.SEMANTIC, {"category": SUMMARY}):
        members = await stood_for(store, user_id, [summary])
        if not any(each.id in gone or each.turn in turns for each in members):
            continue
        ops.append(PutOp(memory_namespace(user_id, summary.kind), summary.id, None))
        merged = [each for each in members if each.status is Status.MERGED]
        freed += [each.model_copy(update={"status": Status.ACTIVE, "reason": ""}) for each in merged]
    return ops, freed

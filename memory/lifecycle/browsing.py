"""What is remembered of a person, for that person to look at: of all kinds and statuses, by id, and in time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from langgraph.store.base import BaseStore

from config.errors import UserError
from memory.lifecycle.lookup import MAX_OF_ONE_TURN, all_of, memory_by_id
from memory.schema import Kind, Memory, Source, Status

MIN_PREFIX = 4
"""Characters of an id, below which nearly every one would be meant."""


class NoSuchMemoryError(UserError):
    """The user has no memory of that id, whoever else may."""


@dataclass(frozen=True)
class Wanted:
    """Which memories; an empty tuple stands for all. The times are of what was said, the later one not included."""

    kinds: tuple[Kind, ...] = ()
    statuses: tuple[Status, ...] = ()
    sources: tuple[Source, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, memory: Memory) -> bool:
        said_at = memory.provenance.said_at
        return (
            (not self.kinds or memory.kind in self.kinds)
            and (not self.statuses or memory.status in self.statuses)
            and (not self.sources or memory.provenance.source in self.sources)
            and (self.since is None or said_at >= self.since)
            and (self.until is None or said_at < self.until)
        )


async def browse(
    store: BaseStore, user_id: str, wanted: Wanted, *, limit: int, offset: int = 0
) -> list[Memory]:
    """The user's memories of this sort, kind by kind, the latest written first."""
    found: list[Memory] = []
    if limit < 1:
        return found
    skipped = 0
    async for memory in _everything(store, user_id, wanted.kinds):
        if not wanted.holds(memory):
            continue
        if skipped < offset:
            skipped += 1
            continue
        found.append(memory)
        if len(found) == limit:
            break
    return found


async def _everything(store: BaseStore, user_id: str, kinds: tuple[Kind, ...]) -> AsyncIterator[Memory]:
    for kind in Kind:
        if not kinds or kind in kinds:
            async for memory in all_of(store, user_id, kind):
                yield memory


async def named(store: BaseStore, user_id: str, memory_id: str) -> Memory:
    """The one memory of this user whose id this is, or begins with this.

    Raises UserError when there is none, whoever else may have one, or when there are several.
    """
    whole = await memory_by_id(store, user_id, memory_id)
    if whole is not None:
        return whole
    shown = repr(memory_id[:64])
    if len(memory_id) < MIN_PREFIX:
        raise UserError(f"The id {shown} is too short: give at least its first {MIN_PREFIX} characters.")
    found: list[Memory] = []
    async for memory in _everything(store, user_id, ()):
        if memory.id.startswith(memory_id):
            found.append(memory)
            if len(found) > 1:
                raise UserError(f"Several memories' ids begin with {shown}: give more of it.")
    if not found:
        raise NoSuchMemoryError(
            f"There is no memory with the id {shown}: `mnemograph memories list` shows yours."
        )
    return found[0]


async def lineage(store: BaseStore, user_id: str, memory: Memory) -> list[Memory]:
    """What this memory took the place of, itself, and what took its place: the earliest first."""
    chain = {memory.id: memory}
    before, after = [memory], [memory]
    while (earlier := before[-1].supersedes) and len(before) < MAX_OF_ONE_TURN:
        found = None if earlier in chain else await memory_by_id(store, user_id, earlier)
        if found is None:
            break
        chain[found.id] = found
        before.append(found)
    while (later := after[-1].validity.superseded_by) and len(after) < MAX_OF_ONE_TURN:
        found = None if later in chain else await memory_by_id(store, user_id, later)
        if found is None:
            break
        chain[found.id] = found
        after.append(found)
    return [*reversed(before), *after[1:]]

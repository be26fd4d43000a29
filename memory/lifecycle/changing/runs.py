"""What a run of consolidation changed, kept beside the memories for a while, so that the run can be undone.

A batch of changes and the note of it are one write: a run that is cut off has noted all that it did, and the next one
goes on from there. A memory that somebody changed meanwhile is left alone, by the run and by its undoing.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self, TypeGuard, cast

from langgraph.store.base import BaseStore, GetOp, Item, PutOp, SearchItem
from pydantic import BaseModel, ConfigDict, Field

from memory.lifecycle.learning.remember import put
from memory.long_term.statements.began import begins_now
from memory.long_term.statements.operations import PutIf
from memory.long_term.statements.writes import ConflictError
from memory.namespaces import Namespace, memory_namespace, owner_namespace
from memory.schema import Kind, Memory, Status

UNDOABLE_FOR: Final = timedelta(days=30)
BATCH: Final = 50
"""Groups of changes in one write."""
ATTEMPTS: Final = 4
_LISTS: Final = frozenset({"also", "stands_for"})
"""Fields to which a run adds: undone, they lose what it added and keep what others did."""


@dataclass(frozen=True)
class Change:
    """A memory as it was read, with its version where the store has versions, and as it becomes; None is not there."""

    before: Memory | None
    after: Memory | None
    version: int | None = None

    @property
    def memory(self) -> Memory:
        """Raises ValueError on a change of nothing into nothing."""
        if (found := self.before or self.after) is None:
            raise ValueError("A change has a memory before it or after it.")
        return found


Group = Sequence[Change]
"""Changes that make sense together alone: they are written in one batch."""


class Noted(BaseModel):
    """One change as it is kept. `was` is the whole value of what went; `set` is (before, after) by field."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    id: str
    made: bool = False
    was: dict[str, Any] | None = None
    set: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    added: dict[str, list[str]] = Field(default_factory=dict)

    @classmethod
    def of(cls, change: Change) -> Self:
        memory = change.memory
        made = {"kind": memory.kind, "id": memory.id, "made": change.before is None}
        if change.before is None:
            return cls(**made)
        before = _whole(change.before)
        after = _whole(change.after) if change.after else {}
        if not after or before["text"] != after["text"]:
            return cls(**made, was=before)
        differ = {name for name, value in after.items() if before.get(name) != value}
        added = {name: [each for each in after[name] if each not in before[name]] for name in differ & _LISTS}
        return cls(**made, set={name: (before[name], after[name]) for name in differ - _LISTS}, added=added)

    @property
    def is_merged(self) -> bool:
        return "status" in self.set and self.set["status"][1] == Status.MERGED

    def undone(self, now: Memory | None) -> Change | None:
        """What takes the change back; None where somebody did something else with the memory since."""
        if self.made:
            return Change(now, None) if now is not None else None
        if self.was is not None:
            gone = now is None or not now.detail
            return Change(now, Memory.from_value(self.was)) if gone else None
        if now is None or any(_whole(now)[name] != after for name, (_, after) in self.set.items()):
            return None
        kept = {name: [e for e in getattr(now, name) if e not in ids] for name, ids in self.added.items()}
        restored = _whole(now) | {name: before for name, (before, _) in self.set.items()} | kept
        return Change(now, Memory.from_value(restored))


def _whole(memory: Memory) -> dict[str, Any]:
    return memory.model_dump(mode="json")


@dataclass
class Written:
    """Groups that were written, and those that were left alone because somebody changed them meanwhile."""

    done: list[Group] = field(default_factory=list)
    skipped: int = 0


def runs_namespace(user_id: str) -> Namespace:
    return (*owner_namespace(user_id), "runs")


@dataclass
class Run:
    """A run over one owner's memories, under a name by which it can be undone."""

    store: BaseStore
    user_id: str
    name: str
    at: datetime
    _count: int = 0

    async def write(self, groups: Sequence[Group]) -> Written:
        """Write the groups in batches, each with its note. Raises what the store raises; batches before it stay."""
        written = Written()
        for start in range(0, len(groups), BATCH):
            batch = groups[start : start + BATCH]
            try:
                await self._write(batch)
                written.done += batch
            except ConflictError:
                await self._one_by_one(batch, written)
        return written

    async def _one_by_one(self, batch: Sequence[Group], written: Written) -> None:
        for group in batch:
            try:
                await self._write([group])
                written.done.append(group)
            except ConflictError:
                written.skipped += 1

    async def _write(self, groups: Sequence[Group]) -> None:
        changes = [change for group in groups for change in group]
        notes = [Noted.of(change).model_dump(mode="json", exclude_defaults=True) for change in changes]
        value = {"run": self.name, "at": self.at.isoformat(), "changes": notes}
        minutes = UNDOABLE_FOR.total_seconds() / 60
        self._count += 1
        # In the order of writing, also where a run that was cut off is run again under its name.
        key = f"{self.name}:{time.time_ns():020}:{self._count:06}"
        note = PutOp(runs_namespace(self.user_id), key, value, index=False, ttl=minutes)
        await self.store.abatch([*(op_of(self.store, self.user_id, change) for change in changes), note])


def op_of(store: BaseStore, user_id: str, change: Change) -> PutOp:
    """The write of a change, upon the version that was read where the store has versions."""
    after, memory = change.after, change.memory
    op = put(user_id, after) if after else PutOp(memory_namespace(user_id, memory.kind), memory.id, None)
    has_versions = bool(getattr(store, "strategies", ()))
    return PutIf(op, change.version) if has_versions and change.version is not None else op


@begins_now
async def undo_run(store: BaseStore, user_id: str, run: str) -> Written | None:
    """Take back what a run changed, the last first; None where the owner has no such run.

    What was taken back is noted as such in the same write, so that an undoing that was cut off is gone on with.
    Raises ConflictError where somebody changes the same memories all the while.
    """
    notes = await _notes(store, user_id, run)
    if not notes:
        return None
    undone = Written()
    for key, changes in sorted(notes.items(), reverse=True):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                done = await _take_back(store, user_id, key, changes)
            except ConflictError:
                if attempt == ATTEMPTS:
                    raise
                continue
            undone.done += [[change] for change in done]
            undone.skipped += len(changes) - len(done)
            break
    return undone


async def _take_back(store: BaseStore, user_id: str, key: str, changes: Sequence[Noted]) -> list[Change]:
    now = await _current(store, user_id, changes)
    spoken_for = {each for memory, _ in now.values() if _holds_still(memory) for each in memory.stands_for}
    found = [
        (each.undone(now[each.id][0]), now[each.id][1])
        for each in changes
        # What was merged into a memory that was corrected since would come back as if it held.
        if not each.is_merged or each.id in spoken_for
    ]
    back = [Change(each.before, each.after, version) for each, version in found if each is not None]
    ops = [op_of(store, user_id, change) for change in back]
    await store.abatch([*ops, PutOp(runs_namespace(user_id), key, None)])
    return back


def _holds_still(memory: Memory | None) -> TypeGuard[Memory]:
    return memory is not None and memory.status is Status.ACTIVE


async def _current(
    store: BaseStore, user_id: str, changes: Sequence[Noted]
) -> Mapping[str, tuple[Memory | None, int | None]]:
    ops = [GetOp(memory_namespace(user_id, each.kind), each.id, refresh_ttl=False) for each in changes]
    items = cast(list[Item | None], await store.abatch(ops))
    return {
        each.id: (Memory.from_value(item.value), getattr(item, "version", None)) if item else (None, None)
        for each, item in zip(changes, items, strict=True)
    }


async def _notes(store: BaseStore, user_id: str, run: str) -> dict[str, list[Noted]]:
    items = await _pages(store, runs_namespace(user_id), {"run": run})
    return {item.key: [Noted.model_validate(each) for each in item.value["changes"]] for item in items}


async def scrubbed(
    store: BaseStore, user_id: str, gone: Collection[str], turns: Collection[str]
) -> list[PutOp]:
    """The writes by which notes lose the words of these memories and turns: no undoing of a run brings them back."""
    ops: list[PutOp] = []
    for item in await _pages(store, runs_namespace(user_id), None):
        changes = [each for each in item.value["changes"] if not _holds(each, gone, turns)]
        if len(changes) < len(item.value["changes"]):
            minutes = UNDOABLE_FOR.total_seconds() / 60
            value = {**item.value, "changes": changes}
            ops.append(PutOp(item.namespace, item.key, value, index=False, ttl=minutes))
    return ops


def _holds(note: Mapping[str, Any], gone: Collection[str], turns: Collection[str]) -> bool:
    was = note.get("was")
    if not was:
        return False
    said_in = {was["turn"], was.get("asked_in"), *was.get("also", ())}
    return (
        was["id"] in gone
        or not said_in.isdisjoint(turns)
        or any(each in gone for each in was.get("used", ()))
    )


async def runs_of(store: BaseStore, user_id: str) -> dict[str, str]:
    """The runs that can be undone: when each was, by its name, the newest first."""
    items = await _pages(store, runs_namespace(user_id), None)
    found = {str(item.value["run"]): str(item.value["at"]) for item in items}
    return dict(sorted(found.items(), key=lambda each: each[1], reverse=True))


async def _pages(store: BaseStore, place: Namespace, filter_: dict[str, Any] | None) -> list[SearchItem]:
    found: list[SearchItem] = []
    while page := await store.asearch(place, filter=filter_, limit=500, offset=len(found), refresh_ttl=False):
        found += page
    return found

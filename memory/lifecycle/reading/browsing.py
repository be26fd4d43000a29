"""What is remembered of a person, for that person to look at: of all kinds and statuses, by id, and in time."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from langgraph.store.base import BaseStore
from pydantic import ValidationError

from config.errors import UserError
from memory.lifecycle.reading.lookup import MAX_OF_ONE_TURN, PAGE, all_of, memory_by_id
from memory.lifecycle.reading.neighbours import knows_strategies
from memory.long_term.erasing import layers_of
from memory.long_term.statements.operations import MAX_ROWS
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Source, Status

MIN_PREFIX = 4
"""Characters of an id, below which nearly every one would be meant."""
_ORDER: Final = {kind: number for number, kind in enumerate(Kind)}
_ZONES: Final = timedelta(days=1)
"""More than clocks of two zones differ by."""


class NoSuchMemoryError(UserError):
    """The user has no memory of that id, whoever else may."""


@dataclass(frozen=True)
class Wanted:
    """Which memories; an empty tuple stands for all. The times are of what was said, the later one not included.

    `emptied`: also the marks that forgetting left, which hold no words.
    """

    kinds: tuple[Kind, ...] = ()
    statuses: tuple[Status, ...] = ()
    sources: tuple[Source, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    emptied: bool = False

    def holds(self, memory: Memory) -> bool:
        said_at = memory.provenance.said_at
        return (
            (self.emptied or not memory.emptied)
            and (not self.kinds or memory.kind in self.kinds)
            and (not self.statuses or memory.status in self.statuses)
            and (not self.sources or memory.provenance.source in self.sources)
            and (self.since is None or said_at >= self.since)
            and (self.until is None or said_at < self.until)
        )


@dataclass(frozen=True)
class Position:
    """Where a listing goes on: with the kind's memory of this number, of those that the store itself gives.

    `keeper` is the agent in whose room that is, "" for the user's own.
    """

    kind: Kind
    number: int
    keeper: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.number}" + (f":{self.keeper}" if self.keeper else "")

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises UserError on what no listing has told."""
        kind, _, rest = text.partition(":")
        number, _, keeper = rest.partition(":")
        if kind not in set(Kind) or not number.isdecimal() or int(number[:12]) > MAX_ROWS:
            raise UserError(f"A listing goes on after what `next` said, not after {text[:64]!r}.")
        return cls(Kind(kind), int(number), keeper)

    @classmethod
    def beginning(cls, keeper: str) -> Self:
        """The first memory that this keeper has."""
        return cls(next(iter(Kind)), 0, keeper)

    def of(self, keeper: str) -> Self:
        return replace(self, keeper=keeper)


@dataclass(frozen=True)
class Page:
    """`next` None: that was all."""

    memories: list[Memory]
    next: Position | None = None


async def browse(
    store: BaseStore, user_id: str, wanted: Wanted, *, limit: int, after: Position | None = None
) -> Page:
    """The user's memories of this sort, kind by kind, the latest written first; `after` is what a page before said.

    What the store can tell apart is asked of it, so that little more is read than the page.
    """
    found: list[Memory] = []
    kinds = [kind for kind in Kind if not wanted.kinds or kind in wanted.kinds]
    for kind in kinds:
        if after and _ORDER[kind] < _ORDER[after.kind]:
            continue
        first = after.number if after and after.kind is kind else 0
        async for at, memory in _from(store, user_id, Position(kind, first), wanted, limit + 1):
            if len(found) >= limit:
                return Page(found, at)
            found.append(memory)
    return Page(found)


async def _from(
    store: BaseStore, user_id: str, first: Position, wanted: Wanted, size: int
) -> AsyncIterator[tuple[Position, Memory]]:
    """From the first on, those of its kind that are wanted, each with its position."""
    namespace, asked, number = memory_namespace(user_id, first.kind), _filter(store, wanted), first.number
    while True:
        items = await store.asearch(namespace, filter=asked, limit=size, offset=number, refresh_ttl=False)
        for at, item in enumerate(items, start=number):
            with suppress(ValidationError):  # another program's value
                memory = Memory.from_value(item.value)
                if wanted.holds(memory):
                    yield Position(first.kind, at), memory
        if len(items) < size:
            return
        number, size = number + size, max(size, PAGE)


def _filter(store: BaseStore, wanted: Wanted) -> dict[str, Any]:
    """What of it this store tells apart by itself, at least: the rest is told of what it gives."""
    ours = knows_strategies(store)
    asked: dict[str, Any] = {}
    if wanted.statuses and (ours or len(wanted.statuses) == 1):
        names = [status.value for status in wanted.statuses]
        asked["status"] = {"$in": names} if ours else names[0]
    # Sealed values tell their top alone, and other stores know no paths.
    if not ours or any(isinstance(layer, EncryptedStore) for layer in layers_of(store)):
        return asked
    if wanted.sources:
        asked["provenance.source"] = {"$in": [source.value for source in wanted.sources]}
    if times := _edge("$gte", wanted.since, -_ZONES) | _edge("$lt", wanted.until, _ZONES):
        asked["provenance.said_at"] = times
    return asked


def _edge(name: str, at: datetime | None, by: timedelta) -> dict[str, str]:
    """A time as text, which is how the store compares it: in whatever zone one was written, none is left out."""
    try:
        return {} if at is None else {name: (at.astimezone(UTC) + by).isoformat()[:19]}
    except OverflowError:
        return {}


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

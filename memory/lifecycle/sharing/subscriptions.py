"""Telling an agent what others learned: what is new among an owner's memories that it may read.

A subscription is an item of the owner under (<owner>, "subscriptions") with a cursor: how far its subscriber has been
told. Nothing is written beside a memory to notify anybody, so that every writer counts, and what a grant opens is asked
when the news is given. A notice is given until it is acknowledged.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, Self

from langgraph.store.base import BaseStore, SearchItem
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from memory.lifecycle.sharing.sharing import SharedStore
from memory.long_term.rows.readers import RESERVED, Reader, room_of
from memory.namespaces import Namespace
from memory.schema import Kind, Memory, Status

PAGE: Final = 200
MAX_TOLD: Final = 2_000
LATE: Final = timedelta(seconds=60)
"""A transaction takes no longer: what it wrote is dated by its beginning, and may come to light after newer things."""
_KINDS: Final = (Kind.SEMANTIC, Kind.EPISODIC, Kind.PROCEDURAL)


class Cursor(BaseModel):
    """Up to when the subscriber was told, and of which memories written less than LATE before."""

    model_config = ConfigDict(frozen=True)

    since: datetime
    """When it subscribed."""
    at: datetime
    told: list[str] = Field(default_factory=list)


class Subscription(BaseModel):
    """What a subscriber wants to hear of: memories of these kinds and, where one is named, about this subject."""

    model_config = ConfigDict(frozen=True)

    subscriber: str
    kinds: list[Kind]
    subject: str = ""
    cursor: Cursor


@dataclass(frozen=True)
class Notice:
    """One new memory. `learned_by` is the agent, or None for whoever talks with the user."""

    memory_id: str
    kind: Kind
    learned_by: str | None
    text: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "memory_id": self.memory_id,
            "kind": self.kind.value,
            "learned_by": self.learned_by,
            "text": self.text,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        at = datetime.fromisoformat(row["at"])
        return cls(row["memory_id"], Kind(row["kind"]), row["learned_by"], row["text"], at)


async def subscribe(
    store: BaseStore, reader: Reader, now: datetime, *, kinds: Collection[Kind] = _KINDS, subject: str = ""
) -> Subscription:
    """Tell the reader from now on. Who is subscribed already keeps its cursor."""
    known = await subscription_of(store, reader)
    cursor = known.cursor if known else Cursor(since=now, at=now)
    made = Subscription(subscriber=reader.label, kinds=sorted(set(kinds)), subject=subject, cursor=cursor)
    if made != known:
        await _keep(store, reader, made)
    return made


async def unsubscribe(store: BaseStore, reader: Reader) -> None:
    await store.adelete(_namespace(reader), reader.label)


async def subscription_of(store: BaseStore, reader: Reader) -> Subscription | None:
    item = await store.aget(_namespace(reader), reader.label, refresh_ttl=False)
    return Subscription.model_validate(item.value) if item else None


async def news(store: BaseStore, reader: Reader, *, limit: int = PAGE) -> list[Notice]:
    """What the reader has not been told, oldest first, at most `limit`; of what its grants open now.

    The same notices come again until `acknowledge` is called with them.
    """
    known = await subscription_of(store, reader)
    if known is None:
        return []
    view = SharedStore(store, reader)
    found: dict[str, tuple[SearchItem, Memory]] = {}
    async for item in _since(view, reader, known.cursor.at - LATE):
        memory = _read(item)
        if memory is not None and _is_wanted(known, reader, item, memory):
            found[memory.id] = (item, memory)
    ordered = sorted(found.values(), key=lambda each: (each[0].created_at, each[1].id))
    return [_notice(item, memory) for item, memory in ordered[:limit]]


async def acknowledge(store: BaseStore, reader: Reader, notices: Sequence[Notice]) -> None:
    """The reader has these: they are not given again."""
    known = await subscription_of(store, reader)
    if known is None or not notices:
        return
    at = max(known.cursor.at, *(each.at for each in notices))
    told = [*known.cursor.told, *(each.memory_id for each in notices)]
    cursor = known.cursor.model_copy(update={"at": at, "told": list(dict.fromkeys(told))[-MAX_TOLD:]})
    await _keep(store, reader, known.model_copy(update={"cursor": cursor}))


async def _since(view: SharedStore, reader: Reader, at: datetime) -> AsyncIterator[SearchItem]:
    """Items written since then. Our store lists the latest first, so that older ones are not read at all."""
    in_order = bool(view.strategies)
    for number in count():
        page = await view.asearch(reader.home, limit=PAGE, offset=number * PAGE, refresh_ttl=False)
        for item in page:
            if item.updated_at >= at:
                yield item
        if len(page) < PAGE or (in_order and page[-1].updated_at < at):
            break
    if number:
        # What was written to while the pages were read has moved to the first, past those that were still to come.
        for item in await view.asearch(reader.home, limit=PAGE, refresh_ttl=False):
            yield item


def _is_wanted(known: Subscription, reader: Reader, item: SearchItem, memory: Memory) -> bool:
    """Not what it was told, what it learned itself, and what was there before and only changed."""
    return (
        memory.status is Status.ACTIVE
        and memory.kind in known.kinds
        and (not known.subject or memory.subject.casefold() == known.subject.casefold())
        and item.created_at >= max(known.cursor.since, known.cursor.at - LATE)
        and memory.id not in known.cursor.told
        and not (reader.agent and memory.provenance.agent == reader.agent)
    )


def _read(item: SearchItem) -> Memory | None:
    if room_of(item.namespace)[0] not in {kind.value for kind in Kind}:
        return None
    try:
        return Memory.from_value(item.value)
    except ValidationError:
        return None  # another program's value


def _notice(item: SearchItem, memory: Memory) -> Notice:
    return Notice(memory.id, memory.kind, memory.provenance.agent, memory.text, item.created_at)


def _namespace(reader: Reader) -> Namespace:
    return (*reader.home, RESERVED[1])


async def _keep(store: BaseStore, reader: Reader, subscription: Subscription) -> None:
    value: dict[str, Any] = subscription.model_dump(mode="json")
    await store.aput(_namespace(reader), reader.label, value, index=False)

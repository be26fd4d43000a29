"""Memories by their id, by their turn, or all of a kind: one user's alone."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from itertools import count
from typing import Any, cast

from langgraph.store.base import BaseStore, GetOp, Item, Result, SearchItem, SearchOp
from pydantic import ValidationError

from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

MAX_OF_ONE_TURN = 100
PAGE = 500
MAX_PROCEDURES_READ = 100


async def memory_by_id(store: BaseStore, user_id: str, memory_id: str) -> Memory | None:
    ops = [GetOp(memory_namespace(user_id, kind), memory_id, refresh_ttl=False) for kind in Kind]
    items = [item for item in await store.abatch(ops) if isinstance(item, Item)]
    return Memory.from_value(items[0].value) if items else None


async def of_turn(store: BaseStore, user_id: str, turn: str) -> list[Memory]:
    """What the turn taught first; a memory that names it in `also` is another turn's."""
    ops = [
        SearchOp(
            memory_namespace(user_id, kind), filter={"turn": turn}, limit=MAX_OF_ONE_TURN, refresh_ttl=False
        )
        for kind in Kind
    ]
    found = cast(list[list[SearchItem]], await store.abatch(ops))
    return [Memory.from_value(item.value) for items in found for item in items]


async def procedures_in(store: BaseStore, user_id: str, *statuses: Status) -> list[Memory]:
    """The user's procedures of these statuses."""
    return as_memories(await store.abatch(procedure_ops(user_id, *statuses)))


def procedure_ops(user_id: str, *statuses: Status) -> list[SearchOp]:
    """The searches that find them, by a filter alone: nothing is embedded."""
    namespace = memory_namespace(user_id, Kind.PROCEDURAL)
    return [
        SearchOp(namespace, filter={"status": status.value}, limit=MAX_PROCEDURES_READ, refresh_ttl=False)
        for status in statuses
    ]


def as_memories(results: Iterable[Result]) -> list[Memory]:
    """What such searches found; another program's values are left out."""
    read: list[Memory] = []
    for item in (item for items in cast(Iterable[list[SearchItem]], results) for item in items):
        with suppress(ValidationError):
            read.append(Memory.from_value(item.value))
    return read


async def all_of(
    store: BaseStore,
    user_id: str,
    kind: Kind,
    filter: dict[str, Any] | None = None,  # noqa: A002 - as the store names it
) -> AsyncIterator[Memory]:
    """Every memory of a kind, whatever its status; another program's values are left out."""
    for number in count():
        page = await store.asearch(
            memory_namespace(user_id, kind),
            filter=filter,
            limit=PAGE,
            offset=number * PAGE,
            refresh_ttl=False,
        )
        for item in page:
            with suppress(ValidationError):
                yield Memory.from_value(item.value)
        if len(page) < PAGE:
            return

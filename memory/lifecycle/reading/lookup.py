"""Memories by their id, by their turn, or all of a kind: one user's alone."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, cast

from langgraph.store.base import BaseStore, GetOp, Item, PutOp, Result, SearchItem, SearchOp
from pydantic import ValidationError

from memory.long_term.statements.operations import PutIf
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status

MAX_OF_ONE_TURN = 100
PAGE = 500
MAX_PROCEDURES_READ = 100

Versions = dict[str, int | None]
"""By a memory's id the version that it was read as; None from a store that has no versions."""


async def memory_by_id(store: BaseStore, user_id: str, memory_id: str) -> Memory | None:
    found = await memories_by_id(store, user_id, [memory_id])
    return found[0] if found else None


async def memories_by_id(store: BaseStore, user_id: str, ids: Sequence[str]) -> list[Memory]:
    """Those that there are, in the order of the ids."""
    ops = [GetOp(memory_namespace(user_id, kind), each, refresh_ttl=False) for each in ids for kind in Kind]
    return [Memory.from_value(item.value) for item in await store.abatch(ops) if isinstance(item, Item)]


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
    return list(as_memories(await store.abatch(procedure_ops(user_id, *statuses)))[0])


def procedure_ops(user_id: str, *statuses: Status) -> list[SearchOp]:
    """The searches that find them, by a filter alone: nothing is embedded."""
    namespace = memory_namespace(user_id, Kind.PROCEDURAL)
    return [
        SearchOp(namespace, filter={"status": status.value}, limit=MAX_PROCEDURES_READ, refresh_ttl=False)
        for status in statuses
    ]


def as_memories(results: Iterable[Result]) -> tuple[list[Memory], Versions]:
    """What such searches found, with its versions; another program's values are left out."""
    found = [item for items in cast(Iterable[list[SearchItem]], results) for item in items]
    return _read(found)


async def all_of(
    store: BaseStore,
    user_id: str,
    kind: Kind,
    filter: dict[str, Any] | None = None,  # noqa: A002 - as the store names it
) -> AsyncIterator[Memory]:
    """Every memory of a kind, whatever its status; another program's values are left out."""
    async for page in _pages(store, user_id, kind, filter):
        for memory in _read(page)[0]:
            yield memory


async def all_with_versions(store: BaseStore, user_id: str, kind: Kind) -> tuple[list[Memory], Versions]:
    """Every memory of a kind with the version that it was read as."""
    return _read([item async for page in _pages(store, user_id, kind, None) for item in page])


def upon(store: BaseStore, op: PutOp, version: int | None) -> PutOp:
    """The write on this version alone (0: on none), where the store has versions and one is given."""
    return PutIf(op, version) if version is not None and hasattr(store, "strategies") else op


async def _pages(
    store: BaseStore, user_id: str, kind: Kind, asked: dict[str, Any] | None
) -> AsyncIterator[list[SearchItem]]:
    for number in count():
        page = await store.asearch(
            memory_namespace(user_id, kind),
            filter=asked,
            limit=PAGE,
            offset=number * PAGE,
            refresh_ttl=False,
        )
        yield page
        if len(page) < PAGE:
            return


def _read(items: Iterable[SearchItem]) -> tuple[list[Memory], Versions]:
    memories: list[Memory] = []
    versions: Versions = {}
    for item in items:
        with suppress(ValidationError):
            memories.append(Memory.from_value(item.value))
            versions[item.key] = getattr(item, "version", None)
    return memories, versions

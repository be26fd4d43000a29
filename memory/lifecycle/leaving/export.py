"""Everything of a user as records, taken from the same inventory that an erasure empties; and back into the store."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore, GetOp, PutOp
from pydantic import ValidationError

from config.errors import UserError
from memory.lifecycle.leaving.export_file import CONVERSATION, ITEM, Record, canonical
from memory.lifecycle.leaving.inventory import Places
from memory.long_term.everything import Kept, everything
from memory.long_term.rows.readers import RESERVED, room_of
from memory.long_term.statements.operations import cleaned
from memory.namespaces import owner_namespace
from memory.schema import Kind, Memory, Status
from memory.short_term.as_data import as_data
from memory.short_term.whose import threads_of

BATCH = 100
BATCH_CHARS = 500_000
MAX_LABELS = 20
CAME_IN: Final = "It waits for your approval: it came with an import."
"""Why a procedure that its file calls in force is not: anybody can make such a file, and its sum."""


async def records(places: Places, user_id: str) -> AsyncIterator[Record]:
    """Every item in the user's namespaces, then every conversation of theirs, the newest first."""
    owner = owner_namespace(user_id)
    async for kept in everything(places.store, owner):
        yield _item(kept, len(owner))
    theirs = await threads_of(places.saver, user_id, places.says, unnamed=places.unnamed)
    for thread_id in theirs.own:
        conversation = await _conversation(places.saver, thread_id)
        if conversation is not None:
            yield conversation


def _item(kept: Kept, labels: int) -> Record:
    return {
        "type": ITEM,
        "namespace": list(kept.namespace[labels:]),
        "key": kept.key,
        "value": kept.value,
        "index": kept.index,
        "ttl_minutes": kept.ttl_minutes,
        "created_at": kept.created_at.isoformat(),
        "updated_at": kept.updated_at.isoformat(),
    }


async def _conversation(saver: BaseCheckpointSaver[Any], thread_id: str) -> Record | None:
    root: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    found = await saver.aget_tuple(root)
    if found is None:
        return None
    # LangGraph's own channels, by which a run goes on, have such names.
    values = {
        name: as_data(value)
        for name, value in found.checkpoint["channel_values"].items()
        if ":" not in name and not name.startswith("__")
    }
    messages = values.pop("messages", [])
    return {
        "type": CONVERSATION,
        "thread_id": thread_id,
        "touched": found.checkpoint["ts"],
        "messages": messages,
        "state": values,
    }


_OF_OTHERS: Final = [[label] for label in RESERVED]


@dataclass
class Imported:
    """How many items were written, and how many were there already and stayed as they were."""

    items: int = 0
    already: int = 0


def check(found: Iterable[Record]) -> tuple[int, int]:
    """How many items and conversations these are. Raises UserError on one that cannot be taken; nothing is written."""
    items = conversations = 0
    for record in found:
        if record.get("type") == ITEM:
            _put("nobody", record)
            items += 1
        elif record.get("type") == CONVERSATION:
            if not isinstance(record.get("messages"), list) or not isinstance(record.get("state"), dict):
                raise _odd("conversation", record.get("thread_id"))
            conversations += 1
        else:
            raise _odd("record", record.get("type"))
    return items, conversations


async def batches(found: Iterator[Record]) -> AsyncIterator[Sequence[Record]]:
    """The records, some at a time; they are read from their file past the event loop."""
    while batch := await asyncio.to_thread(_batch, found):
        yield batch


def _batch(found: Iterator[Record]) -> list[Record]:
    """Of large ones few: while a batch is written, others wait."""
    batch: list[Record] = []
    size = 0
    for record in islice(found, BATCH):
        batch.append(record)
        size += len(canonical(record))
        if size > BATCH_CHARS:
            break
    return batch


async def bring_in(
    store: BaseStore, user_id: str, items: Sequence[Record], *, in_force: bool = False
) -> Imported:
    """Write these items into the user's namespaces at once; what is there already stays as it is.

    Who may see them is for the user to say anew: a file that somebody else made must give nothing away. And its
    procedures are proposals, unless the user said of the file that they are to be `in_force` as it has them.

    Raises what the store and the embedding model raise; then none of them is written, where batches are transactions.
    """
    puts = [
        _put(user_id, record, in_force=in_force)
        for record in items
        if record["namespace"][:1] not in _OF_OTHERS
    ]
    there = await store.abatch([GetOp(op.namespace, op.key, refresh_ttl=False) for op in puts])
    missing = [op for op, item in zip(puts, there, strict=True) if item is None]
    if missing:
        await store.abatch(missing)
    return Imported(len(missing), len(puts) - len(missing))


def _put(user_id: str, record: Record, *, in_force: bool = False) -> PutOp:
    """Raises UserError on what is no item of ours."""
    namespace, key, value = record.get("namespace"), record.get("key"), record.get("value")
    index, ttl = record.get("index"), record.get("ttl_minutes")
    labels = namespace if isinstance(namespace, list) and len(namespace) <= MAX_LABELS else [None]
    if not (
        all(isinstance(each, str) for each in labels) and isinstance(key, str) and isinstance(value, dict)
    ):
        raise _odd("item", key)
    if not (
        index is None
        or index is False
        or (isinstance(index, list) and all(isinstance(i, str) for i in index))
    ):
        raise _odd("item", key)
    try:
        kind, _ = room_of((*owner_namespace(user_id), *labels))
        if kind in list(Kind):
            memory = Memory.from_value(value)
            if (memory.id, memory.kind) != (key, kind):
                raise _odd("memory", key)
            if kind == Kind.PROCEDURAL and memory.status is Status.ACTIVE and not in_force:
                value = {**value, "status": Status.PROPOSED.value, "reason": CAME_IN}
        op = PutOp((*owner_namespace(user_id), *labels), key, value, cast(Any, index), ttl)
        return cast(PutOp, cleaned(op))
    except (ValidationError, ValueError, TypeError) as error:
        raise _odd("item", key) from error


def _odd(what: str, key: Any) -> UserError:
    return UserError(
        f"The {what} {str(key)[:64]!r} of the file is none that Mnemograph writes, so nothing was taken: use the file "
        "as it was exported."
    )

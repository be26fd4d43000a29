"""Checkpoints as rows of LangGraph's tables, and back; no connection."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg.types.json import Jsonb

from memory.short_term.conflict import goes_on_from_the_newest
from memory.short_term.off_loop import LONG_TEXT
from memory.short_term.postgres.graves import WRITE
from memory.short_term.postgres.parts import WHOLE, rows_of
from memory.short_term.postgres.tables import PUT
from memory.text import clean_tree

# As LangGraph's own, with three differences: each value is looked up by its whole key, never by way of all of its
# thread's; one in parts comes whole; and what a checkpoint from before version 4 finds in its parent comes with it.
SELECT: Final = f"""
SELECT thread_id, checkpoint, checkpoint_ns, checkpoint_id, parent_checkpoint_id, metadata,
    (
        SELECT array_agg(ARRAY[convert_to(v.key, 'UTF8'), convert_to(b.type, 'UTF8'), b.blob])
        FROM jsonb_each_text(checkpoint -> 'channel_versions') v
        CROSS JOIN LATERAL (
            SELECT b.type, {WHOLE} AS blob FROM checkpoint_blobs b
            WHERE b.thread_id = checkpoints.thread_id AND b.checkpoint_ns = checkpoints.checkpoint_ns
              AND b.channel = v.key AND b.version = v.value
            LIMIT 1
        ) b
    ) AS channel_values,
    (
        SELECT array_agg(ARRAY[
            convert_to(w.task_id, 'UTF8'), convert_to(w.channel, 'UTF8'), convert_to(w.type, 'UTF8'), w.blob,
            convert_to(w.task_path, 'UTF8'), convert_to(w.idx::text, 'UTF8')
        ])
        FROM checkpoint_writes w
        WHERE w.thread_id = checkpoints.thread_id AND w.checkpoint_ns = checkpoints.checkpoint_ns
          AND w.checkpoint_id = checkpoints.checkpoint_id
    ) AS pending_writes,
    CASE WHEN (checkpoint ->> 'v')::int < 4 AND parent_checkpoint_id IS NOT NULL THEN (
        SELECT array_agg(ARRAY[convert_to(w.type, 'UTF8'), w.blob] ORDER BY w.task_path, w.task_id, w.idx)
        FROM checkpoint_writes w
        WHERE w.thread_id = checkpoints.thread_id AND w.checkpoint_ns = checkpoints.checkpoint_ns
          AND w.checkpoint_id = checkpoints.parent_checkpoint_id AND w.channel = '__pregel_tasks'
    ) END AS pending_sends
FROM checkpoints
"""
BY_ID: Final = SELECT + "WHERE thread_id = %s AND checkpoint_ns = %s AND checkpoint_id = %s"
NEWEST: Final = SELECT + "WHERE thread_id = %s AND checkpoint_ns = %s ORDER BY checkpoint_id DESC LIMIT 1"
# In brackets the arrays have no length that could be planned for: the one plan that is kept is as good as any, where
# otherwise every call would be planned anew.
NEWEST_OF_MANY: Final = f"""
SELECT k.place, found.*
FROM unnest((SELECT %(threads)s::text[]), (SELECT %(namespaces)s::text[])) WITH ORDINALITY AS k (thread, ns, place)
CROSS JOIN LATERAL (
    {SELECT} WHERE thread_id = k.thread AND checkpoint_ns = k.ns ORDER BY checkpoint_id DESC LIMIT 1
) found
"""
"""`place` counts from 1."""

# What is short goes as one JSON: a parameter a column costs the client more than the rest of an operation.
PUT_CHECKPOINTS: Final = f"SELECT {PUT}(%(puts)b::jsonb, %(blobs)b::bytea[]) AS kept"

PUT_WRITES: Final = f"SELECT * FROM {WRITE}(%(writes)b::jsonb, %(blobs)b::bytea[], %(again)s)"


@dataclass(frozen=True)
class Put:
    """A checkpoint as it is to be stored; `values` are (channel, version, type, blob)."""

    thread: str
    ns: str
    checkpoint_id: str
    parent: str | None
    goes_on: bool
    body: Mapping[str, Any]
    metadata: Mapping[str, Any]
    values: Sequence[tuple[str, str, str, bytes]]


@dataclass(frozen=True)
class Write:
    """A row of checkpoint_writes."""

    thread: str
    ns: str
    checkpoint_id: str
    task: str
    path: str
    idx: int
    channel: str
    kind: str
    blob: bytes

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        return self.thread, self.ns, self.checkpoint_id, self.task, self.idx


def put_of(
    serde: SerializerProtocol,
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    new_versions: ChannelVersions,
) -> Put:
    """Simple values stand in the checkpoint's own row, the others once a version."""
    configurable = config["configurable"]
    inline, apart = _divided(checkpoint["channel_values"])
    return Put(
        str(configurable["thread_id"]),
        configurable["checkpoint_ns"],
        checkpoint["id"],
        configurable.get("checkpoint_id"),
        goes_on_from_the_newest(config),
        {**checkpoint, "channel_values": inline},
        clean_tree(get_serializable_checkpoint_metadata(config, metadata)),
        [
            row
            for name, version in new_versions.items()
            if name in apart
            for row in rows_of(serde, name, str(version), apart[name])
        ],
    )


def puts_parameters(puts: Sequence[Put]) -> dict[str, Any]:
    """What `PUT_CHECKPOINTS` takes."""
    number = count(1)
    listed = [
        {
            "thread": put.thread,
            "ns": put.ns,
            "id": put.checkpoint_id,
            "parent": put.parent,
            "goes_on": put.goes_on,
            "body": put.body,
            "metadata": put.metadata,
            "parts": [(*value[:3], next(number)) for value in put.values],
        }
        for put in puts
    ]
    return {"puts": Jsonb(listed), "blobs": [value[3] for put in puts for value in put.values]}


def writes_of(
    serde: SerializerProtocol,
    config: RunnableConfig,
    writes: Sequence[tuple[str, Any]],
    task_id: str,
    task_path: str,
) -> list[Write]:
    """A task's writes as rows; of two special ones of one kind the later one."""
    given = config["configurable"]
    place = (str(given["thread_id"]), given["checkpoint_ns"], given["checkpoint_id"], task_id, task_path)
    numbered = {WRITES_IDX_MAP.get(name, idx): (name, value) for idx, (name, value) in enumerate(writes)}
    return [Write(*place, idx, name, *serde.dumps_typed(value)) for idx, (name, value) in numbered.items()]


def writes_parameters(writes: Sequence[Write], *, again: bool) -> dict[str, Any]:
    """What `PUT_WRITES` takes; `again`: those that are there are replaced."""
    listed = [
        {
            "place": place,
            "thread": write.thread,
            "ns": write.ns,
            "id": write.checkpoint_id,
            "task": write.task,
            "path": write.path,
            "idx": write.idx,
            "channel": write.channel,
            "type": write.kind,
        }
        for place, write in enumerate(writes, start=1)
    ]
    return {"writes": Jsonb(listed), "blobs": [write.blob for write in writes], "again": again}


def _divided(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    inline: dict[str, Any] = {}
    apart: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, _DeltaSnapshot):
            # The mark by which LangGraph finds that a snapshot lies among the blobs.
            inline[name], apart[name] = True, value
        elif _fits_json(value):
            inline[name] = value
        else:
            apart[name] = value
    return inline, apart


def _fits_json(value: Any) -> bool:
    """Whether Postgres' JSON holds it as it is; LangGraph's own saver fails on a NUL, a lone surrogate or NaN."""
    if isinstance(value, str):
        return (value.isascii() and "\x00" not in value) or clean_tree(value) == value
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int)


def heavy(row: Mapping[str, Any]) -> bool:
    """Whether reading a row's values takes long enough to keep others waiting."""
    parts = [*(row["channel_values"] or []), *(row["pending_writes"] or [])]
    return sum(len(field) for part in parts for field in part if field is not None) > LONG_TEXT

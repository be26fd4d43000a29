"""Checkpoints as rows of LangGraph's tables, and back; no connection."""

import math
from collections.abc import Iterable, Mapping, Sequence
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
from memory.short_term.postgres_tables import PUT
from memory.text import clean_tree

MANY_PARTS: Final = 200
LONG_TEXT: Final = 250_000

# As LangGraph's own, with two differences: each value is looked up by its whole key, never by way of all of its
# thread's; and what a checkpoint from before version 4 finds in its parent comes with it.
SELECT: Final = """
SELECT thread_id, checkpoint, checkpoint_ns, checkpoint_id, parent_checkpoint_id, metadata,
    (
        SELECT array_agg(ARRAY[convert_to(v.key, 'UTF8'), convert_to(b.type, 'UTF8'), b.blob])
        FROM jsonb_each_text(checkpoint -> 'channel_versions') v
        CROSS JOIN LATERAL (
            SELECT type, blob FROM checkpoint_blobs b
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

PUT_CHECKPOINT: Final = f"""
SELECT {PUT}(
    %(thread)s::text, %(ns)s::text, %(id)s::text, %(parent)s::text, %(goes_on)s::boolean, %(checkpoint)s::jsonb,
    %(metadata)s::jsonb, %(channels)s::text[], %(versions)s::text[], %(types)s::text[], %(blobs)b::bytea[]
) AS kept
"""

_PUT_WRITES = """
INSERT INTO checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
SELECT %(thread)s::text, %(ns)s::text, %(id)s::text, %(task)s::text, %(path)s::text, t.idx, t.channel, t.type, t.blob
FROM unnest(%(idx)s::int[], %(channels)s::text[], %(types)s::text[], %(blobs)b::bytea[])
    AS t (idx, channel, type, blob)
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
"""
INSERT_WRITES: Final = _PUT_WRITES + "DO NOTHING"
UPSERT_WRITES: Final = (
    _PUT_WRITES + "DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob"
)

DELETE_THREAD: Final = """
WITH c AS (DELETE FROM checkpoints WHERE thread_id = %(thread)s),
     b AS (DELETE FROM checkpoint_blobs WHERE thread_id = %(thread)s)
DELETE FROM checkpoint_writes WHERE thread_id = %(thread)s
"""


def checkpoint_parameters(
    serde: SerializerProtocol,
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    new_versions: ChannelVersions,
) -> dict[str, Any]:
    """What `PUT_CHECKPOINT` takes. Simple values stand in the checkpoint's row, the others once a version."""
    configurable = config["configurable"]
    inline, apart = _divided(checkpoint["channel_values"])
    # In one order always: two that write the same keys wait for each other instead of ending in a deadlock.
    dumped = [
        (name, str(new_versions[name]), *serde.dumps_typed(apart[name]))
        for name in sorted(new_versions)
        if name in apart
    ]
    return {
        "thread": str(configurable["thread_id"]),
        "ns": configurable["checkpoint_ns"],
        "id": checkpoint["id"],
        "parent": configurable.get("checkpoint_id"),
        "goes_on": goes_on_from_the_newest(config),
        "checkpoint": Jsonb({**checkpoint, "channel_values": inline}),
        "metadata": Jsonb(clean_tree(get_serializable_checkpoint_metadata(config, metadata))),
        "channels": [each[0] for each in dumped],
        "versions": [each[1] for each in dumped],
        "types": [each[2] for each in dumped],
        "blobs": [each[3] for each in dumped],
    }


def writes_parameters(
    serde: SerializerProtocol,
    config: RunnableConfig,
    writes: Sequence[tuple[str, Any]],
    task_id: str,
    task_path: str,
) -> dict[str, Any]:
    """What `INSERT_WRITES` or `UPSERT_WRITES` takes; of two special writes of one kind the later one."""
    configurable = config["configurable"]
    numbered = {WRITES_IDX_MAP.get(name, idx): (name, value) for idx, (name, value) in enumerate(writes)}
    dumped = [(idx, name, *serde.dumps_typed(value)) for idx, (name, value) in sorted(numbered.items())]
    return {
        "thread": str(configurable["thread_id"]),
        "ns": configurable["checkpoint_ns"],
        "id": configurable["checkpoint_id"],
        "task": task_id,
        "path": task_path,
        "idx": [each[0] for each in dumped],
        "channels": [each[1] for each in dumped],
        "types": [each[2] for each in dumped],
        "blobs": [each[3] for each in dumped],
    }


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


def large(values: Iterable[Any]) -> bool:
    """Whether making bytes of these values takes long; what costs is the number of their parts."""
    return any(
        len(value) > (MANY_PARTS if isinstance(value, list | dict | tuple) else LONG_TEXT)
        for value in values
        if isinstance(value, list | dict | tuple | str | bytes)
    )

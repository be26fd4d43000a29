"""One thread's fields in a plain Redis as another's."""

from dataclasses import dataclass
from typing import Any, cast

from langgraph.checkpoint.base import CheckpointMetadata
from langgraph.checkpoint.serde.base import SerializerProtocol

from memory.short_term.redis.names import checkpoint_field, newest_field
from memory.short_term.redis.records import Record


@dataclass(frozen=True)
class Copied:
    """All fields, the root's newest checkpoint ("" for none), and the runs that wrote."""

    all: dict[bytes, bytes]
    newest: str
    run_ids: set[str]


def copied(serde: SerializerProtocol, fields: dict[bytes, bytes], target_thread_id: str) -> Copied:
    """With the target's name where a checkpoint's metadata names its thread."""
    made = dict(fields)
    run_ids = set()
    for name, data in fields.items():
        if name.startswith(checkpoint_field("", "")[:2].encode()):
            record = Record(data)
            run_ids.add(record.head.run_id)
            told: dict[str, Any] = dict(record.metadata(serde))
            if "thread_id" in told:
                renamed = cast(CheckpointMetadata, {**told, "thread_id": target_thread_id})
                made[name] = record.with_metadata(serde, renamed)
    return Copied(made, fields.get(newest_field("").encode(), b"").decode(), run_ids - {""})

"""Checkpoints, values and writes as bytes, and back; no connection."""

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    writes_sort_key,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from memory.short_term.blocks import cut, named, names_in
from memory.short_term.redis.names import SEPARATOR, value_field

INLINE_CHARS = 64
"""A text up to this long costs less inside each checkpoint than as a value of its own."""

_compact = json.JSONEncoder(separators=(",", ":")).encode
_LENGTH = struct.Struct(">I")


class Head(NamedTuple):
    """What Redis itself may read of a checkpoint; "" where there is none.

    Attributes:
        values: names of channels and their versions in turn, of those whose value is kept beside the checkpoint.
        replayed: channels that are told by the writes of earlier checkpoints.
        root: for a subgraph, the root's checkpoint from which it was called.
    """

    parent: str
    source: str
    run_id: str
    values: list[str]
    replayed: list[str]
    root: str


@dataclass(frozen=True)
class Written:
    """A checkpoint on its way to Redis.

    Attributes:
        record: the checkpoint itself.
        head: what Redis may read of it.
        new: the values that come with it, by field.
        blocks: the parts of those that are long lists, by field.
        old: the fields of values that are there already.
    """

    record: bytes
    head: Head
    new: dict[str, bytes]
    blocks: dict[bytes, bytes]
    old: list[str]


@dataclass(frozen=True)
class Change:
    """What takes the place of what was read in a field, and fields that come with it unless they are there."""

    field: bytes
    old: bytes
    new: bytes
    also: Mapping[bytes, bytes]


def frame(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += 4 + length
        yield data[at - length : at]


def typed(serde: SerializerProtocol, value: Any) -> bytes:
    kind, data = serde.dumps_typed(value)
    return kind.encode() + b"\n" + data


def untyped(serde: SerializerProtocol, data: bytes) -> Any:
    kind, _, rest = data.partition(b"\n")
    return serde.loads_typed((kind.decode(), rest))


def write_checkpoint(
    serde: SerializerProtocol,
    where: tuple[str, str],
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    new_versions: ChannelVersions,
) -> Written:
    """`where` is the namespace and the id of the parent, "" for none."""
    namespace, parent = where
    inline: dict[str, Any] = {}
    new: dict[str, bytes] = {}
    blocks: dict[bytes, bytes] = {}
    old: list[str] = []
    shown: list[str] = []
    for channel, value in checkpoint["channel_values"].items():
        version = checkpoint["channel_versions"].get(channel)
        if version is None or _is_small(value):
            inline[channel] = value
            continue
        field = value_field(str(version), namespace, channel)
        shown += (channel, str(version))
        if channel in new_versions:
            parts = cut(value)
            if parts is None:
                new[field] = typed(serde, value)
            else:
                new[field], its = named([typed(serde, part) for part in parts])
                blocks |= its
        else:
            old.append(field)
    head = Head(
        parent,
        str(metadata.get("source", "")),
        str(metadata.get("run_id", "")),
        shown,
        sorted(metadata.get("counters_since_delta_snapshot") or ()),
        str((metadata.get("parents") or {}).get("", "")) if namespace else "",
    )
    whole = typed(serde, {**checkpoint, "channel_values": inline})
    return Written(record_of(head, typed(serde, metadata), whole), head, new, blocks, old)


def record_of(head: Head, metadata: bytes, checkpoint: bytes) -> bytes:
    """A checkpoint as it lies in Redis, from what the serde made of its parts."""
    return b"".join((_compact(head).encode(), b"\n", frame(metadata), checkpoint))


def _is_small(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float) or _is_short(value)


def _is_short(value: Any) -> bool:
    return type(value) is str and len(value) <= INLINE_CHARS


class Record:
    """A checkpoint as it lies in Redis; its parts are read when they are asked for."""

    def __init__(self, data: bytes) -> None:
        first, _, self._rest = data.partition(b"\n")
        self.head = Head(*json.loads(first))

    @property
    def parts(self) -> tuple[bytes, bytes]:
        """Metadata and checkpoint as the serde made them."""
        (length,) = _LENGTH.unpack_from(self._rest)
        return self._rest[4 : 4 + length], self._rest[4 + length :]

    def metadata(self, serde: SerializerProtocol) -> CheckpointMetadata:
        return cast(CheckpointMetadata, untyped(serde, self.parts[0]))

    def checkpoint(self, serde: SerializerProtocol) -> Checkpoint:
        """Without the values that are kept beside it."""
        return cast(Checkpoint, untyped(serde, self.parts[1]))

    def with_metadata(self, serde: SerializerProtocol, metadata: CheckpointMetadata) -> bytes:
        return record_of(self.head, typed(serde, metadata), self.parts[1])


class Loaded(NamedTuple):
    """A checkpoint with all that belongs to it, as bytes; of each value its parts, and what is missing is empty.

    `blocks` are the fields of those values that are kept in parts.
    """

    namespace: str
    checkpoint_id: str
    record: Record
    writes: bytes
    values: list[list[bytes]]
    blocks: list[bytes]


def loaded(answer: bytes) -> Iterator[Loaded]:
    parts = frames(answer)
    for namespace in parts:
        checkpoint_id, record, writes, many = (next(parts) for _ in range(4))
        values, blocks = [], []
        for _ in range(int(many)):
            value = next(parts)
            names = names_in(value)
            values.append([next(parts) for _ in names] if names else [value])
            blocks += names
        yield Loaded(namespace.decode(), checkpoint_id.decode(), Record(record), writes, values, blocks)


def tuple_of(serde: SerializerProtocol, thread_id: str, found: Loaded) -> CheckpointTuple:
    head = found.record.head
    checkpoint = found.record.checkpoint(serde)
    for channel, value in zip(head.values[::2], found.values, strict=True):
        checkpoint["channel_values"][channel] = joined(serde, value)
    return CheckpointTuple(
        place(thread_id, found.namespace, found.checkpoint_id),
        checkpoint,
        found.record.metadata(serde),
        place(thread_id, found.namespace, head.parent) if head.parent else None,
        [write for _, write in read_writes(serde, found.writes)],
    )


def joined(serde: SerializerProtocol, parts: Sequence[bytes]) -> Any:
    """A value from its parts."""
    if len(parts) == 1:
        return untyped(serde, parts[0])
    return [item for part in parts for item in untyped(serde, part)]


def place(thread_id: str, namespace: str, checkpoint_id: str) -> RunnableConfig:
    return {
        "configurable": {
            "thread_id": thread_id,
            "checkpoint_ns": namespace,
            "checkpoint_id": checkpoint_id,
        }
    }


def write_writes(
    serde: SerializerProtocol, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
) -> dict[bytes, bytes]:
    """Name and frame of each, as PUT_WRITES takes them."""
    made: dict[bytes, bytes] = {}
    for number, (channel, value) in enumerate(writes):
        index = WRITES_IDX_MAP.get(channel, number)
        name = f"{task_id}{SEPARATOR}{index}".encode()
        told = _compact([task_path, channel]).encode()
        made[name] = frame(name) + frame(told + b"\n" + typed(serde, value))
    return made


def rewritten_writes(data: bytes, value_of: Callable[[str, bytes], bytes]) -> bytes:
    """The same writes with other values: what `value_of` makes of a channel and a value by the serde."""
    made = []
    parts = frames(data)
    for name in parts:
        told, _, value = next(parts).partition(b"\n")
        made += [frame(name), frame(told + b"\n" + value_of(json.loads(told)[1], value))]
    return b"".join(made)


def read_writes(
    serde: SerializerProtocol, data: bytes, channels: Mapping[str, Any] | None = None
) -> list[tuple[tuple[str, str, int], PendingWrite]]:
    """In the order in which a run applies them; of these channels alone, if they are given."""
    found = []
    parts = frames(data)
    for name in parts:
        told, _, value = next(parts).partition(b"\n")
        path, channel = json.loads(told)
        if channels is None or channel in channels:
            task_id, _, index = name.decode().rpartition(SEPARATOR)
            # Not yet read: the sort needs none of the values.
            found.append((writes_sort_key(path, task_id, int(index)), (task_id, channel, value)))
    found.sort(key=lambda each: each[0])
    return [(key, (task_id, channel, untyped(serde, value))) for key, (task_id, channel, value) in found]

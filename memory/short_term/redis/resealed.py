"""What stands in Redis, sealed under the newest key: fields of a plain one's threads, documents of one with modules.

No I/O. Nothing is made an object of, so no type is needed: what is none of msgpack's own stays the bytes it is. Only
the JSON of LangGraph's own saver is read as that saver reads it, by which it is what it was also in msgpack.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import ormsgpack
from langgraph.checkpoint.redis.util import from_storage_safe_str
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_KW_ARGS, EXT_DELTA_SNAPSHOT

from memory.short_term.blocks import names_in
from memory.short_term.redis.names import placed, value_field
from memory.short_term.redis.records import Change, Record, record_of, rewritten_writes
from memory.short_term.redis.sealed import StockSerde, is_made
from memory.short_term.sealed.envelope import Place, Typed, key_id_of
from memory.short_term.sealed.sealed_state import (
    METADATA,
    SEALED,
    TEXT,
    VALUE,
    WRITE,
    SealedState,
    envelope_in,
    is_sealed,
)
from memory.short_term.sealed.state_serde import BYTES, TYPE, StateSerde, is_envelope

PACKED: Final = "msgpack"
_OPTION: Final = ormsgpack.OPT_NON_STR_KEYS
_LONGEST_TEXT_HEADER: Final = 5


class _Snapshot:
    """A channel's snapshot, which savers know by its type: what it holds, in msgpack."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Resealed:
    """Raises UnreadableStateError on what is in clear, unless the state reads such, and on what no key opens."""

    def __init__(self, state: SealedState) -> None:
        self._state = state
        self._newest = state.keys.newest
        # Of what an earlier version compressed without a key.
        self._unkeyed = StateSerde()
        self._theirs = StockSerde()

    def field(
        self, thread_id: str, name: bytes, stored: bytes, blocks: Mapping[bytes, bytes]
    ) -> Change | None:
        """Of a thread in a plain Redis; `blocks` are those that the field names. None for what is well as it is."""
        kind, _, rest = name.partition(b"\x1f")
        if kind == b"c":
            return self._checkpoint(thread_id, name, stored)
        if kind == b"v":
            _, namespace, channel = rest.decode().split("\x1f", 2)
            place = Place(VALUE, thread_id, namespace, channel)
            names = names_in(stored)
            if not blocks.keys() >= set(names):
                return None  # nobody can read it, and so nobody can seal it
            given = self._joined([_parted(blocks[each]) for each in names]) if names else _parted(stored)
            return _changed(name, stored, _whole(self._typed(place, given)))
        if kind == b"w":
            namespace, _ = placed(name.decode())

            def value_of(channel: str, value: bytes) -> bytes:
                return _whole(self._typed(Place(WRITE, thread_id, namespace, channel), _parted(value)))

            return _changed(name, stored, rewritten_writes(stored, value_of))
        return None

    def _checkpoint(self, thread_id: str, name: bytes, stored: bytes) -> Change | None:
        """A short value that stood in it in clear goes beside it, where the saver looks for a sealed one."""
        namespace, _ = placed(name.decode())
        record = Record(stored)
        metadata, checkpoint = map(_parted, record.parts)
        told = self._metadata(Place(METADATA, thread_id, namespace), self._plain(metadata))
        if told is not None:
            metadata = PACKED, _packed(told)
        body = self._plain(checkpoint)
        values, also = dict(body["channel_values"]), {}
        beside = [*record.head.values]
        for channel, value in body["channel_values"].items():
            values[channel] = self._value(Place(VALUE, thread_id, namespace, channel), value)
            version = body["channel_versions"].get(channel)
            if values[channel] is not value and not is_sealed(value) and version is not None:
                new = _whole((BYTES, values.pop(channel)))
                also[value_field(str(version), namespace, channel).encode()] = new
                beside += (channel, str(version))
        if values != body["channel_values"]:
            checkpoint = PACKED, _packed({**body, "channel_values": values})
        head = record.head._replace(values=beside)
        return _changed(name, stored, record_of(head, _whole(metadata), _whole(checkpoint)), also)

    def document(self, thread_id: str, namespace: str, values: Any, metadata: str) -> tuple[Any, str] | None:
        """Of a checkpoint in a Redis with modules, channel_values and metadata; None for what is well as it is."""
        namespace = from_storage_safe_str(namespace)
        found = self._kept(values)
        new = {
            channel: self._value(Place(VALUE, thread_id, namespace, channel), value, theirs=found is values)
            for channel, value in found.items()
        }
        told = self._metadata(Place(METADATA, thread_id, namespace), self._kept(json.loads(metadata)))
        if told is None and found is not values and new == found:
            return None
        return _keeping(new), metadata if told is None else json.dumps(_keeping(told))

    def write(
        self, thread_id: str, namespace: str, channel: str, kind: str, blob: str
    ) -> tuple[str, str] | None:
        """Of a write in a Redis with modules, its type and its base64; None for what is well as it is."""
        place = Place(WRITE, thread_id, from_storage_safe_str(namespace), channel)
        given = kind, base64.b64decode(blob)
        new = self._typed(place, given)
        return None if new == given else (new[0], base64.b64encode(new[1]).decode())

    def _typed(self, place: Place, stored: Typed) -> Typed:
        """A value as a saver keeps it, in an envelope under the newest key; itself where it is in one."""
        kind, data = stored
        serde = self._state.serde.for_place(place)
        envelope = _envelope(kind, data)
        if envelope is None:
            clear = serde.clear(stored)
            if clear[0] == "json":
                clear = self._unkeyed.dumps_typed(self._named(self._theirs.loads_typed(clear)))
            return BYTES, serde.sealed(clear)
        if key_id_of(envelope) == self._newest:
            return stored
        return BYTES, serde.sealed(serde.clear((TYPE, envelope)))

    def _named(self, value: Any) -> Any:
        """With a user's own types, which are not made here, as msgpack names them."""
        if isinstance(value, list):
            return [self._named(each) for each in value]
        if not isinstance(value, dict):
            return value
        found = {name: self._named(each) for name, each in value.items()}
        if found.keys() != {"lc", "type", "id", "kwargs"} or found["type"] != "constructor":
            return found
        *module, name = found["id"]
        _, held = self._unkeyed.dumps_typed((".".join(module), name, found["kwargs"]))
        return ormsgpack.Ext(EXT_CONSTRUCTOR_KW_ARGS, held)

    def _value(self, place: Place, value: Any, *, theirs: bool = False) -> Any:
        """A value that stands in a checkpoint; `theirs` are those of LangGraph's own saver, in JSON."""
        if value is None or isinstance(value, bool):
            return value
        if is_sealed(value):
            envelope = envelope_in(value)
            new = self._typed(place, (BYTES, envelope))[1]
            return value if new == envelope else new
        if isinstance(value, _Snapshot):
            return self._snapshot(place, value)
        given = ("json", json.dumps(value).encode()) if theirs else (PACKED, _packed(value))
        return self._typed(place, given)[1]

    def _snapshot(self, place: Place, snapshot: _Snapshot) -> _Snapshot:
        """What is sealed is the whole of one."""
        held = _raw((PACKED, snapshot.data))
        given = (BYTES, held) if is_envelope(held) else (PACKED, _packed(snapshot))
        new = self._typed(place, given)[1]
        return snapshot if new == held else _Snapshot(_packed(new))

    def _metadata(self, place: Place, stored: Mapping[str, Any]) -> dict[str, Any] | None:
        """None where it is under the newest key."""
        if SEALED not in stored:
            self._state.opened_metadata(place, stored)  # raises where nothing may be in clear
            return self._state.metadata(place, stored)
        envelope = envelope_in(stored[SEALED])
        if key_id_of(envelope) == self._newest:
            return None
        told = _raw(self._state.serde.for_place(place).clear((TYPE, envelope)))
        return self._state.metadata(place, told)

    def _plain(self, stored: Typed) -> Any:
        return _raw(self._unkeyed.clear(stored))

    def _joined(self, blocks: Sequence[Typed]) -> Typed:
        """A list from its blocks."""
        return PACKED, _packed([item for block in blocks for item in self._plain(block)])

    def _kept(self, found: Any) -> Any:
        """What our saver for modules keeps where LangGraph's own has JSON; itself where it is that."""
        if not is_made(found):
            return found or {}
        kind, data = found["sealed"]
        return self._plain((kind, base64.b64decode(data)))


def _keeping(value: Any) -> dict[str, Any]:
    return {"sealed": [PACKED, base64.b64encode(_packed(value)).decode()]}


def _envelope(kind: str, data: bytes) -> bytes | None:
    """The envelope that a saver was given as bytes, or as a text in place of a short value."""
    if kind == BYTES and is_envelope(data):
        return data
    if kind == PACKED and TEXT.encode() in data[: _LONGEST_TEXT_HEADER + len(TEXT)]:
        text = _raw((kind, data))
        return envelope_in(text) if is_sealed(text) else None
    return None


def _raw(typed: Typed) -> Any:
    kind, data = typed
    if kind == "json":
        return json.loads(data)
    return ormsgpack.unpackb(data, ext_hook=_extension, option=_OPTION)


def _packed(value: Any) -> bytes:
    return ormsgpack.packb(value, _extended, _OPTION)


def _extension(tag: int, data: bytes) -> Any:
    return _Snapshot(data) if tag == EXT_DELTA_SNAPSHOT else ormsgpack.Ext(tag, data)


def _extended(value: Any) -> ormsgpack.Ext:
    if isinstance(value, _Snapshot):
        return ormsgpack.Ext(EXT_DELTA_SNAPSHOT, value.data)
    raise TypeError(f"{type(value).__name__} comes from no message pack")


def _parted(stored: bytes) -> Typed:
    kind, _, data = stored.partition(b"\n")
    return kind.decode(), data


def _whole(typed: Typed) -> bytes:
    return typed[0].encode() + b"\n" + typed[1]


def _changed(name: bytes, old: bytes, new: bytes, also: Mapping[bytes, bytes] | None = None) -> Change | None:
    return None if new == old else Change(name, old, new, also or {})

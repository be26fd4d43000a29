"""A long list in LangGraph's table of values, in parts, so that a version of it costs what is new in it; no connection.

The value's row names its parts by their hashes; each part is a row beside it, once a thread and namespace however many
versions name it. LangGraph's own saver reads neither, as it reads nothing compressed: so only what is to be compressed
is cut.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import ormsgpack
from langgraph.checkpoint.serde.base import SerializerProtocol

from memory.short_term.blocks import DIGEST, cut, digest
from memory.short_term.sealed.envelope import Typed, UnreadableStateError
from memory.short_term.sealed.state_serde import StateSerde

PARTS: Final = "mnemograph-parts"
"""The type of a value that stands in parts."""
CHANNEL: Final = "__mnemograph_part__"
"""Where a channel's name stands with a part, whose version is the part's hash."""
SHORT: Final = 24
"""Items up to which a list is kept whole: it is quicker so, and compressed it takes little more."""
_LENGTH: Final = struct.Struct(">I")

Row = tuple[str, str, str, bytes]
"""Channel, version, type and blob."""

READ: Final = "mnemograph_parts_1"
# A function is planned for itself, once a session: what reads a checkpoint keeps the plan that it has without parts.
READ_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {READ}(thread text, ns text, named bytea) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
DECLARE
    found bytea := int4send(octet_length(named) / {DIGEST});
    part record;
BEGIN
    FOR part IN SELECT p.type, p.blob FROM generate_series(1, octet_length(named), {DIGEST}) AS at
        CROSS JOIN LATERAL (
            SELECT b.type, b.blob FROM checkpoint_blobs b
            WHERE b.thread_id = thread AND b.checkpoint_ns = ns AND b.channel = '{CHANNEL}'
              AND b.version = encode(substring(named FROM at FOR {DIGEST}), 'hex')
            LIMIT 1
        ) p ORDER BY at
    LOOP
        found := found || int4send(octet_length(part.type)) || convert_to(part.type, 'UTF8')
            || int4send(octet_length(part.blob)) || part.blob;
    END LOOP;
    RETURN found;
END $$
"""  # noqa: S608 - our own words
WHOLE: Final = (
    f"""CASE b.type WHEN '{PARTS}' THEN {READ}(b.thread_id, b.checkpoint_ns, b.blob) ELSE b.blob END"""
)
"""Of a row b of checkpoint_blobs its blob; of one in parts how many there are, and then the type and the blob of each
that is there, with their lengths before them."""

SWEEP: Final = "mnemograph_sweep_parts_1"

# Under the lock that putting checkpoints takes: a part that is found there by a put is named before it is looked for.
SWEEP_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {SWEEP}(swept text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('mnemograph:thread:' || swept, 0));
    DELETE FROM checkpoint_blobs part
    WHERE part.thread_id = swept AND part.channel = '{CHANNEL}' AND (part.checkpoint_ns, part.version) NOT IN (
        SELECT b.checkpoint_ns, encode(substring(b.blob FROM at FOR {DIGEST}), 'hex')
        FROM checkpoint_blobs b CROSS JOIN LATERAL generate_series(1, octet_length(b.blob), {DIGEST}) AS at
        WHERE b.thread_id = swept AND b.type = '{PARTS}'
    );
END $$
"""  # noqa: S608 - our own words
FUNCTIONS: Final = (READ_FUNCTION, SWEEP_FUNCTION)
SWEEP_THREADS: Final = (
    f"SELECT {SWEEP}(thread) FROM unnest((SELECT %(threads)s::text[])) AS thread ORDER BY thread"  # noqa: S608
)
WITH_PARTS: Final = f"SELECT DISTINCT thread_id FROM checkpoint_blobs WHERE channel = '{CHANNEL}'"  # noqa: S608


def rows_of(serde: SerializerProtocol, channel: str, version: str, value: Any) -> Iterator[Row]:
    """A value's row, and its parts' if it is better kept in parts."""
    cuts = isinstance(serde, StateSerde) and serde.compresses
    blocks = cut(value) if cuts and isinstance(value, list) and len(value) > SHORT else None
    if blocks is None:
        yield (channel, version, *serde.dumps_typed(value))
        return
    typed = [serde.dumps_typed(block) for block in blocks]
    digests = [digest(kind.encode() + b"\n" + blob) for kind, blob in typed]
    for name, part in zip(digests, typed, strict=True):
        yield (CHANNEL, name.hex(), *part)
    yield channel, version, PARTS, b"".join(digests)


def joined(serde: SerializerProtocol, whole: bytes) -> list[Any]:
    """The list, from what `WHOLE` gives. Raises UnreadableStateError where a part is missing."""
    return [item for part in _parts(whole) for item in serde.loads_typed(part)]


def clear_joined(serde: StateSerde, whole: bytes) -> Typed:
    """The list in LangGraph's own bytes, of which nothing is made an object. Raises UnreadableStateError."""
    packed = [serde.clear(part)[1] for part in _parts(whole)]
    raw = [
        item for part in packed for item in ormsgpack.unpackb(part, ext_hook=ormsgpack.Ext, option=_OPTION)
    ]
    return "msgpack", ormsgpack.packb(raw, option=_OPTION)


_OPTION: Final = ormsgpack.OPT_NON_STR_KEYS


def _parts(whole: bytes) -> Sequence[Typed]:
    fields = [*_fields(whole[_LENGTH.size :])]
    if len(fields) != 2 * _LENGTH.unpack_from(whole)[0]:
        raise UnreadableStateError(
            "A part of a long value of a conversation is missing from the database: restore the thread from a backup."
        )
    return [(kind.decode(), blob) for kind, blob in zip(fields[::2], fields[1::2], strict=True)]


def _fields(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + length
        yield data[at - length : at]

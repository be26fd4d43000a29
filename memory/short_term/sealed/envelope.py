"""What a stored value of the state looks like: a header, then its bytes, compressed, sealed, or both. No I/O.

    c1 "mg" | version 1 | length of the key's id | the key's id | codec | body

The body is the serializer's name for its kind with a length before it, then its bytes; compressed if the codec says
so, and then, where a key is named, a nonce and what AES-256-GCM made of it, bound to the header and to a place.
No msgpack begins with c1, and no JSON.
"""

import json
import os
import threading
from typing import Final, NamedTuple

import zstandard
from cryptography.exceptions import InvalidTag

from config.errors import UserError
from memory.short_term.sealed.envelope_words import WORDS
from memory.short_term.sealed.state_keys import NONCE_BYTES, StateKeys

MAGIC: Final = b"\xc1mg\x01"
MOST_BYTES: Final = 64 * 1024 * 1024
"""What is larger is stored uncompressed, so whatever claims to become larger is not of our making."""
PLAIN, ZSTD, ZSTD_WITH_WORDS = 0, 1, 2
LEVEL: Final = 1
SHORT: Final = 16_384
"""Longer values have their own repetitions, and are read by earlier versions, too."""

Typed = tuple[str, bytes]
"""A serializer's name for a kind of bytes, and the bytes."""


class UnreadableStateError(UserError):
    """A stored value that is not what was written there, or that no key opens."""


class Place(NamedTuple):
    """Where a value stands, by which a sealed one is bound; all empty where a saver cannot say."""

    what: str = ""
    thread_id: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def told(self) -> str:
        """For a sentence, with a space before it."""
        return f" (thread {self.thread_id!r}, {self.what} {self.name!r})" if self.thread_id else ""

    def bound(self, header: bytes) -> bytes:
        """What is authenticated beside the value."""
        return header + json.dumps(["mnemograph state", *self]).encode()


def _packer(words: zstandard.ZstdCompressionDict | None) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(LEVEL, dict_data=words, write_checksum=True, write_content_size=True)


class _Codecs(threading.local):
    """zstd's contexts are one thread's, and making one costs as much as using it."""

    def __init__(self) -> None:
        words = zstandard.ZstdCompressionDict(WORDS, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        self.packers = {ZSTD: _packer(None), ZSTD_WITH_WORDS: _packer(words)}
        self.unpackers = {
            ZSTD: zstandard.ZstdDecompressor(),
            ZSTD_WITH_WORDS: zstandard.ZstdDecompressor(dict_data=words),
        }


_codecs = _Codecs()


def header_of(key_id: str) -> bytes:
    """How every envelope under this key begins; "" is none."""
    coded = key_id.encode()
    return MAGIC + bytes([len(coded)]) + coded


def key_id_of(data: bytes) -> str:
    """The key that an envelope names, "" for none. Raises UnreadableStateError."""
    return _parted(data)[0]


def wrap(typed: Typed, place: Place, keys: StateKeys | None, compress_from: int) -> bytes:
    """An envelope. `compress_from`: from how many bytes on it is compressed where that helps; 0 is never."""
    kind, data = typed
    body = bytes([len(kind)]) + kind.encode() + data
    codec = PLAIN
    if compress_from and compress_from <= len(data) and len(body) <= MOST_BYTES:
        way = ZSTD if len(data) > SHORT else ZSTD_WITH_WORDS
        packed: bytes = _codecs.packers[way].compress(body)
        if len(packed) < len(body):
            codec, body = way, packed
    header = header_of(keys.newest if keys else "") + bytes([codec])
    if keys is None:
        return header + body
    nonce = os.urandom(NONCE_BYTES)
    cipher = keys.cipher(keys.newest, place.thread_id)
    return header + nonce + cipher.encrypt(nonce, body, place.bound(header))


def unwrap(data: bytes, place: Place, keys: StateKeys | None) -> Typed:
    """The inverse. Raises UnreadableStateError."""
    key_id, codec, header, body = _parted(data)
    if key_id:
        body = _opened(key_id, header, body, place, keys)
    if codec in _codecs.unpackers:
        body = _unpacked(body, codec)
    elif codec != PLAIN:
        raise _unknown()
    length = body[0] if body else 0
    if not length or len(body) <= length:
        raise _altered(place)
    return body[1 : 1 + length].decode("ascii", "replace"), body[1 + length :]


def _parted(data: bytes) -> tuple[str, int, bytes, bytes]:
    """The key's id, the codec, the header and what comes after it."""
    if not data.startswith(MAGIC[:3]):
        raise _altered(Place())
    if not data.startswith(MAGIC):
        raise _unknown()
    at = len(MAGIC) + 1
    length = data[at - 1] if len(data) >= at else 0
    if len(data) <= at + length:
        raise _altered(Place())
    key_id = data[at : at + length].decode(errors="replace")
    return key_id, data[at + length], data[: at + length + 1], data[at + length + 1 :]


def _opened(key_id: str, header: bytes, body: bytes, place: Place, keys: StateKeys | None) -> bytes:
    if keys is None:
        raise no_key(key_id)
    if key_id not in keys.ids:
        raise UnreadableStateError(
            f"This conversation is sealed under the key {key_id!r}, which is not among those given "
            f"({', '.join(keys.ids)}): give it as well."
        )
    try:
        return keys.cipher(key_id, place.thread_id).decrypt(
            body[:NONCE_BYTES], body[NONCE_BYTES:], place.bound(header)
        )
    except (InvalidTag, ValueError):
        raise _altered(place) from None


def _unpacked(body: bytes, codec: int) -> bytes:
    try:
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= MOST_BYTES:
            raise UnreadableStateError(
                f"A stored value of a conversation would unpack to more than {MOST_BYTES >> 20} MiB, which "
                "Mnemograph never writes: it was altered, so it is not read."
            )
        found: bytes = _codecs.unpackers[codec].decompress(body, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError):
        raise _altered(Place()) from None
    return found


def no_key(key_id: str) -> UnreadableStateError:
    """For a reader without keys."""
    return UnreadableStateError(
        f"This conversation is sealed under the key {key_id!r}: set MNEMOGRAPH_ENCRYPTION_KEYS to it."
    )


def _altered(place: Place) -> UnreadableStateError:
    return UnreadableStateError(
        f"A stored value of a conversation{place.told} was altered, cut short, moved from another place, or sealed "
        "with another key of the same name: it is not what was written, so it is not read. Give the key that was used, "
        "or restore the thread."
    )


def _unknown() -> UnreadableStateError:
    return UnreadableStateError(
        "A stored value of a conversation has a form that this version does not know: update Mnemograph."
    )

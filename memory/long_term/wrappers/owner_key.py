"""What one owner's key does: it seals values, and gives tokens to what must still be compared. No I/O."""

import base64
import binascii
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from typing import Any, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.key_lists import KEY_BYTES
from memory.long_term.language.lexemes import DIMS
from memory.long_term.wrappers.canonical import canonical
from memory.long_term.wrappers.master_keys import NONCE_BYTES
from memory.long_term.wrappers.sealed_error import SealedError

FORMAT: Final = "1"
SEALED_NAME: Final = "sealed:"
NAME_BLOCK: Final = 32
MAX_NAMES: Final = 1_000

Tokens = Mapping[str, str | None]
Place = tuple[str, str]
"""Path and key of an item."""


class OwnerKey:
    """Keys of 256 bits and more for each purpose, derived from one secret of 32 bytes.

    The tokens of equal things are equal, for one owner: that is what makes them of use, and what they reveal.
    """

    def __init__(self, owner: str, key_id: str, secret: bytes) -> None:
        self.owner = owner
        self.id = key_id
        self._values = AESGCM(_derived(secret, "values", 32))
        self._names = AESSIV(_derived(secret, "names", 64))
        self._fields, self._words, self._threads = (
            _derived(secret, purpose, 64) for purpose in ("fields", "words", "threads")
        )
        self._opened: dict[str, str] = {}

    @classmethod
    def fresh(cls, owner: str) -> tuple[Self, bytes]:
        """A key that nobody has, and its secret."""
        secret = secrets.token_bytes(KEY_BYTES)
        return cls(owner, secrets.token_hex(8), secret), secret

    def seal(self, place: Place, tokens: Tokens, text: str) -> str:
        """Text that only this key opens, and only at this place beside these tokens."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._values.encrypt(nonce, text.encode(), self._bound_to(place, tokens))
        return f"{FORMAT}.{self.id}.{base64.b64encode(sealed).decode()}"

    def open(self, place: Place, tokens: Tokens, sealed: str) -> str:
        """The inverse. Raises SealedError."""
        try:
            raw = base64.b64decode(sealed.split(".")[2], validate=True)
            text = self._values.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._bound_to(place, tokens))
        except (InvalidTag, binascii.Error, ValueError, IndexError):
            raise SealedError(
                f"The memory {place[1]!r} was altered, or moved here from another place: it is not what its owner "
                "wrote, so it is not read."
            ) from None
        return text.decode()

    def field(self, name: str) -> str:
        """The token of a field's name."""
        return _token(self._fields, name, 9)

    def value(self, name: str, value: Any) -> str | None:
        """The token of what a field holds; null is its own, as a missing field is as good as null."""
        return None if value is None else _token(self._fields, f"{json.dumps(name)}={canonical(value)}", 12)

    def dimension(self, lexeme: str) -> int:
        return int.from_bytes(_digest(self._words, lexeme, 8)) % DIMS

    def thread(self, number: int) -> int:
        """Names a thread by 63 bits."""
        return int.from_bytes(_digest(self._threads, str(number), 8)) >> 1

    def name(self, name: str) -> str:
        """A person's name, sealed: always alike, so that it can be compared. The length shows in steps of 32 bytes."""
        raw = name.encode()
        padded = raw + b"\x00" * (-len(raw) % NAME_BLOCK)
        return SEALED_NAME + base64.b64encode(self._names.encrypt(padded, [self.owner.encode()])).decode()

    def opened_name(self, sealed: str) -> str:
        """The inverse; a name that was stored in clear is given as it is. Raises SealedError."""
        if not sealed.startswith(SEALED_NAME):
            return sealed
        if sealed not in self._opened:
            try:
                raw = base64.b64decode(sealed.removeprefix(SEALED_NAME), validate=True)
                padded = self._names.decrypt(raw, [self.owner.encode()])
            except (InvalidTag, ValueError):
                raise SealedError(
                    "The name of a speaker was altered, or sealed with another key: the search is refused."
                ) from None
            if len(self._opened) >= MAX_NAMES:
                self._opened.clear()
            self._opened[sealed] = padded.rstrip(b"\x00").decode()
        return self._opened[sealed]

    def _bound_to(self, place: Place, tokens: Tokens) -> bytes:
        return json.dumps(["mnemograph value", FORMAT, self.owner, *place, sorted(tokens.items())]).encode()


def key_id_of(sealed: str) -> str:
    """The id of the key that sealed it. Raises SealedError on what this version cannot read."""
    parts = sealed.split(".")
    if len(parts) != 3 or parts[0] != FORMAT:
        raise SealedError("A memory was sealed in a way that this version does not know: update Mnemograph.")
    return parts[1]


def _derived(secret: bytes, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"mnemograph 1 {purpose}".encode()).derive(secret)


def _digest(key: bytes, text: str, size: int) -> bytes:
    # BLAKE2b with a key is a MAC by itself, and quicker than HMAC around SHA-256.
    return hashlib.blake2b(text.encode(), key=key, digest_size=size).digest()


def _token(key: bytes, text: str, size: int) -> str:
    return base64.b64encode(_digest(key, text, size)).decode()

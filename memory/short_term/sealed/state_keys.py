"""The keys that seal conversations, from the same master keys as the long-term memory's; the last one seals. No I/O."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.errors import UserError
from config.key_lists import KEY_BYTES
from memory.long_term.wrappers.canonical import canonical

NONCE_BYTES: Final = 12
LONGEST_ID: Final = 255


class StateKeys:
    """Ciphers and tokens by the ids of their master keys; all read, the newest writes.

    Each thread has ciphers of its own: AES-GCM with random nonces bears some 2^32 values under one key.
    """

    def __init__(self, masters: Mapping[str, bytes]) -> None:
        """Raises UserError on no key, one of another length, or an id that no envelope can name."""
        if not masters:
            raise UserError("Sealing conversations needs a key: give one as id:base64 of 32 random bytes.")
        for key_id, key in masters.items():
            if len(key) != KEY_BYTES or not 0 < len(key_id.encode()) <= LONGEST_ID:
                raise UserError(
                    f"The key {key_id!r} cannot seal conversations: it needs {KEY_BYTES} random bytes and an id of 1 "
                    f"to {LONGEST_ID} bytes."
                )
        self.ids = list(masters)
        self.newest = self.ids[-1]
        self._values = {key_id: _derived(key, "values") for key_id, key in masters.items()}
        self._tokens = {key_id: _derived(key, "tokens") for key_id, key in masters.items()}

    @classmethod
    def given(cls, masters: Mapping[str, bytes]) -> Self | None:
        """None without a key: conversations are in clear."""
        return cls(masters) if masters else None

    def cipher(self, key_id: str, thread_id: str) -> AESGCM:
        """Raises LookupError for a key that was not given."""
        return AESGCM(_mac(self._values[key_id], thread_id, 32))

    def name(self, key_id: str, name: str) -> str:
        """What stands for a field's name, so that it can be asked for."""
        return _text(_mac(self._tokens[key_id], name, 9))

    def content(self, key_id: str, name: str, value: Any) -> str:
        """What stands for a field's content; that of equal contents is equal. Raises TypeError on what is not JSON."""
        return _text(_mac(self._tokens[key_id], f"{name}\x00{canonical(value)}", 12))


def _derived(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 64, salt=None, info=f"mnemograph 1 state {purpose}".encode()).derive(master)


def _mac(key: bytes, text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), key=key, digest_size=size).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

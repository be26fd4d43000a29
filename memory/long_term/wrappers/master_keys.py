"""The keys that wrap every owner's key: kept outside the database, several while they are being changed."""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.errors import UserError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class MasterKeys:
    """256-bit keys by their ids. The last one given wraps; each of them unwraps what it wrapped."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise UserError("Encryption needs a master key: give one as id:base64 of 32 random bytes.")
        for name, key in keys.items():
            if len(key) != KEY_BYTES:
                raise UserError(
                    f"The master key {name!r} has {len(key)} bytes; it needs {KEY_BYTES} random ones."
                )
        self.ids = list(keys)
        self.newest = self.ids[-1]
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read "id:base64,id:base64", the newest last. Raises UserError, which shows no key."""
        keys: dict[str, bytes] = {}
        for number, part in enumerate(text.split(","), start=1):
            name, _, coded = part.strip().partition(":")
            if not name or not coded or name in keys:
                raise UserError(f"Master key number {number} cannot be read: write id:base64, each id once.")
            try:
                keys[name] = base64.b64decode(coded, validate=True)
            except (binascii.Error, ValueError):
                raise UserError(
                    f"The master key {name!r} is not base64: make one with `openssl rand -base64 32`."
                ) from None
        return cls(keys)

    def wrap(self, owner: str, key_id: str, secret: bytes) -> bytes:
        """An owner's key, sealed with the newest."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[self.newest].encrypt(
            nonce, secret, _bound_to(self.newest, owner, key_id)
        )

    def unwrap(self, master: str, owner: str, key_id: str, wrapped: bytes) -> bytes:
        """The inverse. Raises UserError when the master key is another one, or not given."""
        cipher = self._ciphers.get(master)
        if cipher is None:
            raise UserError(
                f"These memories are sealed under the master key {master!r}, which is not among those given "
                f"({', '.join(self.ids)}): give it as well."
            )
        try:
            return cipher.decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound_to(master, owner, key_id)
            )
        except InvalidTag:
            raise UserError(
                f"The master key given as {master!r} is not the one that these memories were sealed under, or their "
                "key was altered: give the key that was used."
            ) from None


def _bound_to(master: str, owner: str, key_id: str) -> bytes:
    return json.dumps(["mnemograph owner key", 1, master, owner, key_id]).encode()

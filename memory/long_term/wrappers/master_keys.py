"""The keys that wrap every owner's key: kept outside the database, several while they are being changed."""

import json
import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.errors import UserError
from config.key_lists import KEY_BYTES

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

"""Settings that list keys, read. No sentence here repeats a key."""

import base64
import binascii
from typing import Final

KEY_BYTES: Final = 32
"""Of a key of AES-256."""


def keys_by_user(name: str, text: str) -> dict[str, str]:
    """Key -> user, from "user:key,user:key". Raises ValueError, which names the setting."""
    keys: dict[str, str] = {}
    for number, pair in enumerate(parts(text), start=1):
        user, _, key = (part.strip() for part in pair.rpartition(":"))
        if not user or len(key) < 16:
            raise ValueError(f"{name}: pair {number} is not user:key with a key of 16 or more characters.")
        if not key.isascii():
            raise ValueError(f"{name}: pair {number} has a key beyond ASCII, which no header carries safely.")
        if key in keys:
            raise ValueError(f"{name}: pair {number} has the key of an earlier pair.")
        keys[key] = user
    return keys


def master_keys(name: str, text: str) -> dict[str, bytes]:
    """Id -> key, from "id:base64,id:base64", in that order. Raises ValueError, which names the setting."""
    keys: dict[str, bytes] = {}
    for number, pair in enumerate(parts(text), start=1):
        key_id, _, coded = (part.strip() for part in pair.partition(":"))
        # A key without its id would be shown as one.
        if not key_id or not coded:
            raise ValueError(f"{name}: key {number} is not id:base64 of {KEY_BYTES} random bytes.")
        if key_id in keys:
            raise ValueError(
                f"{name}: key {number} has the id of an earlier one; give each key an id of its own."
            )
        key = _decoded(coded)
        if key is None:
            raise ValueError(
                f"{name}: key {number} is not id:base64; make one with `openssl rand -base64 {KEY_BYTES}`."
            )
        if len(key) != KEY_BYTES:
            raise ValueError(
                f"{name}: key {number} has {len(key)} bytes, and needs {KEY_BYTES}; make one with "
                f"`openssl rand -base64 {KEY_BYTES}`."
            )
        keys[key_id] = key
    return keys


def parts(text: str) -> tuple[str, ...]:
    """What stands between commas, without what is blank."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _decoded(coded: str) -> bytes | None:
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        return None

"""The only place where a namespace is built or taken apart.

A memory lives under ("users", <user>, <kind>), and what an agent keeps for itself of a user in that agent's room,
("users", <user>, "agents", <agent>, <kind>). The first two labels are the owner. A user id may be anything
that a sign-in system hands out, so it is spelled with [A-Za-z0-9-] and =XX alone: no separator of any store,
no wildcard of any query, and two ids that differ anywhere (case, dots, Unicode form) stay two.
"""

import string
from collections.abc import Sequence

from config.errors import UserError

Namespace = tuple[str, ...]

ROOT = "users"
ROOMS = "agents"
MAX_USER_CHARS = 200
_PLAIN = frozenset((string.ascii_letters + string.digits + "-").encode())


def owner_namespace(user_id: str) -> Namespace:
    """Everything that belongs to one user. Raises UserError on an id that cannot name anyone."""
    return (ROOT, encode_label(user_id))


def memory_namespace(user_id: str, kind: str) -> Namespace:
    """One kind of one user's memories."""
    return (*owner_namespace(user_id), kind)


def room_namespace(user_id: str, agent: str) -> Namespace:
    """What an agent keeps for itself of a user, all kinds of it."""
    return (*owner_namespace(user_id), ROOMS, encode_label(agent))


def is_in_a_room(namespace: Sequence[str]) -> bool:
    """Whether it is an agent's own memory, rather than the user's."""
    return tuple(namespace[2:3]) == (ROOMS,)


def owner_of(namespace: Namespace) -> str:
    """The user id that a namespace belongs to. Raises ValueError when it is nobody's."""
    if len(namespace) < 2 or namespace[0] != ROOT:
        raise ValueError(f"{namespace!r} belongs to no user")
    return decode_label(namespace[1])


def encode_label(text: str) -> str:
    """Spell any text with [A-Za-z0-9=-]: every other byte of its UTF-8 becomes =XX."""
    if not text or not text.strip():
        raise UserError("A user id is empty; give the id of the person whose memories these are.")
    if len(text) > MAX_USER_CHARS:
        raise UserError(f"A user id has {len(text):,} characters; at most {MAX_USER_CHARS} are allowed.")
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        raise UserError("A user id holds half of a character (a lone surrogate); use valid text.") from None
    if b"\x00" in raw:
        raise UserError("A user id holds a NUL byte; use valid text.")
    return "".join(chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in raw)


def decode_label(label: str) -> str:
    """The inverse of `encode_label`."""
    head, *rest = label.split("=")
    raw = head.encode() + b"".join(bytes.fromhex(part[:2]) + part[2:].encode() for part in rest)
    return raw.decode("utf-8")

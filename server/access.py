"""Who may do what on the server: decisions over plain data, for server/auth.py to apply."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from memory.namespaces import owner_namespace
from memory.short_term.threads import OWNER

NAMES_A_USER = (OWNER, "user_id")
SERVERS_OWN = "langgraph_auth_"

NO_KEY = "This server asks for a key: send it as 'Authorization: Bearer <key>' or as 'x-api-key: <key>'."
WRONG_KEY = "The key is not valid on this server: check it, or ask whoever runs the server for one."
NOT_FOR_YOU = "{0} may not set {1!r}: whose it is, your key says."
NOT_YOURS = "This namespace is not yours: yours begins with {0!r}, {1!r}."


def presented_key(headers: Mapping[bytes, bytes]) -> str:
    """The key that a request carries, or "" when it carries none."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").strip().partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return bearer or headers.get(b"x-api-key", b"").decode("latin-1").strip()


def user_of_key(presented: str, keys: Mapping[str, str]) -> str | None:
    """The user whose key this is; the time taken tells nothing about any key."""
    given = hashlib.sha256(presented.encode()).digest()
    found: str | None = None
    for key, user in keys.items():
        if hmac.compare_digest(given, hashlib.sha256(key.encode()).digest()):
            found = user
    return found


def owned(identity: str, value: dict[str, Any]) -> dict[str, str]:
    """Mark what is written as this user's, whatever the request says; returns the filter for what is read.

    The server goes on with its own reference to the metadata, so the mark is made in place.
    """
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        metadata[OWNER] = identity
    else:
        value["metadata"] = {OWNER: identity}
    return {OWNER: identity}


def claim(identity: str, **parts: Any) -> str | None:
    """One sentence when a part of a request says that it is another's; to name oneself is no claim.

    Whatever stands in these parts can end up in the metadata of a checkpoint.
    """
    for part, given in parts.items():
        for name, value in given.items() if isinstance(given, Mapping) else []:
            if name.startswith(SERVERS_OWN) or (name in NAMES_A_USER and value not in (None, "", identity)):
                return NOT_FOR_YOU.format(f"The request's {part.replace('_', '.')}", name)
    return None


def own_namespace(identity: str, action: str, namespace: Any) -> tuple[str, ...] | None:
    """The namespace to use in a store request; None when it lies outside of the user's own.

    Looking around above one's own namespace is narrowed to one's own; anything else must lie in it.
    """
    own = owner_namespace(identity)
    asked = tuple(str(label) for label in namespace or ())
    if asked[: len(own)] == own:
        return asked
    if action in ("search", "list_namespaces") and asked == own[: len(asked)]:
        return own
    return None

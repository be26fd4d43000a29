"""A checkpoint's values, writes and metadata as a saver may see them when conversations are sealed. No I/O."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from langgraph.checkpoint.serde.types import TASKS, _DeltaSnapshot

from memory.short_term.sealed.envelope import Place, UnreadableStateError
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import TYPE, StateSerde, in_clear, is_envelope

VALUE: Final = "value"
WRITE: Final = "write"
METADATA: Final = "metadata"

TEXT: Final = "mnemograph1:"
"""How an envelope begins that stands where a saver keeps short values as they are."""
SEALED: Final = "~sealed"
KEY_ID: Final = "~key"
MARK: Final = "~"

# What savers and the pruning ask for, and no word of a conversation.
READABLE: Final = frozenset(
    {
        "source",
        "step",
        "parents",
        "run_id",
        "thread_id",
        "counters_since_delta_snapshot",
        "delta_writes_versioned",
    }
)
"""Of the metadata; it stands there for queries, and what is believed is its sealed copy."""


class SealedState:
    """Seals and opens; what it opens is at the place where it was sealed, or is refused: UnreadableStateError."""

    def __init__(self, serde: StateSerde, keys: StateKeys) -> None:
        self.serde = serde
        self.keys = keys

    def value(self, place: Place, value: Any) -> Any:
        """What a channel holds. null, true and false stay: savers have meanings of their own for them."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, _DeltaSnapshot):
            return _DeltaSnapshot(self._envelope(place, value))
        # Savers keep short values in the checkpoint itself, and those of other types apart.
        if isinstance(value, str | int | float):
            return _text(self._json_envelope(place, value))
        return self._envelope(place, value)

    def write(self, place: Place, value: Any) -> bytes:
        return self._envelope(place, value)

    def opened(self, place: Place, stored: Any) -> Any:
        """A channel's value, or a write."""
        if place.what == VALUE and (stored is None or isinstance(stored, bool)):
            return stored
        if isinstance(stored, _DeltaSnapshot) and is_envelope(stored.value):
            return self.opened(place, stored.value)
        if is_sealed(stored):
            return self.serde.for_place(place).loads_typed((TYPE, envelope_in(stored)))
        if place.name == TASKS and isinstance(stored, list) and stored and all(map(is_envelope, stored)):
            # A checkpoint from before version 4 is given its parent's writes as a value.
            return [self.opened(place._replace(what=WRITE), each) for each in stored]
        return self._clear(place, stored)

    def metadata(self, place: Place, told: Mapping[str, Any]) -> dict[str, Any]:
        """What may be read of it, tokens for what may be asked for, and all of it sealed."""
        newest = self.keys.newest
        return {
            **{name: value for name, value in told.items() if name in READABLE},
            **self._tokens(newest, ((name, told[name]) for name in told if name not in READABLE)),
            KEY_ID: newest,
            SEALED: _text(self._json_envelope(place, dict(told))),
        }

    def opened_metadata(self, place: Place, stored: Mapping[str, Any]) -> dict[str, Any]:
        if SEALED not in stored:
            return dict(self._clear(place, stored))
        sealed = self.serde.for_place(place).loads_typed((TYPE, envelope_in(stored[SEALED])))
        return dict(sealed)

    def asked(self, wanted: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """A filter over metadata as a saver can answer it, one for each key; and what remains to be compared."""
        plain = {name: value for name, value in wanted.items() if name in READABLE}
        tokens = {name: value for name, value in wanted.items() if name not in READABLE and _has_token(value)}
        rest = {name: value for name, value in wanted.items() if name not in plain and name not in tokens}
        if not tokens:
            return [plain], rest
        filters = [{**plain, **self._tokens(key_id, tokens.items())} for key_id in self.keys.ids]
        return [*filters, *([{**plain, **tokens}] if self.serde.read_clear else [])], rest

    def named(self, names: Sequence[str]) -> list[str]:
        """As what these names of metadata stand in it, sealed and in clear."""
        tokens = [MARK + self.keys.name(key_id, name) for name in names for key_id in self.keys.ids]
        return [*names, *tokens]

    def _tokens(self, key_id: str, fields: Iterable[tuple[str, Any]]) -> dict[str, str]:
        return {
            MARK + self.keys.name(key_id, name): self.keys.content(key_id, name, value)
            for name, value in fields
            if _has_token(value)
        }

    def _envelope(self, place: Place, value: Any) -> bytes:
        return self.serde.for_place(place).dumps_typed(value)[1]

    def _json_envelope(self, place: Place, value: Any) -> bytes:
        """Of what a saver would keep as JSON, which holds what msgpack does not: any integer, a lone surrogate."""
        try:
            return self._envelope(place, value)
        except TypeError:
            return self.serde.for_place(place).sealed(("json", json.dumps(value).encode()))

    def _clear(self, place: Place, stored: Any) -> Any:
        if not self.serde.read_clear:
            raise in_clear(place)
        return stored


def is_sealed(stored: Any) -> bool:
    return is_envelope(stored) or (isinstance(stored, str) and stored.startswith(TEXT))


def envelope_in(stored: str | bytes) -> bytes:
    """Raises UnreadableStateError."""
    if isinstance(stored, bytes):
        return stored
    try:
        return base64.b64decode(stored.removeprefix(TEXT), validate=True)
    except (binascii.Error, ValueError, AttributeError):
        raise UnreadableStateError(
            "A sealed value of a conversation was altered: it is not what was written, so it is not read."
        ) from None


def holds(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether metadata holds what is wanted, as Postgres' @> has it."""
    return all(name in told and _contains(told[name], value) for name, value in wanted.items())


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and holds(found, wanted)
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return isinstance(found, Sequence) and all(
            any(_contains(each, one) for each in found) for one in wanted
        )
    return bool(found == wanted)


def _has_token(value: Any) -> bool:
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")  # noqa: PLR0124 - NaN is no JSON
    return value is None or isinstance(value, str | int)


def _text(envelope: bytes) -> str:
    return TEXT + base64.b64encode(envelope).decode()

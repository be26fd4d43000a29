"""The state's serializer: LangGraph's own, strict, then compressed, then sealed; each of the two if it is wanted."""

import copy
from typing import Any, Final, Self

from langgraph.checkpoint.serde.types import _DeltaSnapshot

from memory.short_term.sealed.envelope import (
    MAGIC,
    Place,
    Typed,
    UnreadableStateError,
    key_id_of,
    no_key,
    unwrap,
    wrap,
)
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.strict import StrictSerializer

TYPE: Final = "mnemograph"
"""What a saver stores as the type of an envelope."""
BYTES: Final = "bytes"
"""What a saver stores as the type of bytes, and so of an envelope that it is given as a value."""
NOWHERE: Final = Place()


class StateSerde(StrictSerializer):
    """For the `serde=` of any saver. It imports no type that LangGraph does not vouch for or a graph's schema names.

    A saver that knows where a value stands asks for `for_place`: what was sealed for one place is refused in another.

    Args:
        keys: seal with the newest, open with any; None seals nothing.
        compress_from: from how many bytes on values are compressed; 0 is never.
        read_clear: with `keys`, read what is in clear, too, as long as a database is being sealed.
    """

    def __init__(
        self, keys: StateKeys | None = None, *, compress_from: int = 0, read_clear: bool = False
    ) -> None:
        super().__init__()
        self.keys = keys
        self.read_clear = keys is None or read_clear
        self._compress_from = compress_from
        self._place = NOWHERE

    @property
    def compresses(self) -> bool:
        """Whether it compresses and does not seal: the same value is the same bytes."""
        return bool(self._compress_from) and self.keys is None

    def for_place(self, place: Place) -> Self:
        """The same serializer for the values of one place."""
        bound = copy.copy(self)
        bound._place = place  # noqa: SLF001 - its own kind
        return bound

    def dumps_typed(self, obj: Any) -> Typed:
        typed = super().dumps_typed(obj)
        if self.keys is None and not 0 < self._compress_from <= len(typed[1]):
            return typed
        return TYPE, wrap(typed, self._place, self.keys, self._compress_from)

    def loads_typed(self, data: Typed) -> Any:
        """Raises UnreadableStateError on what is in clear though it should not be, altered, or under another key."""
        return super().loads_typed(self.clear(data))

    def sealed(self, clear: Typed) -> bytes:
        """The envelope under the newest key of LangGraph's own bytes."""
        return wrap(clear, self._place, self.keys, self._compress_from)

    def clear(self, data: Typed) -> Typed:
        """LangGraph's own bytes of a value. Raises UnreadableStateError."""
        kind, stored = data
        if kind == BYTES and self.keys is None and is_envelope(stored) and (key_id := key_id_of(stored)):
            raise no_key(key_id)
        if kind != TYPE:
            if not self.read_clear:
                raise in_clear(self._place)
            return data
        if not self.read_clear and not key_id_of(stored):
            raise in_clear(self._place)
        return unwrap(stored, self._place, self.keys)


class CarryingSerde(StateSerde):
    """For a saver that is given envelopes instead of values: they pass it as the bytes that they are."""

    def dumps_typed(self, obj: Any) -> Typed:
        if isinstance(obj, _DeltaSnapshot) and is_envelope(obj.value):
            # A saver marks snapshots by their type; what is sealed is the whole of one.
            return super().dumps_typed(obj.value)
        return super().dumps_typed(obj)

    def loads_typed(self, data: Typed) -> Any:
        return data[1] if data[0] == BYTES else super().loads_typed(data)


def is_envelope(stored: Any) -> bool:
    return isinstance(stored, bytes) and stored.startswith(MAGIC[:3])


def in_clear(place: Place) -> UnreadableStateError:
    return UnreadableStateError(
        f"A stored value of a conversation{place.told} is in clear, though conversations are sealed: restore the "
        "thread. One from before is sealed by `mnemograph encrypt`, and read with MNEMOGRAPH_READ_CLEAR_STATE=true."
    )

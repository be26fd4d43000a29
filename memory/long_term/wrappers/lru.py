"""Bytes under names, the least recently used given up first. Pure: the clock is the caller's."""

from collections import OrderedDict
from collections.abc import Iterable


class Lru:
    """At most `max_entries` entries and `max_bytes` bytes (names included), each till its own deadline."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        if max_entries < 1 or max_bytes < 1:
            raise ValueError("A cache needs room: give at least one entry and one byte.")
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.size = 0
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._swept = float("-inf")

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, name: str, now: float) -> tuple[bytes, float] | None:
        """The bytes and their deadline; None when they are not kept or their time is over."""
        entry = self._kept.get(name)
        if entry is None:
            return None
        if entry[1] <= now:
            self._drop(name)
            return None
        self._kept.move_to_end(name)
        return entry

    def put(self, name: str, data: bytes, deadline: float, now: float) -> None:
        """Too large for the whole room, or over already: not kept, nor what was there before."""
        self._drop(name)
        cost = _cost(name, data)
        if cost > self.max_bytes or deadline <= now:
            return
        self._kept[name] = (data, deadline)
        self.size += cost
        while self.size > self.max_bytes or len(self._kept) > self.max_entries:
            self._drop(next(iter(self._kept)))

    def sweep(self, now: float, every_s: float) -> None:
        """Let go of what is over, at most once in `every_s`: nobody asks again for what was replaced."""
        if now - self._swept >= every_s:
            self._swept = now
            for name in [name for name, (_, deadline) in self._kept.items() if deadline <= now]:
                self._drop(name)

    def names(self, beginning: str) -> list[str]:
        return [name for name in self._kept if name.startswith(beginning)]

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            self._drop(name)

    def clear(self) -> None:
        self._kept.clear()
        self.size = 0

    def _drop(self, name: str) -> None:
        entry = self._kept.pop(name, None)
        if entry is not None:
            self.size -= _cost(name, entry[0])


def _cost(name: str, data: bytes) -> int:
    return len(name) + len(data)

"""Where cached results are kept: this process, then a Redis that many share."""

import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from memory.long_term.wrappers.lru import Lru
from memory.long_term.wrappers.redis_client import AWAY, Client

log = logging.getLogger(__name__)

SCANNED = 1_000
"""Keys that Redis looks at in one step."""


class Kept(NamedTuple):
    data: bytes
    left_s: float
    """Seconds for which it may still be served."""


class Layer(Protocol):
    async def get(self, names: Sequence[str]) -> list[Kept | None]:
        """One answer a name. A layer that is away has nothing."""

    async def put(self, entries: Sequence[tuple[str, Kept]]) -> None:
        """Keep what there is room for. A layer that is away keeps nothing."""

    async def names(self, beginning: str) -> list[str]:
        """Those that are kept and begin so. Raises what the layer raises when it is away."""

    async def drop(self, names: Sequence[str]) -> None:
        """Raises what the layer raises when it is away."""


class ProcessLayer:
    """An LRU of this process, bounded by entries and bytes."""

    def __init__(self, *, max_entries: int = 10_000, max_bytes: int = 32 * 2**20) -> None:
        self.lru = Lru(max_entries=max_entries, max_bytes=max_bytes)
        self._longest_s = 1.0

    async def get(self, names: Sequence[str]) -> list[Kept | None]:
        now = time.monotonic()
        found = [self.lru.get(name, now) for name in names]
        return [entry and Kept(entry[0], entry[1] - now) for entry in found]

    async def put(self, entries: Sequence[tuple[str, Kept]]) -> None:
        now = time.monotonic()
        for name, kept in entries:
            self._longest_s = max(self._longest_s, kept.left_s)
            self.lru.put(name, kept.data, now + kept.left_s, now)
        self.lru.sweep(now, self._longest_s)

    async def names(self, beginning: str) -> list[str]:
        return self.lru.names(beginning)

    async def drop(self, names: Sequence[str]) -> None:
        self.lru.drop(names)


class RedisLayer:
    """Strings with a time to live in any Redis or Valkey; one that evicts is fine.

    Under an encrypter only sealed values come here: wrap the cache in it, not it in the cache.
    """

    def __init__(
        self, client: Client, *, prefix: str = "mnemograph:cache", max_entry_bytes: int = 2**18
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._max_entry_bytes = max_entry_bytes

    async def get(self, names: Sequence[str]) -> list[Kept | None]:
        def fill(pipe: Any) -> None:
            for name in names:
                pipe.get(self._key(name))
                pipe.pttl(self._key(name))

        try:
            answers = await self._client.transact(fill)
        except AWAY as error:
            log.warning("a read goes on without the shared cache: %s", type(error).__name__)
            return [None] * len(names)
        pairs = zip(answers[::2], answers[1::2], strict=True)
        return [Kept(data, left / 1000) if data is not None and left > 0 else None for data, left in pairs]

    async def put(self, entries: Sequence[tuple[str, Kept]]) -> None:
        fitting = [
            (self._key(name), kept.data, int(kept.left_s * 1000))
            for name, kept in entries
            if len(kept.data) <= self._max_entry_bytes and kept.left_s >= 0.001
        ]

        def fill(pipe: Any) -> None:
            for key, data, left_ms in fitting:
                pipe.set(key, data, px=left_ms)

        try:
            if fitting:
                await self._client.transact(fill)
        except AWAY as error:
            log.warning("a result is not kept in the shared cache: %s", type(error).__name__)

    async def names(self, beginning: str) -> list[str]:
        # What begins so is a digest: it holds no wildcard.
        pattern, found, cursor = f"{self._key(beginning)}*", set[bytes](), 0
        while True:

            def fill(pipe: Any, cursor: int = cursor) -> None:
                pipe.scan(cursor, match=pattern, count=SCANNED)

            [(cursor, keys)] = await self._client.transact(fill)
            found.update(keys)
            if not cursor:
                return [key.decode().removeprefix(self._key("")) for key in found]

    async def drop(self, names: Sequence[str]) -> None:
        def fill(pipe: Any) -> None:
            pipe.unlink(*(self._key(name) for name in names))

        if names:
            await self._client.transact(fill)

    def _key(self, name: str) -> str:
        return f"{self._prefix}:e:{name}"

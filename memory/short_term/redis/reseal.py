"""Conversations in Redis sealed anew under the newest key, beside what goes on: threads and documents.

What is done is known from the envelopes themselves: ended half-way, it goes on when called again. Each change is one
step on one key, which leaves alone what somebody has written since it was read, and every time to live.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from memory.short_term.blocks import names_in
from memory.short_term.redis.lanes import Sender, raise_first, sender
from memory.short_term.redis.names import SEPARATOR, Names
from memory.short_term.redis.resealed import Resealed
from memory.short_term.redis.threads import Threads
from memory.short_term.sealed.passes import Heard, Unread, in_passes, unheard
from memory.short_term.sealed.sealed_state import SealedState

PAGE: Final = 20
"""Fields or documents that are read at once; one may hold megabytes."""
SCANNED: Final = 500
TIMEOUT_S: Final = 60

_SEALED: Final = (b"c\x1f", b"v\x1f", b"w\x1f")
_VALUE: Final = b"v\x1f"
_BLOCK: Final = b"b\x1f"

# In a document's own key: of each path what stood there and what shall.
_REPLACE: Final = """
for i = 1, #ARGV, 3 do if redis.call('JSON.GET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then return 0 end end
for i = 1, #ARGV, 3 do redis.call('JSON.SET', KEYS[1], ARGV[i], ARGV[i + 2]) end
return 1
"""
_NOTHING: Final = (None, b"[]")


@dataclass(frozen=True)
class _Kind:
    """Keys of one kind; `seal` tells how many readable parts were not sealed, and how many are now."""

    pattern: str
    type: str
    page: int
    seal: Callable[[Sequence[bytes], Unread], Awaitable[tuple[int, int]]]


async def reseal(
    client: Any, state: SealedState, *, modules: bool, on_total: Heard = unheard, on_done: Heard = unheard
) -> int:
    """Seal under the newest key every part of a conversation that is not; returns how many.

    `on_total` hears how many keys there are, `on_done` how many more were looked at. At the end it raises
    UnreadPartsError for what is in clear unless the state reads such, and for what no key opens; UserError where
    somebody goes on writing otherwise.
    """
    resealed, lanes = Resealed(state), sender(client, timeout_s=TIMEOUT_S)
    kinds = [_Kind(Names().any_thread, "hash", 1, _PlainThreads(lanes, resealed).seal)]
    if modules:
        checkpoints = _Documents(
            lanes,
            ("$.thread_id", "$.checkpoint_ns", "$.checkpoint.channel_values", "$.metadata"),
            resealed.document,
        )
        writes = _Documents(
            lanes, ("$.thread_id", "$.checkpoint_ns", "$.channel", "$.type", "$.blob"), resealed.write
        )
        kinds += [
            _Kind("checkpoint:*", "ReJSON-RL", PAGE, checkpoints.seal),
            _Kind("checkpoint_write:*", "ReJSON-RL", PAGE, writes.seal),
        ]
    on_total(sum([len(page) for kind in kinds async for page in _pages(client, kind)]))
    told = on_done

    async def once(unread: Unread) -> tuple[int, int]:
        nonlocal told
        found = done = 0
        for kind in kinds:
            async for page in _pages(client, kind):
                more_found, more_done = await kind.seal(page, unread)
                found, done = found + more_found, done + more_done
                told(len(page))
        told = unheard  # what is looked at again was counted
        return found, done

    return await in_passes(once)


async def _pages(client: Any, kind: _Kind) -> AsyncIterator[list[bytes]]:
    """Keys; one that is there all the while comes at least once."""
    page: list[bytes] = []
    async for key in client.scan_iter(match=kind.pattern, count=SCANNED, _type=kind.type):
        page.append(key)
        if len(page) == kind.page:
            yield page
            page = []
    if page:
        yield page


class _PlainThreads:
    """Of a Redis or Valkey without modules, or a cluster of them."""

    def __init__(self, lanes: Sender, resealed: Resealed) -> None:
        self._threads = Threads(lanes, names=Names(), ttl_ms=0, refresh_on_read=False)
        self._resealed = resealed

    async def seal(self, keys: Sequence[bytes], unread: Unread) -> tuple[int, int]:
        found = done = 0
        for thread_id in map(self._threads.names.thread_id, keys):
            names = await self._threads.field_names(thread_id)
            sealed = [name for name in names if name.startswith(_SEALED)]
            for start in range(0, len(sealed), PAGE):
                more_found, more_done = await self._fields(thread_id, sealed[start : start + PAGE], unread)
                found, done = found + more_found, done + more_done
            if any(name.startswith(_BLOCK) for name in names):
                await self._threads.sweep(thread_id)
        return found, done

    async def _fields(self, thread_id: str, names: Sequence[bytes], unread: Unread) -> tuple[int, int]:
        stored = await self._threads.some(thread_id, names)
        named = [each for name, data in stored.items() if name.startswith(_VALUE) for each in names_in(data)]
        blocks = await self._threads.some(thread_id, named)
        changes = []
        for name, data in stored.items():
            with unread.left(f"{thread_id} {name.decode(errors='replace').replace(SEPARATOR, ' ')}"):
                if change := self._resealed.field(thread_id, name, data, blocks):
                    changes.append(change)
        return len(changes), await self._threads.reseal(thread_id, changes)


class _Documents:
    """Of a Redis with modules; the last two of the paths are what `resealed` makes anew of all of them."""

    def __init__(
        self, lanes: Sender, paths: Sequence[str], resealed: Callable[..., tuple[Any, Any] | None]
    ) -> None:
        self._lanes, self._paths, self._resealed = lanes, paths, resealed

    async def seal(self, keys: Sequence[bytes], unread: Unread) -> tuple[int, int]:
        answers = await self._lanes.send([("JSON.GET", key, path) for key in keys for path in self._paths])
        raise_first(answers)
        size = len(self._paths)
        commands = []
        for number, key in enumerate(keys):
            stored = answers[number * size : (number + 1) * size]
            if any(each in _NOTHING for each in stored):
                continue  # it went meanwhile, or is the mark of writes that came too late
            new = None
            with unread.left(key.decode(errors="replace")):
                new = self._resealed(*(json.loads(each)[0] for each in stored))
            if new is not None:
                triples = zip(self._paths[-2:], stored[-2:], map(json.dumps, new), strict=True)
                commands.append(("EVAL", _REPLACE, 1, key, *(part for each in triples for part in each)))
        done = await self._lanes.send(commands) if commands else []
        raise_first(done)
        return len(commands), sum(done)

"""A read cache around any store: no reader is served what a committed write has replaced."""

import asyncio
import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from langgraph.store.base import BaseStore, GetOp, Op, PutOp, Result, SearchOp

from memory.long_term.wrappers.codec import Codec, PlainItems
from memory.long_term.wrappers.layers import Kept, Layer
from memory.long_term.wrappers.scopes import (
    Owner,
    digest,
    fingerprint,
    is_write,
    owner_of,
    read_owner,
    written_place,
)
from memory.long_term.wrappers.versions import Versions
from memory.long_term.wrappers.wrapper import Wrapper


@dataclass
class Counts:
    """Reads since the store was made: from a layer, into the layers, and past them."""

    hits: int = 0
    misses: int = 0
    passed_by: int = 0


class CachedStore(Wrapper):
    """Gets and searches of one owner are kept in `layers`, the quickest first, for at most `max_age_s` seconds.

    Every process that writes to the store writes through a CachedStore over the same `versions`.
    Passed by: reads that may renew lifetimes (`refresh_ttl`, where the store has them; it is a bare operation's
    default, which our own store does not take for a wish), searches across owners, list_namespaces, batches with a
    write in them, and the owners whom a write through any of these caches gave an item with a lifetime. A lifetime
    given past the cache, or before `versions` was lost, is known only to a `codec` that reads it: otherwise its item
    is served at most `max_age_s` too long.
    """

    def __init__(
        self,
        inner: BaseStore,
        *,
        versions: Versions,
        layers: Sequence[Layer],
        max_age_s: float = 30.0,
        codec: Codec | None = None,
    ) -> None:
        if not getattr(inner, "durable", True):
            raise ValueError(
                "A cache around a batcher that acknowledges before it writes would keep what is about to be "
                "replaced; put the batcher around the cache."
            )
        if max_age_s <= 0:
            raise ValueError("max_age_s is the seconds for which a result may be kept; give more than 0.")
        super().__init__(inner)
        self.counts = Counts()
        self.keeps = True
        self._versions = versions
        self._layers = list(layers)
        self._max_age_s = max_age_s
        self._codec: Codec = codec or PlainItems()
        self._writing: set[asyncio.Task[list[Result]]] = set()

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        if any(is_write(op) for op in ops):
            return await self._write(ops)
        return await self._read(ops)

    def _around(self, view: BaseStore) -> BaseStore:
        """For a reader nothing is kept: a grant that ended would go on holding. Its writes are told of as any."""
        made = copy.copy(self)
        made.inner, made.keeps = view, False
        return made

    async def _write(self, ops: list[Op]) -> list[Result]:
        """A caller that gives up does not take back a write that may be on its way: it is seen to its end."""
        task = asyncio.create_task(self._write_through(ops))
        self._writing.add(task)
        task.add_done_callback(self._written)
        return await asyncio.shield(task)

    async def _write_through(self, ops: list[Op]) -> list[Result]:
        writes = [op for op in ops if is_write(op)]
        owners = {owner_of(written_place(op)[0]) for op in writes}
        mortal = {owner_of(op.namespace) for op in writes if isinstance(op, PutOp) and op.ttl is not None}
        async with self._versions.writing(owners, mortal=mortal, max_age_s=self._max_age_s):
            return await self.inner.abatch(ops)

    async def aclose(self) -> None:
        """Wait for the writes whose callers gave up."""
        if self._writing:
            await asyncio.wait(self._writing)

    async def kept_of(self, owner: Owner) -> int:
        """Results of this owner's reads that lie in the layers. Raises what a layer raises when it is away."""
        return sum([len(await layer.names(_beginning(owner))) for layer in self._layers])

    async def forget(self, owner: Owner) -> None:
        """Take them away, with what is known of the owner. Raises what a layer raises when it is away.

        What another process holds in itself goes within `max_age_s`; it is not served after a write as it is.
        """
        for layer in self._layers:
            await layer.drop(await layer.names(_beginning(owner)))
        await self._versions.forget(owner)

    def _written(self, task: asyncio.Task[list[Result]]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()

    async def _read(self, ops: list[Op]) -> list[Result]:
        if not self.keeps:
            return await self.inner.abatch(ops)
        # Before anything is asked: what is kept is as old as this.
        began = time.monotonic()
        names = await self._names(ops)
        found = await self._find([name for name in names if name is not None])
        missed = [place for place, name in enumerate(names) if name is None or name not in found]
        fresh = await self.inner.abatch([ops[place] for place in missed]) if missed else []
        read = dict(zip(missed, fresh, strict=True))
        self._count(names, missed)
        await self._keep(began, [(name, read[place]) for place in missed if (name := names[place])])
        # Two equal operations of a batch must not share what they are given.
        return [
            read[place] if place in read else self._codec.decode(found[name or ""].data)
            for place, name in enumerate(names)
        ]

    async def _names(self, ops: list[Op]) -> list[str | None]:
        """Under which each read's result is kept now; None for what the cache passes by."""
        wanted = [self._wanted(op) for op in ops]
        owners = list(dict.fromkeys(pair[0] for pair in wanted if pair))
        versions = dict(zip(owners, await self._versions.read(owners), strict=True)) if owners else {}
        return [
            f"{_beginning(pair[0])}{version}:{pair[1]}" if pair and (version := versions[pair[0]]) else None
            for pair in wanted
        ]

    def _wanted(self, op: Op) -> tuple[Owner, str] | None:
        renews = self.supports_ttl and isinstance(op, GetOp | SearchOp) and op.refresh_ttl
        owner = None if renews else read_owner(op)
        print_ = fingerprint(op) if owner else None
        return (owner, print_) if owner and print_ else None

    async def _find(self, names: list[str]) -> dict[str, Kept]:
        found: dict[str, Kept] = {}
        for depth, layer in enumerate(self._layers):
            asked = [name for name in dict.fromkeys(names) if name not in found]
            if not asked:
                break
            answers = zip(asked, await layer.get(asked), strict=True)
            new = [(name, kept) for name, kept in answers if kept is not None and self._readable(kept)]
            found.update(new)
            for quicker in self._layers[:depth] if new else ():
                await quicker.put(new)
        return found

    def _readable(self, kept: Kept) -> bool:
        try:
            self._codec.decode(kept.data)
        except ValueError:
            return False
        return True

    async def _keep(self, began: float, results: list[tuple[str, Result]]) -> None:
        entries = []
        for name, result in results:
            data = self._codec.encode(result)
            lives_s = self._codec.lives_s(result)
            age_s = time.monotonic() - began
            left_s = min(self._max_age_s, self._max_age_s if lives_s is None else lives_s) - age_s
            if data is not None and left_s > 0:
                entries.append((name, Kept(data, left_s)))
        for layer in self._layers if entries else ():
            await layer.put(entries)

    def _count(self, names: list[str | None], missed: list[int]) -> None:
        passed_by = sum(name is None for name in names)
        self.counts.passed_by += passed_by
        self.counts.misses += len(missed) - passed_by
        self.counts.hits += len(names) - len(missed)


def _beginning(owner: Owner) -> str:
    """Of the names under which an owner's results are kept."""
    return f"{digest(json.dumps(owner))[:24]}:"

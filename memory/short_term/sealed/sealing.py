"""A saver that never sees a word of the conversations that it stores; goes before the saver itself."""

import asyncio
import copy
import heapq
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    EXCLUDED_METADATA_KEYS,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from memory.short_term.copies import copy_through
from memory.short_term.off_loop import LONG_TEXT, large
from memory.short_term.scrub import scrubbed, scrubbed_metadata
from memory.short_term.sealed.envelope import Place
from memory.short_term.sealed.sealed_state import METADATA, VALUE, WRITE, SealedState, holds
from memory.short_term.thread_ids import checked_id
from memory.short_term.threads import ListsThreads, ThreadQuery, ThreadRow
from memory.short_term.whose import FindsThreads

_PLACE = ("thread_id", "checkpoint_ns", "checkpoint_id")

T = TypeVar("T")


class Sealing(BaseCheckpointSaver[Any]):
    """Values of channels, writes and metadata are sealed on the way in, and opened on the way out.

    Its asynchronous methods alone; the saver's synchronous ones must go by way of them. What is read is what was
    written at the same thread, namespace and channel, or UnreadableStateError is raised.
    """

    state: SealedState
    values_apart: ClassVar[bool] = False
    """Whether the saver stores a value only with the checkpoint where it is new."""

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> Self:
        """With the types that a graph's schema names."""
        clone = copy.copy(cast(Self, super().with_allowlist(extra_allowlist)))
        serde = cast(Any, self.state.serde.with_msgpack_allowlist(extra_allowlist))
        clone.state = SealedState(serde, self.state.keys)
        return clone

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        thread_id, namespace = _where(config)
        told = get_serializable_checkpoint_metadata(scrubbed(config), scrubbed_metadata(metadata))
        values = checkpoint["channel_values"]
        old = set(checkpoint["channel_versions"]) - set(new_versions) if self.values_apart else set()

        def sealed() -> tuple[dict[str, Any], dict[str, Any]]:
            return {
                name: b""
                if name in old and not isinstance(value, str | int | float | _DeltaSnapshot | None)
                else self.state.value(Place(VALUE, thread_id, namespace, name), value)
                for name, value in values.items()
            }, self.state.metadata(Place(METADATA, thread_id, namespace), told)

        channel_values, sealed_metadata = await _off_loop(sealed, heavy=large(values.values()))
        return await super().aput(
            _bare(config),
            {**checkpoint, "channel_values": channel_values},
            cast(CheckpointMetadata, sealed_metadata),
            new_versions,
        )

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        thread_id, namespace = _where(config)

        def sealed() -> list[tuple[str, Any]]:
            return [
                (name, self.state.write(Place(WRITE, thread_id, namespace, name), value))
                for name, value in writes
            ]

        rows = await _off_loop(sealed, heavy=large(value for _, value in writes))
        await super().aput_writes(_bare(config), rows, task_id, task_path)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = await super().aget_tuple(config)
        return await self._unsealed(found) if found else None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Newest first. Of the metadata a saver compares what is readable and what has a token; the rest is opened."""
        filters, rest = self.state.asked(filter or {})
        asked_limit = None if rest else limit
        below: BaseCheckpointSaver[Any] = super()  # type: ignore[assignment]  # mypy has no type for it
        listings = [below.alist(config, filter=each, before=before, limit=asked_limit) for each in filters]
        number = 0
        async for each in _newest_first(listings):
            if limit is not None and number >= limit:
                return
            found = await self._unsealed(each)
            if holds(found.metadata, rest):
                number += 1
                yield found

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Opened and sealed anew for the target, oldest first."""
        await copy_through(self, checked_id(source_thread_id), checked_id(target_thread_id))

    def _history_unsealed(
        self, config: RunnableConfig, found: Mapping[str, DeltaChannelHistory]
    ) -> dict[str, DeltaChannelHistory]:
        """What a saver with a quick way of its own to a channel's writes has found."""
        thread_id, namespace = _where(config)
        opened: dict[str, DeltaChannelHistory] = {}
        for name, each in found.items():
            value, write = (Place(what, thread_id, namespace, name) for what in (VALUE, WRITE))
            opened[name] = {
                "writes": [(task, ch, self.state.opened(write, one)) for task, ch, one in each["writes"]]
            }
            if "seed" in each:
                opened[name]["seed"] = self.state.opened(value, each["seed"])
        return opened

    async def _unsealed(self, found: CheckpointTuple) -> CheckpointTuple:
        parts = [
            *found.checkpoint["channel_values"].values(),
            *(write[2] for write in found.pending_writes or ()),
        ]
        heavy = sum(len(part) for part in parts if isinstance(part, str | bytes)) > LONG_TEXT
        return await _off_loop(lambda: self._unsealed_now(found), heavy=heavy)

    def _unsealed_now(self, found: CheckpointTuple) -> CheckpointTuple:
        thread_id, namespace = _where(found.config)
        values = {
            name: self.state.opened(Place(VALUE, thread_id, namespace, name), stored)
            for name, stored in found.checkpoint["channel_values"].items()
        }
        metadata = self.state.opened_metadata(
            Place(METADATA, thread_id, namespace), cast(Mapping[str, Any], found.metadata)
        )
        writes = [
            (task, name, self.state.opened(Place(WRITE, thread_id, namespace, name), stored))
            for task, name, stored in found.pending_writes or ()
        ]
        return found._replace(
            checkpoint={**found.checkpoint, "channel_values": values},
            metadata=cast(CheckpointMetadata, metadata),
            pending_writes=writes,
        )


class SealingThreads(Sealing):
    """For a saver that lists its threads."""

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]:
        """As the saver's own."""
        filters, rest = self.state.asked(query.run_metadata)
        assert not rest  # noqa: S101 - a query holds texts
        below = cast(ListsThreads, super())
        without = self.state.named(query.or_without)
        empty = [each for name in query.or_without for each in self.state.asked({name: ""})[0]]
        queries = [replace(query, run_metadata=each, or_without=without) for each in (*filters, *empty)]
        found = [row for each in queries for row in await below.athreads(each)]
        rows = {row.thread_id: row for row in found}
        newest = sorted(rows.values(), key=lambda row: row.checkpoint_id, reverse=True)[: query.limit]
        return [
            replace(
                row, run_metadata=self.state.opened_metadata(Place(METADATA, row.thread_id), row.run_metadata)
            )
            if row.run_metadata
            else row
            for row in newest
        ]


class SealingFinds(SealingThreads):
    """For a saver that finds threads by metadata."""

    async def athreads_with(self, metadata: Mapping[str, str]) -> list[str]:
        """As the saver's own."""
        filters, rest = self.state.asked(metadata)
        assert not rest  # noqa: S101 - it holds texts
        below = cast(FindsThreads, super())
        found = [thread_id for each in filters for thread_id in await below.athreads_with(each)]
        return list(dict.fromkeys(found))


async def _newest_first(listings: Sequence[AsyncIterator[CheckpointTuple]]) -> AsyncIterator[CheckpointTuple]:
    if len(listings) == 1:
        async for each in listings[0]:
            yield each
        return
    found = [[each async for each in listing] for listing in listings]
    for each in heapq.merge(*found, key=lambda one: one.checkpoint["id"], reverse=True):
        yield each


def _where(config: RunnableConfig) -> tuple[str, str]:
    """Thread and namespace."""
    return str(config["configurable"]["thread_id"]), str(config["configurable"].get("checkpoint_ns", ""))


def _bare(config: RunnableConfig) -> RunnableConfig:
    """Without what a saver would copy into the metadata, in clear."""
    bare: dict[str, Any] = dict(config)
    for part in ("configurable", "metadata"):
        if isinstance(bare.get(part), dict):
            bare[part] = {
                name: value
                for name, value in bare[part].items()
                if name in EXCLUDED_METADATA_KEYS or name.startswith("__")
            }
    return cast(RunnableConfig, bare)


async def _off_loop(work: Callable[[], T], *, heavy: bool) -> T:
    return await asyncio.to_thread(work) if heavy else work()

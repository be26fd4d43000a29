"""A checkpointer for a plain Redis or Valkey, without modules, alone or as a cluster."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_checkpoint_id,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from memory.short_term.kept import policy
from memory.short_term.loop_saver import LoopSaver
from memory.short_term.pruning import Held, to_prune
from memory.short_term.redis.copies import copied
from memory.short_term.redis.history import history
from memory.short_term.redis.lanes import sender
from memory.short_term.redis.names import PREFIX, Names, placed, score
from memory.short_term.redis.records import Record, place, tuple_of, write_checkpoint, write_writes
from memory.short_term.redis.threads import Threads
from memory.short_term.scrub import Scrubbing
from memory.short_term.strict import StrictSerializer
from memory.short_term.thinned import Link, ended_calls
from memory.short_term.thread_ids import CheckedIds
from memory.short_term.threads import ThreadQuery, ThreadRow, chosen

PAGE = 16
"""Whole checkpoints that are read at a time."""


class PlainRedis(LoopSaver):
    """Threads in a Redis (6.2 or newer) or Valkey, each as one key, so that none is ever there by half.

    A put is one step: the whole checkpoint is there, or nothing of it. One that goes on with a thread which was
    deleted within the last day, or of which a part is gone, raises an error and writes nothing. What cannot be
    told apart: the first checkpoint of a run in a new thread, and writes for one, which may still come after the
    thread was deleted. When Redis does not serve, everything raises RedisAwayError.

    Args:
        client: a redis.asyncio client of a server or a cluster, of protocol 2; it stays the caller's.
        serde: any serializer; the default reads no type that LangGraph does not vouch for.
        ttl_minutes: how long a thread lives after it was last touched; None is for ever.
        refresh_on_read: whether reading its newest state touches it.
        prefix: what all keys begin with.
        timeout_s: within how many seconds Redis must have answered.
    """

    def __init__(
        self,
        client: Any,
        *,
        serde: SerializerProtocol | None = None,
        ttl_minutes: float | None = None,
        refresh_on_read: bool = True,
        prefix: str = PREFIX,
        timeout_s: float = 10,
    ) -> None:
        super().__init__(serde=serde or StrictSerializer())
        self._threads = Threads(
            sender(client, timeout_s=timeout_s),
            names=Names(prefix),
            ttl_ms=int((ttl_minutes or 0) * 60_000),
            refresh_on_read=refresh_on_read,
        )

    def get_next_version(self, current: Any, channel: None) -> str:  # noqa: ARG002 - the signature is theirs
        """Counted from 1; the rest is random, so that two branches of a thread never share a value."""
        count = int(str(current).split(".", 1)[0]) if current is not None else 0
        return f"{count + 1:08}.{random.getrandbits(32):08x}"

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        thread_id, namespace = _where(config)
        wanted = get_checkpoint_id(config) or ""
        found = await self._threads.load(thread_id, namespace, wanted, refresh=True)
        return tuple_of(self.serde, thread_id, found[0]) if found else None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Newest first; without a config those of all threads."""
        wanted: dict[str, Any] = {
            "before": (get_checkpoint_id(before) if before else None) or "",
            "limit": -1 if filter or limit is None else limit,
            "whole": bool(filter),
        }
        if config:
            wanted["namespace"] = config["configurable"].get("checkpoint_ns")
            wanted["checkpoint_id"] = get_checkpoint_id(config) or ""
            threads = [str(config["configurable"]["thread_id"])]
        else:
            threads = [name async for page in self._threads.index.newest() for name, _ in page]
        places = [
            (thread_id, *placed(field))
            for thread_id in threads
            for field, record in await self._threads.heads(thread_id, **wanted)
            if self._matches(record, filter)
        ]
        if not config:
            places.sort(key=lambda each: each[2], reverse=True)
        async for each in self._read(places[:limit]):
            yield each

    def _matches(self, record: Record, wanted: Mapping[str, Any] | None) -> bool:
        if not wanted:
            return True
        metadata = record.metadata(self.serde)
        return all(metadata.get(name) == value for name, value in wanted.items())

    async def _read(self, places: Sequence[tuple[str, str, str]]) -> AsyncIterator[CheckpointTuple]:
        """Checkpoints by thread, namespace and id; what is gone meanwhile is left out."""
        for thread_id, of_thread in groupby(places, key=lambda each: each[0]):
            wanted = [part for each in of_thread for part in each[1:]]
            for start in range(0, len(wanted), 2 * PAGE):
                for found in await self._threads.load(thread_id, *wanted[start : start + 2 * PAGE]):
                    yield tuple_of(self.serde, thread_id, found)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Raises ThreadDeletedError and ThreadIncompleteError."""
        thread_id, namespace = _where(config)
        told = get_serializable_checkpoint_metadata(config, metadata)
        parent = get_checkpoint_id(config) or ""
        written = write_checkpoint(self.serde, (namespace, parent), checkpoint, told, new_versions)
        await self._threads.put(thread_id, namespace, checkpoint["id"], written)
        return place(thread_id, namespace, checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Raises ThreadDeletedError."""
        thread_id, namespace = _where(config)
        if writes:
            await self._threads.put_writes(
                thread_id,
                namespace,
                config["configurable"]["checkpoint_id"],
                write_writes(self.serde, writes, task_id, task_path),
                replace=all(channel in WRITES_IDX_MAP for channel, _ in writes),
            )

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        thread_id, namespace = _where(config)
        checkpoint_id = get_checkpoint_id(config) or ""
        return await history(self._threads, self.serde, (thread_id, namespace, checkpoint_id), channels)

    async def adelete_thread(self, thread_id: str) -> None:
        """At once and whole; for a day its id stays at the mark that it was deleted, and at its runs."""
        await self._threads.delete(str(thread_id))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Their checkpoints, with their writes. For a run of more than a day ago all threads are looked through."""
        for run_id in {str(run_id) for run_id in run_ids}:
            if threads := await self._threads.index.of_run(run_id):
                await self._take_back(run_id, threads)
            else:
                async for page in self._threads.index.newest():
                    await self._take_back(run_id, [thread_id for thread_id, _ in page])
            await self._threads.index.forget_run(run_id)

    async def _take_back(self, run_id: str, thread_ids: Sequence[str]) -> None:
        found = await self._threads.all_heads(thread_ids)
        for thread_id, heads in zip(thread_ids, found, strict=True):
            await self._remove(thread_id, [field for field, each in heads if each.head.run_id == run_id])

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """As of one moment; what the target holds already stays as it is."""
        target = str(target_thread_id)
        fields = copied(self.serde, await self._threads.fields(str(source_thread_id)), target)
        if fields.all:
            index = self._threads.index
            before = [*(index.noting(target, fields.newest) if fields.newest else ())]
            before += [note for run_id in fields.run_ids for note in index.noting_run(run_id, target)]
            await self._threads.take(target, fields.all, before)

    async def aprune(
        self,
        thread_ids: Sequence[str],
        *,
        strategy: str = "keep_latest",
        keep_last: int | None = None,
        older_than: datetime | None = None,
    ) -> None:
        """Take checkpoints away, of each namespace all but the newest; what a kept one is replayed from stays.

        Args:
            thread_ids: the threads.
            strategy: "keep_latest", or "delete" for the threads as wholes.
            keep_last: instead of the latest alone, the newest so many of each namespace.
            older_than: instead of the latest alone, those made at this moment or later; with `keep_last` those for
                which both are true.

        A subgraph's call goes with the root's checkpoint that it began from. Raises ValueError.
        """
        how = policy(strategy, keep_last, older_than)
        for thread_id in map(str, thread_ids):
            if how is None:
                await self._threads.delete(thread_id)
                continue
            heads = await self._threads.heads(thread_id, whole=older_than is not None)
            fields = {placed(field): field for field, _ in heads}
            found = {
                placed(field): self._kept(record, dated=older_than is not None) for field, record in heads
            }
            await self._remove(thread_id, [fields[at] for at in to_prune(found, how)])

    async def athin(self, thread_id: str, steps: Sequence[str], done: Sequence[str] = ()) -> None:
        """As PostgresSaver's."""
        thread_id, named = str(thread_id), set(steps)
        heads = await self._threads.heads(thread_id)
        if any(record.head.replayed for _, record in heads):
            raise NotImplementedError(f"The thread {thread_id!r} uses a DeltaChannel and keeps its steps.")
        places = [(*placed(field), field, record.head.root) for field, record in heads]
        newest = {namespace: root for namespace, _, _, root in reversed(places)}
        ended = ended_calls(newest.items(), named)
        await self._threads.forget_writes(thread_id, done)
        await self._remove(
            thread_id,
            [
                field
                for namespace, checkpoint_id, field, _ in places
                if namespace in ended or (not namespace and checkpoint_id in named)
            ],
        )

    async def alinks(self, thread_ids: Sequence[str]) -> list[Link]:
        """As PostgresSaver's."""
        found = await self._threads.all_heads(thread_ids) if thread_ids else []
        return [
            Link(thread_id, checkpoint_id, record.head.parent, record.head.source)
            for thread_id, heads in zip(thread_ids, found, strict=True)
            for (namespace, checkpoint_id), record in ((placed(field), record) for field, record in heads)
            if not namespace
        ]

    async def _remove(self, thread_id: str, fields: Sequence[str]) -> None:
        if await self._threads.remove(thread_id, fields):
            (head,) = await self._threads.newest([thread_id])
            if head:
                await self._threads.index.lower(thread_id, score(head[0]))

    def _kept(self, record: Record, *, dated: bool) -> Held:
        head = record.head
        made = datetime.fromisoformat(record.checkpoint(self.serde)["ts"]) if dated else None
        return Held(head.parent, head.root, frozenset(head.values[::2]), frozenset(head.replayed), made)

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]:
        """The wanted threads, newest first. Two records of each are read until enough are found."""
        rows: list[ThreadRow] = []
        async for page in self._threads.index.newest(query.before):
            heads = await self._threads.newest([thread_id for thread_id, _ in page])
            told = [
                each
                for (thread_id, _), head in zip(page, heads, strict=True)
                if head
                for each in self._told(thread_id, *head, query)
            ]
            rows = sorted([*rows, *chosen(told, query)], key=lambda row: row.checkpoint_id, reverse=True)
            gone = {name: at for (name, at), head in zip(page, heads, strict=True) if not head}
            await self._threads.index.forget_settled(gone)
            # Those to come are older than all of this page.
            if len(rows) >= query.limit and score(rows[query.limit - 1].checkpoint_id) >= page[-1][1]:
                break
        return rows[: query.limit]

    async def aheld(self, thread_ids: Sequence[str]) -> dict[str, int]:
        """Checkpoints of these threads, their keys, and their places in the list of threads."""
        heads = await self._threads.all_heads(thread_ids) if thread_ids else []
        return {"checkpoints": sum(map(len, heads)), **await self._threads.held(thread_ids)}

    def _told(
        self, thread_id: str, checkpoint_id: str, newest: Record, of_a_run: Record | None, query: ThreadQuery
    ) -> list[CheckpointTuple]:
        """The newest checkpoint and the newest of a run, without values; none when the run's is not wanted."""
        said: Mapping[str, Any] = of_a_run.metadata(self.serde) if of_a_run else {}
        if not query.takes(said):
            return []
        records = [newest] if of_a_run is None else [newest, of_a_run]
        return [
            CheckpointTuple(
                place(thread_id, "", checkpoint_id),
                record.checkpoint(self.serde),
                record.metadata(self.serde),
            )
            for record in records
        ]


def _where(config: RunnableConfig) -> tuple[str, str]:
    """Thread and namespace."""
    return str(config["configurable"]["thread_id"]), str(config["configurable"].get("checkpoint_ns", ""))


class PlainRedisSaver(CheckedIds, Scrubbing, PlainRedis):
    """PlainRedis, as the product uses it."""

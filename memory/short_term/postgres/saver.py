"""LangGraph's Postgres checkpointer on its own tables, without its global lock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from memory.postgres.pool import Pool
from memory.postgres.retry import once_more
from memory.postgres.setup_lock import setup_lock
from memory.short_term.conflict import ThreadConflict, made_by_now
from memory.short_term.early import written
from memory.short_term.kept import Kept, policy
from memory.short_term.off_loop import LONG_TEXT, large
from memory.short_term.postgres.graves import DELETE_THREAD, EXHUME
from memory.short_term.postgres.graves import FUNCTIONS as GRAVES
from memory.short_term.postgres.parts import FUNCTIONS as PARTS_FUNCTIONS
from memory.short_term.postgres.parts import PARTS, SWEEP_THREADS, joined
from memory.short_term.postgres.pooled import TIMEOUT_S, PooledSaver
from memory.short_term.postgres.prune import (
    prune,
    refuse_delta,
    take_back,
    thin,
)
from memory.short_term.postgres.rows import (
    BY_ID,
    NEWEST,
    NEWEST_OF_MANY,
    PUT_CHECKPOINTS,
    PUT_WRITES,
    SELECT,
    Put,
    Write,
    heavy,
    put_of,
    puts_parameters,
    writes_of,
    writes_parameters,
)
from memory.short_term.postgres.sql import (
    COPY_THREAD,
    HELD,
    LINKS,
    OF_RUNS,
    THREADS,
    THREADS_WITH,
    threads_parameters,
)
from memory.short_term.postgres.tables import (
    BROKEN_INDEXES,
    HAS_MIGRATIONS,
    INDEX_STATEMENTS,
    INDEXES,
    IS_SET_UP,
    PUT_FUNCTION,
)
from memory.short_term.scrub import Scrubbing
from memory.short_term.strict import StrictSerializer
from memory.short_term.thinned import Link
from memory.short_term.thread_ids import CheckedIds
from memory.short_term.threads import ThreadQuery, ThreadRow
from memory.short_term.together import Together

PAGE = 50
"""Checkpoints read at once when a history is listed."""
_IN_PARTS = PARTS.encode()


class LocklessSaver(PooledSaver):
    """AsyncPostgresSaver where an operation is one statement on a connection of its own.

    Every operation may be done twice, so one whose connection broke is done once more. A run that no longer goes on
    from its thread's newest checkpoint is refused with ThreadConflict. An operation that takes longer than
    `timeout_s` raises UserError.
    """

    SELECT_SQL = SELECT

    def __init__(
        self, pool: Pool, *, serde: SerializerProtocol | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        super().__init__(pool, serde=serde or StrictSerializer(), timeout_s=timeout_s)
        self._newest = Together(self._read_newest)
        self._put = Together(self._put_all)
        self._write = Together(partial(self._write_all, again=False))
        self._overwrite = Together(partial(self._write_all, again=True))

    async def setup(self) -> None:
        """LangGraph's own migrations and what we add; one process at a time. A set-up database is only read."""
        if await self._is_set_up():
            return
        async with setup_lock(self.pool, "checkpointer"):
            # Without a deadline: an index of a large table takes its time.
            async with self._cursor() as cursor:
                broken = await (await cursor.execute(BROKEN_INDEXES, {"indexes": list(INDEXES)})).fetchall()
                for row in broken:
                    await cursor.execute(f"DROP INDEX CONCURRENTLY {row['name']}")
            await super().setup()
            async with self._cursor() as cursor:
                for statement in (*INDEX_STATEMENTS, *GRAVES, PUT_FUNCTION, *PARTS_FUNCTIONS):
                    await cursor.execute(statement)

    async def _is_set_up(self) -> bool:
        if not (await self._rows(HAS_MIGRATIONS))[0]["found"]:
            return False
        return bool((await self._rows(IS_SET_UP, {"indexes": list(INDEXES)}))[0]["done"])

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        given = config["configurable"]
        place = (str(given["thread_id"]), given.get("checkpoint_ns", ""))
        if checkpoint_id := get_checkpoint_id(config):
            rows = await self._rows(BY_ID, (*place, checkpoint_id))
            row = rows[0] if rows else None
        else:
            row = await self._newest(place)
        return await self._load_checkpoint_tuple(row) if row else None

    async def _read_newest(self, places: Sequence[tuple[str, str]]) -> list[DictRow | None]:
        if len(places) == 1:
            return [*(await self._rows(NEWEST, places[0]))] or [None]
        threads, namespaces = zip(*places, strict=True)
        rows = await self._rows(NEWEST_OF_MANY, {"threads": list(threads), "namespaces": list(namespaces)})
        found = {row["place"]: row for row in rows}
        return [found.get(place) for place in range(1, len(places) + 1)]

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Newest first, a page at a time; between pages no connection is held."""
        where, values = self._search_where(config, filter, before)
        after = "(checkpoint_id, thread_id, checkpoint_ns) < (%s, %s, %s)"
        order = " ORDER BY checkpoint_id DESC, thread_id DESC, checkpoint_ns DESC LIMIT %s"
        left = limit
        page = [*values]
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            rows = await self._rows(SELECT + where + order, (*page, size))
            for row in rows:
                yield await self._load_checkpoint_tuple(row)
            if len(rows) < size:
                return
            if len(page) == len(values):
                where = f"{where} AND {after}" if where else f"WHERE {after}"
            last = rows[-1]
            page = [*values, last["checkpoint_id"], last["thread_id"], last["checkpoint_ns"]]
            left = None if left is None else left - size

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Raises ThreadConflict when the thread went on without the run that this belongs to."""
        given = (self.serde, config, checkpoint, metadata, new_versions)
        if large(checkpoint["channel_values"].values()):
            put = await asyncio.to_thread(put_of, *given)
        else:
            put = put_of(*given)
        alone = sum(len(blob) for *_, blob in put.values) > LONG_TEXT
        kept = (await self._put_all([put]))[0] if alone else await self._put(put)
        if not kept:
            raise ThreadConflict
        place = {"thread_id": put.thread, "checkpoint_ns": put.ns, "checkpoint_id": put.checkpoint_id}
        return {"configurable": place}

    async def _put_all(self, puts: Sequence[Put]) -> list[bool]:
        """Whether each was stored. Always in the order of the threads: batches wait for each other's locks."""
        order = sorted(range(len(puts)), key=lambda place: puts[place].thread)
        rows = await self._rows(PUT_CHECKPOINTS, puts_parameters([puts[place] for place in order]))
        kept = dict(zip(order, rows[0]["kept"], strict=True))
        return [kept[place] for place in range(len(puts))]

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Raises ThreadConflict when the thread was deleted meanwhile."""
        if not writes:
            return
        given = (self.serde, config, writes, task_id, task_path)
        if large(value for _, value in writes):
            rows = await asyncio.to_thread(writes_of, *given)
        else:
            rows = writes_of(*given)
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        alone = sum(len(row.blob) for row in rows) > LONG_TEXT

        async def write() -> bool | None:
            if alone:
                return (await self._write_all([rows], again=special))[0]
            return await (self._overwrite if special else self._write)(rows)

        if not await written(write):
            raise ThreadConflict

    async def _write_all(self, asked: Sequence[list[Write]], *, again: bool) -> list[bool | None]:
        """Whether each was stored; None where the thread was deleted and has no checkpoint."""
        rows = sorted((row for each in asked for row in each), key=attrgetter("key"))
        (found,) = await self._rows(PUT_WRITES, writes_parameters(rows, again=again))
        told = {**dict.fromkeys(found["early"], None), **dict.fromkeys(found["refused"], False)}
        return [told.get(each[0].thread, True) for each in asked]

    async def adelete_thread(self, thread_id: str) -> None:
        """At once and whole; for a day, what a run still writes to it is refused, its first checkpoint as well."""
        await self._rows(DELETE_THREAD, {"thread": str(thread_id), "now": made_by_now()})

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Every checkpoint of these runs, with its writes and the values that no other checkpoint shows."""
        named = [str(run_id) for run_id in run_ids]
        threads = [row["thread_id"] for row in await self._rows(OF_RUNS, {"runs": named})]
        await once_more(lambda: self._transaction(take_back(named)))
        await self._sweep(threads)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """What the target holds already stays as it is."""
        named = {"source": str(source_thread_id), "target": str(target_thread_id)}
        await self._rows(EXHUME, named)
        await self._rows(COPY_THREAD, named)

    async def aprune(
        self,
        thread_ids: Sequence[str],
        *,
        strategy: str = "keep_latest",
        keep_last: int | None = None,
        older_than: datetime | None = None,
    ) -> None:
        """Take checkpoints away, a thread a transaction; a thread's newest one, and all that it shows, stays.

        Args:
            thread_ids: the threads.
            strategy: "keep_latest", or "delete" for the threads as wholes.
            keep_last: instead of the latest alone, the newest so many of each namespace.
            older_than: instead of the latest alone, those made at this moment or later; with `keep_last` those for
                which both are true.

        Raises NotImplementedError for threads with a DeltaChannel, before anything is taken away.
        """
        if isinstance(thread_ids, str):
            raise TypeError("thread_ids must be a sequence of thread IDs, not a str")
        named = [str(thread_id) for thread_id in thread_ids]
        kept = policy(strategy, keep_last, older_than)
        if kept is None:
            for thread_id in named:
                await self.adelete_thread(thread_id)
            return
        await once_more(lambda: self._transaction(refuse_delta(named)))
        for thread_id in named:
            await once_more(partial(self._prune_one, thread_id, kept))

    async def _prune_one(self, thread_id: str, kept: Kept) -> None:
        await self._transaction(prune(thread_id, kept))
        await self._sweep([thread_id])

    async def _sweep(self, thread_ids: Sequence[str]) -> None:
        """Parts of values that went. For itself: what is named must be looked up after the lock is taken."""
        if thread_ids:
            await self._rows(SWEEP_THREADS, {"threads": [*thread_ids]})

    async def athin(self, thread_id: str, steps: Sequence[str], done: Sequence[str] = ()) -> None:
        """Take checkpoints from within the root graph's history, and of those `done` what their tasks wrote.

        A checkpoint goes with its writes and the calls of subgraphs that began from it; what went on from it goes on
        from the nearest before it that stays. Raises NotImplementedError where one that stays is told by it.
        """
        await once_more(lambda: self._transaction(thin(str(thread_id), steps, done)))
        await self._sweep([str(thread_id)])

    async def alinks(self, thread_ids: Sequence[str]) -> list[Link]:
        """The root graph's checkpoints of these threads, without their values."""
        return [Link(**row) for row in await self._rows(LINKS, {"threads": [*thread_ids]})]

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]:
        """The wanted threads, newest first: a step of the index a thread, however many checkpoints each has."""
        rows = await self._rows(THREADS, threads_parameters(query))
        return [ThreadRow(**row) for row in rows]

    async def athreads_with(self, metadata: Mapping[str, str]) -> list[str]:
        """The threads that have a checkpoint whose metadata holds this; it looks at every checkpoint."""
        rows = await self._rows(THREADS_WITH, {"metadata": Jsonb(dict(metadata))})
        return [row["thread_id"] for row in rows]

    async def aheld(self, thread_ids: Sequence[str]) -> dict[str, int]:
        """Rows of these threads by table."""
        return dict((await self._rows(HELD, {"threads": list(thread_ids)}))[0])

    def prune(
        self,
        thread_ids: Sequence[str],
        *,
        strategy: str = "keep_latest",
        keep_last: int | None = None,
        older_than: datetime | None = None,
    ) -> None:
        self._from_a_thread(
            lambda: self.aprune(thread_ids, strategy=strategy, keep_last=keep_last, older_than=older_than)
        )

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        self._from_a_thread(lambda: self.acopy_thread(source_thread_id, target_thread_id))

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        self._from_a_thread(lambda: self.adelete_for_runs(run_ids))

    def _from_a_thread(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """As the stock saver's synchronous methods: the loop's own thread would wait for itself."""
        with suppress(RuntimeError):
            if asyncio.get_running_loop() is self.loop:
                raise asyncio.InvalidStateError(
                    "Use the asynchronous method of this name from the event loop."
                )
        asyncio.run_coroutine_threadsafe(work(), self.loop).result()

    async def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        if heavy(value):
            return await asyncio.to_thread(self._whole, value)
        return self._whole(value)

    def _load_blobs(self, blob_values: list[tuple[bytes, bytes, bytes]]) -> dict[str, Any]:
        return {
            name.decode(): joined(self.serde, value)
            if kind == _IN_PARTS
            else self.serde.loads_typed((kind.decode(), value))
            for name, kind, value in blob_values
            if kind != b"empty"
        }

    def _whole(self, row: DictRow) -> CheckpointTuple:
        checkpoint = row["checkpoint"]
        values = row["channel_values"] or []
        self._migrate_pending_sends(row["pending_sends"] or [], checkpoint, values)
        place = {"thread_id": row["thread_id"], "checkpoint_ns": row["checkpoint_ns"]}
        parent = row["parent_checkpoint_id"]
        inline = checkpoint.get("channel_values") or {}
        return CheckpointTuple(
            {"configurable": {**place, "checkpoint_id": row["checkpoint_id"]}},
            cast(Checkpoint, {**checkpoint, "channel_values": {**inline, **self._load_blobs(values)}}),
            row["metadata"],
            {"configurable": {**place, "checkpoint_id": parent}} if parent else None,
            self._load_writes(row["pending_writes"]),
        )


class PostgresSaver(CheckedIds, Scrubbing, LocklessSaver):
    """The product's: with ids checked and the callers' secrets kept out."""

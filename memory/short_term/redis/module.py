"""What LangGraph's Redis checkpointer lacks: runs' metadata, whole listings, taking a run back, copying a thread."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.redis.util import (
    from_storage_safe_id,
    from_storage_safe_str,
    to_storage_safe_id,
    to_storage_safe_str,
)
from redisvl.exceptions import RedisSearchError
from redisvl.query import FilterQuery
from redisvl.query.filter import FilterExpression, Tag

from memory.short_term.copies import copy_through
from memory.short_term.kept import policy
from memory.short_term.pruning import Held, to_prune
from memory.short_term.redis.away import spoken
from memory.short_term.redis.module_writes import MOST, named, tags_of
from memory.short_term.redis.sealed import Sealed
from memory.short_term.scrub import Scrubbing
from memory.short_term.thinned import ended_calls, relinked
from memory.short_term.thread_ids import CheckedIds

_INDEXES = 2
"""Checkpoints and their writes."""

SEVERAL = 100
"""The newest may just have expired."""

INDEXED = ("source", "step", "thread_id", "run_id")
"""The metadata that Redis itself can filter by."""

Place = tuple[str, str, str]
"""Thread id, namespace, checkpoint id, as Redis keeps them."""


class RedisRuns(Sealed):
    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Without a checkpoint id the newest that is there, though Redis lost a newer one or what points to it."""
        found = await super().aget_tuple(config)
        if found is not None and "id" not in found.checkpoint:
            found = None  # writes that came after their checkpoint was gone
        if found is not None or get_checkpoint_id(config):
            return found
        thread_id = str(config["configurable"]["thread_id"])
        namespace = str(config["configurable"].get("checkpoint_ns", ""))
        if await self._point_to_newest(to_storage_safe_id(thread_id), to_storage_safe_str(namespace)):
            return await super().aget_tuple(config)
        return None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Newest first.

        The stock one takes the empty namespace for any, ignores `before`, filters by few keys, and shows the thread
        "ana" the checkpoints of "Ana", since RediSearch's tags know no case.
        """
        wanted = filter or {}
        newest = get_checkpoint_id(before) if before else None
        indexed = {name: value for name, value in wanted.items() if name in INDEXED}
        theirs = config and _as_indexed(config)

        def is_wanted(each: CheckpointTuple) -> bool:
            return (
                (config is None or _is_of(each, config))
                and (newest is None or each.checkpoint["id"] < newest)
                and all(each.metadata.get(name) == value for name, value in wanted.items())
            )

        shown: set[tuple[str, ...]] = set()
        # Mostly the first attempt finds them: few threads differ in case alone.
        attempts = [limit] if limit is not None and newest is None and indexed == wanted else []
        for most in (*attempts, None):
            found = 0
            async for each in super().alist(theirs, filter=indexed, limit=most):
                found += 1
                at = tuple(map(str, each.config["configurable"].values()))
                if is_wanted(each) and at not in shown:
                    shown.add(at)
                    yield each
                    if len(shown) == limit:
                        return
            if most is not None and found < most:
                return

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
        stream_mode: str = "values",
    ) -> RunnableConfig:
        """With a run's own metadata in the checkpoint's, as the other checkpointers have it."""
        whole = get_serializable_checkpoint_metadata(config, metadata)
        return await super().aput(config, checkpoint, whole, new_versions, stream_mode)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete these runs' checkpoints with their writes; the newest of the others becomes the thread's newest."""
        places: list[Place] = []
        for run_id in run_ids:
            places += await self._places(Tag("run_id") == to_storage_safe_id(str(run_id)), limit=MOST)
        await self._remove(places)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Oldest first, so that the newest is the target's newest."""
        await self.exhume(str(target_thread_id))
        await copy_through(self, str(source_thread_id), str(target_thread_id), most=MOST)

    async def aprune(  # type: ignore[override]  # the stock one has no age, and a limit of its own
        self,
        thread_ids: Sequence[str],
        *,
        strategy: str = "keep_latest",
        keep_last: int | None = None,
        older_than: datetime | None = None,
    ) -> None:
        """As PlainRedis's, but threads with a DeltaChannel are refused: NotImplementedError, and they stay whole."""
        how = policy(strategy, keep_last, older_than)
        for thread_id in map(str, thread_ids):
            if how is None:
                await self.adelete_thread(thread_id)
                continue
            thread: RunnableConfig = {"configurable": {"thread_id": thread_id}}
            found = dict([_kept(each) async for each in self.alist(thread)])
            if any(each.replayed for each in found.values()):
                raise NotImplementedError(
                    f"The thread {thread_id!r} uses a DeltaChannel and cannot be pruned."
                )
            await self._remove(
                [
                    (to_storage_safe_id(thread_id), to_storage_safe_str(namespace), checkpoint_id)
                    for namespace, checkpoint_id in to_prune(found, how)
                ]
            )

    async def athin(self, thread_id: str, steps: Sequence[str], done: Sequence[str] = ()) -> None:
        """As PostgresSaver's, step by step: where it is cut off, doing it again finishes it."""
        thread_id = str(thread_id)
        found = dict([_kept(each) async for each in self.alist({"configurable": {"thread_id": thread_id}})])
        if any(each.replayed for each in found.values()):
            raise NotImplementedError(f"The thread {thread_id!r} uses a DeltaChannel and keeps its steps.")
        parents = {at: each.parent for (namespace, at), each in found.items() if not namespace}
        gone = parents.keys() & set(steps)
        safe_id, root = to_storage_safe_id(thread_id), to_storage_safe_str("")
        # Before anything goes, so that nothing that stays names a parent that is gone.
        for checkpoint_id, nearest in relinked(parents, gone).items():
            await self._set((safe_id, root, checkpoint_id), "parent_checkpoint_id", nearest)
        for checkpoint_id in done:
            _, *writes = await self._keys((safe_id, root, checkpoint_id))
            if writes and checkpoint_id in parents:
                await self._redis.delete(*writes)
                await self._set((safe_id, root, checkpoint_id), "has_writes", False)
        newest = {namespace: each.root for (namespace, _), each in sorted(found.items())}
        ended = ended_calls(newest.items(), gone)
        await self._remove(
            [
                (safe_id, to_storage_safe_str(namespace), checkpoint_id)
                for namespace, checkpoint_id in found
                if namespace in ended or (not namespace and checkpoint_id in gone)
            ]
        )

    async def _set(self, place: Place, field: str, value: str | bool) -> None:
        """A field of a checkpoint that is there."""
        key = self._make_redis_checkpoint_key(*place)
        await self._redis.execute_command("JSON.SET", key, f"$.{field}", json.dumps(value), "XX")

    async def aheld(self, thread_ids: Sequence[str]) -> dict[str, int]:
        """Keys that name one of these threads behind what they are; every key is looked at."""
        named = tuple(f"{to_storage_safe_id(thread_id)}:" for thread_id in thread_ids)
        keys = [str(key.decode()) async for key in self._redis.scan_iter("*", count=MOST)] if named else []
        return {"thread keys": sum(key.partition(":")[2].startswith(named) for key in keys)}

    async def _remove(self, places: Sequence[Place]) -> None:
        """Checkpoints with their writes; the newest of the others becomes their namespace's newest."""
        keys = [key for place in places for key in await self._keys(place)]
        if keys:
            await self._redis.delete(*keys)
        for thread_id, namespace in {place[:2] for place in places}:
            await self._point_to_newest(thread_id, namespace)

    async def _places(self, wanted: FilterExpression, *, limit: int) -> list[Place]:
        """Newest first."""
        query = FilterQuery(
            filter_expression=wanted,
            return_fields=["thread_id", "checkpoint_ns", "checkpoint_id"],
            num_results=limit,
            sort_by=("checkpoint_id", "DESC"),
        )
        found = await self.checkpoints_index.search(query)
        return [(doc["thread_id"], doc["checkpoint_ns"], doc["checkpoint_id"]) for doc in found.docs]

    async def _keys(self, place: Place) -> list[str]:
        thread_id, namespace, checkpoint_id = place
        query = FilterQuery(
            filter_expression=named("thread_id", thread_id) & (Tag("checkpoint_id") == checkpoint_id),
            return_fields=["checkpoint_ns", "task_id", "idx"],
            num_results=MOST,
        )
        writes = await self.checkpoint_writes_index.search(query)
        keys = [
            self._make_redis_checkpoint_writes_key(*place, doc["task_id"], int(doc["idx"]))
            for doc in writes.docs
            if doc["checkpoint_ns"] == namespace
        ]
        if self._key_registry:
            keys.append(self._key_registry.make_write_keys_zset_key(*place))
        return [self._make_redis_checkpoint_key(*place), *keys]

    async def _point_to_newest(self, thread_id: str, namespace: str) -> bool:
        """Reading a thread begins at this pointer; without one it has no checkpoint. Whether it has one."""
        pointer = self._make_redis_checkpoint_latest_key(
            from_storage_safe_id(thread_id), from_storage_safe_str(namespace)
        )
        wanted = named("thread_id", thread_id) & named("checkpoint_ns", namespace)
        # Mostly the first attempt finds one: few threads differ in case alone.
        for most in (SEVERAL, MOST):
            found = await self._places(wanted, limit=most)
            left = [place for place in found if place[:2] == (thread_id, namespace)]
            if left:
                break
        if left:
            await self._redis.set(pointer, self._make_redis_checkpoint_key(*left[0]))
            await self._expire([pointer])
        else:
            await self._redis.delete(pointer)
        return bool(left)


def _as_indexed(config: RunnableConfig) -> RunnableConfig | None:
    """A config by which the stock listing finds this thread, and some others; None where it has to look at all."""
    given = {name: value for name, value in config["configurable"].items() if value is not None}
    for name in {"thread_id", "checkpoint_ns"} & given.keys():
        tags = tags_of(to_storage_safe_str(str(given[name])))
        if not tags:
            return None
        given[name] = max(tags, key=len)
    return {"configurable": given}


def _is_of(found: CheckpointTuple, config: RunnableConfig) -> bool:
    """Whether the checkpoint is of this very thread, and of the namespace if one is named."""
    has, wants = found.config["configurable"], config["configurable"]
    return has["thread_id"] == str(wants["thread_id"]) and (
        wants.get("checkpoint_ns") is None or has["checkpoint_ns"] == wants["checkpoint_ns"]
    )


def _kept(found: CheckpointTuple) -> tuple[tuple[str, str], Held]:
    parent = (found.parent_config or {}).get("configurable", {}).get("checkpoint_id", "")
    told = found.metadata
    kept = Held(
        parent,
        str((told.get("parents") or {}).get("", "")),
        frozenset(found.checkpoint["channel_values"]),
        frozenset(told.get("counters_since_delta_snapshot") or ()),
        datetime.fromisoformat(found.checkpoint["ts"]),
    )
    return (found.config["configurable"].get("checkpoint_ns", ""), found.checkpoint["id"]), kept


class RedisSaver(CheckedIds, Scrubbing, RedisRuns):
    """AsyncRedisSaver; the server needs RediSearch and RedisJSON. When it does not serve: RedisAwayError."""

    async def asetup(self) -> None:
        """Idempotent. Of several that make an index at once all but one are told that it exists."""
        for attempt in range(_INDEXES + 1):
            try:
                await super().asetup()
                break
            except RedisSearchError as error:
                if "already exists" not in str(error) or attempt == _INDEXES:
                    raise

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        with spoken():
            return await super().aget_tuple(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
        stream_mode: str = "values",  # noqa: ARG002 - the stock one's, for what it does when it is cancelled
    ) -> RunnableConfig:
        with spoken():
            return await super().aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        with spoken():
            await super().aput_writes(config, writes, task_id, task_path)

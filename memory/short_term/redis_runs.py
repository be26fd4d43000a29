"""What LangGraph's Redis checkpointer lacks: runs' metadata, whole listings, taking a run back, copying a thread."""

from collections.abc import AsyncIterator, Sequence
from itertools import count
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
from langgraph.checkpoint.redis.aio import AsyncRedisSaver
from langgraph.checkpoint.redis.util import (
    from_storage_safe_id,
    from_storage_safe_str,
    to_storage_safe_id,
    to_storage_safe_str,
)
from redisvl.query import FilterQuery
from redisvl.query.filter import FilterExpression, Tag

from memory.short_term.copies import copy_through

MOST = 10_000
"""As many as Redis gives in one answer."""

INDEXED = ("source", "step", "thread_id", "run_id")
"""The metadata that Redis itself can filter by."""

Place = tuple[str, str, str]
"""Thread id, namespace, checkpoint id, as Redis keeps them."""


class RedisRuns(AsyncRedisSaver):
    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Newest first. The stock one takes the empty namespace for any, ignores `before`, and filters by few keys."""
        if config and config["configurable"].get("checkpoint_ns") == "":
            config = {"configurable": {**config["configurable"], "checkpoint_ns": to_storage_safe_str("")}}
        wanted = filter or {}
        indexed = {name: value for name, value in wanted.items() if name in INDEXED}
        newest = get_checkpoint_id(before) if before else None
        ours = newest is not None or len(indexed) < len(wanted)
        number = count(1)
        async for each in super().alist(config, filter=indexed, limit=None if ours else limit):
            if (newest is None or each.checkpoint["id"] < newest) and all(
                each.metadata.get(name) == value for name, value in wanted.items()
            ):
                yield each
                if next(number) == limit:
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
        keys = [key for place in places for key in await self._keys(place)]
        if keys:
            await self._redis.delete(*keys)
        for thread_id, namespace in {place[:2] for place in places}:
            await self._point_to_newest(thread_id, namespace)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Oldest first, so that the newest is the target's newest."""
        await copy_through(self, str(source_thread_id), str(target_thread_id), most=MOST)

    async def aprune(self, thread_ids: Sequence[str], **how: Any) -> None:
        """No threads are nothing to do, which the stock one takes for a mistake."""
        if thread_ids:
            await super().aprune(thread_ids, **how)

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
            filter_expression=(Tag("thread_id") == thread_id) & (Tag("checkpoint_id") == checkpoint_id),
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

    async def _point_to_newest(self, thread_id: str, namespace: str) -> None:
        """Reading a thread begins at this pointer; without one it has no checkpoint."""
        pointer = self._make_redis_checkpoint_latest_key(
            from_storage_safe_id(thread_id), from_storage_safe_str(namespace)
        )
        left = await self._places(
            (Tag("thread_id") == thread_id) & (Tag("checkpoint_ns") == namespace), limit=1
        )
        if left:
            await self._redis.set(pointer, self._make_redis_checkpoint_key(*left[0]))
        else:
            await self._redis.delete(pointer)

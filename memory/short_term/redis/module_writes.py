"""What LangGraph's Redis checkpointer writes, each put in one step, which a deleted thread refuses.

The documents are the stock saver's, under its keys. Beside them a deleted thread leaves for a day, under a hash of its
id, the id of its newest checkpoint: what goes on from there, or from before, is late.
"""

import json
import time
from collections.abc import Sequence
from functools import reduce
from hashlib import sha256
from operator import and_
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_checkpoint_id,
)
from langgraph.checkpoint.redis.aio import AsyncRedisSaver
from langgraph.checkpoint.redis.key_registry import CheckpointKeyRegistry
from langgraph.checkpoint.redis.util import from_storage_safe_str, to_storage_safe_id, to_storage_safe_str
from redisvl.query import FilterQuery
from redisvl.query.filter import FilterExpression, Tag

from memory.short_term.conflict import GRAVE_LIVES_S, ThreadDeletedError, made_by_now
from memory.short_term.early import written

MOST: Final = 10_000
"""As many as Redis gives in one answer."""

_BURIED: Final = """
local grave = redis.call('GET', KEYS[1])
local function buried(...)
    for _, id in ipairs({...}) do if grave and id ~= '' and id <= grave then return true end end
    return false
end
"""

# The grave, the checkpoint and the pointer to the newest one; id, parent, id of the root's checkpoint, the document.
_PUT: Final = f"""{_BURIED}
if buried(ARGV[1], ARGV[2], ARGV[3]) then return 0 end
redis.call('JSON.SET', KEYS[2], '$', ARGV[4])
redis.call('SET', KEYS[3], KEYS[2])
return 1
"""

# The grave, the checkpoint, the pointer to the root's newest one, the list of the checkpoint's writes, the writes; the
# checkpoint's id, and the writes' documents. 2 where a deleted thread has no checkpoint yet.
_PUT_WRITES: Final = f"""{_BURIED}
if buried(ARGV[1]) then return 0 end
if grave and redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 then return 2 end
for i = 5, #KEYS do
    redis.call('JSON.SET', KEYS[i], '$', ARGV[i - 3])
    redis.call('ZADD', KEYS[4], i - 5, KEYS[i])
end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('JSON.SET', KEYS[2], '$.has_writes', 'true') end
return 1
"""

_STORED: Final = (False, True, None)

# The grave; the id of the newest checkpoint, and for how many seconds.
_DIG: Final = f"""{_BURIED}
if not buried(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class StepWrites(AsyncRedisSaver):
    """Writes that come late raise ThreadDeletedError, and then nothing is written."""

    def __init__(self, client: Any) -> None:
        # The stock saver would expire keys one by one, and not all of them.
        super().__init__(redis_client=client)
        self._put, self._put_writes, self._dig = map(client.register_script, (_PUT, _PUT_WRITES, _DIG))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002 - theirs
        stream_mode: str = "values",  # noqa: ARG002 - theirs
    ) -> RunnableConfig:
        given = config["configurable"]
        thread_id, namespace = str(given["thread_id"]), str(given.get("checkpoint_ns", ""))
        checkpoint_id, before = checkpoint["id"], get_checkpoint_id(config) or ""
        parent = "" if before == checkpoint_id else before
        run_id = given.get("run_id", metadata.get("run_id"))
        document = {
            "thread_id": to_storage_safe_id(thread_id),
            "run_id": to_storage_safe_id(str(run_id)) if run_id else "",
            "checkpoint_ns": to_storage_safe_str(namespace),
            "checkpoint_id": checkpoint_id,
            "parent_checkpoint_id": parent,
            "checkpoint_ts": time.time() * 1_000,
            "checkpoint": self._dump_checkpoint(checkpoint),
            "metadata": self._dump_metadata(metadata),
            "has_writes": False,
        }
        if "source" in metadata and "step" in metadata:
            document |= {"source": metadata["source"], "step": metadata["step"]}
        keys = [
            grave_key(thread_id),
            self._make_redis_checkpoint_key(thread_id, namespace, checkpoint_id),
            self._make_redis_checkpoint_latest_key(thread_id, namespace),
        ]
        root = str((metadata.get("parents") or {}).get("", ""))
        if not await self._put(keys, [checkpoint_id, parent, root, json.dumps(document)]):
            raise ThreadDeletedError(thread_id)
        return {
            "configurable": {
                "thread_id": given["thread_id"],
                "checkpoint_ns": namespace,
                "checkpoint_id": checkpoint_id,
            }
        }

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        if not writes:
            return
        given = config["configurable"]
        place = str(given["thread_id"]), str(given.get("checkpoint_ns", "")), str(given["checkpoint_id"])
        documents: dict[str, str] = {}
        for number, (channel, value) in enumerate(writes):
            kind, data = self.serde.dumps_typed(value)
            index = WRITES_IDX_MAP.get(channel, number)
            documents[self._make_redis_checkpoint_writes_key(*place, task_id, index)] = json.dumps(
                {
                    "thread_id": to_storage_safe_id(place[0]),
                    "checkpoint_ns": to_storage_safe_str(place[1]),
                    "checkpoint_id": place[2],
                    "task_id": task_id,
                    "task_path": task_path,
                    "idx": index,
                    "channel": channel,
                    "type": kind,
                    "blob": self._encode_blob(data),
                }
            )
        keys = [
            grave_key(place[0]),
            self._make_redis_checkpoint_key(*place),
            self._make_redis_checkpoint_latest_key(place[0], ""),
            _list_of_writes(*place),
            *documents,
        ]

        async def write() -> bool | None:
            return _STORED[await self._put_writes(keys, [place[2], *documents.values()])]

        if not await written(write):
            raise ThreadDeletedError(place[0])

    async def adelete_thread(self, thread_id: str) -> None:
        """What a run still writes is refused from the moment on at which its newest checkpoint was found."""
        thread_id, newest = str(thread_id), made_by_now()
        while found := await self._everything(thread_id):
            newest = ""
            await self._dig([grave_key(thread_id)], [max(each[1] for each in found), GRAVE_LIVES_S])
            keys = {each[2] for each in found} | {self._make_redis_checkpoint_latest_key(thread_id, "")}
            for namespace, checkpoint_id, _ in found:
                keys.add(self._make_redis_checkpoint_latest_key(thread_id, from_storage_safe_str(namespace)))
                keys.add(_list_of_writes(thread_id, namespace, checkpoint_id))
            await self._redis.delete(*keys)
        if newest:
            await self._dig([grave_key(thread_id)], [newest, GRAVE_LIVES_S])

    async def exhume(self, thread_id: str) -> None:
        """A thread that was deleted may have checkpoints from before."""
        await self._redis.delete(grave_key(thread_id))

    async def _everything(self, thread_id: str) -> list[tuple[str, str, str]]:
        """Of checkpoints and writes the namespace, the checkpoint's id and the key; RediSearch's tags know no case."""
        query = FilterQuery(
            filter_expression=named("thread_id", to_storage_safe_id(thread_id)),
            return_fields=["thread_id", "checkpoint_ns", "checkpoint_id"],
            num_results=MOST,
        )
        everything = []
        for index in (self.checkpoints_index, self.checkpoint_writes_index):
            total, start = 1, 0
            while start < total:
                answer = await index.search(query.paging(start, MOST))
                everything += [
                    (doc["checkpoint_ns"], doc["checkpoint_id"], doc["id"])
                    for doc in answer.docs
                    if doc["thread_id"] == to_storage_safe_id(thread_id)
                ]
                total, start = answer.total, start + MOST
        return everything


def tags_of(name: str) -> list[str]:
    """As RediSearch keeps it: cut at commas, without the blanks around the parts."""
    return [part for each in name.split(",") if (part := each.strip(" "))]


def named(field: str, name: str) -> FilterExpression:
    """What has this name in a field, and what has one of the same parts, or that differs in case alone."""
    return reduce(and_, (Tag(field) == part for part in tags_of(name)), FilterExpression("*"))


def grave_key(thread_id: str) -> str:
    return f"mnemograph_grave:{sha256(thread_id.encode()).hexdigest()}"


def _list_of_writes(thread_id: str, namespace: str, checkpoint_id: str) -> str:
    return CheckpointKeyRegistry.make_write_keys_zset_key(thread_id, namespace, checkpoint_id)

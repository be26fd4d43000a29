"""LangGraph's Redis checkpointer with any serializer, and with a lifetime on every key."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.redis.jsonplus_redis import JsonPlusRedisSerializer
from langgraph.checkpoint.redis.util import EMPTY_ID_SENTINEL
from langgraph.checkpoint.serde.base import SerializerProtocol, maybe_add_typed_methods
from pydantic import BaseModel
from redisvl.index import AsyncSearchIndex

from memory.short_term.redis.module_writes import StepWrites
from memory.short_term.sealed.state_serde import BYTES, TYPE, StateSerde
from memory.short_term.state_types import state_types

_OF_EVERY_DOCUMENT = 2
"""Its id, and a payload that nobody uses."""

_SEALED = "sealed"
"""Under this name stand a serializer's type and its bytes, in base64, where the stock saver has JSON."""

_ours = StateSerde()


class _Living(AsyncSearchIndex):  # type: ignore[misc]  # redisvl has no types
    async def search(self, *args: Any, **kwargs: Any) -> Any:
        """Without what has expired, which RediSearch still names for a while, with none of its fields."""
        found = await super().search(*args, **kwargs)
        found.docs = [doc for doc in found.docs if len(vars(doc)) > _OF_EVERY_DOCUMENT]
        return found


class StockSerde(JsonPlusRedisSerializer):
    """The stock saver's own, strict, which also reads what was compressed before, and refuses what is sealed."""

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        return _ours.loads_typed(data) if data[0] in (TYPE, BYTES) else super().loads_typed(data)

    def _constructor_class(self, obj: dict[str, Any]) -> type[Any]:
        """The stock one imports whatever JSON names. Raises ValueError on what no graph's schema does."""
        *module, name = obj.get("id") or ("",)
        theirs = self._allowed_msgpack_modules
        allowed = state_types.names | (theirs if isinstance(theirs, set) else set())
        if (".".join(map(str, module)), name) not in allowed:
            raise ValueError(f"{name} is no type that this graph knows.")
        found: type[Any] = super()._constructor_class(obj)
        return found

    def _reviver(self, value: dict[str, Any]) -> Any:
        """The stock one makes messages and dataclasses, and leaves models of one's own as they were written."""
        with suppress(ValueError):
            model = self._constructor_class(value)
            if issubclass(model, BaseModel):
                return model.model_validate(value.get("kwargs") or {})
        return super()._reviver(value)


class Sealed(StepWrites):
    """Without a serializer the state is the stock saver's JSON, which another process with the stock saver reads.

    With one, values of channels, metadata and writes are what it makes of them. RedisSearch still sees ids,
    namespaces, channels of writes, the source, the step and the run.

    Args:
        client: of a server with RediSearch and RedisJSON.
        serde: any serializer. It is also given what was stored without it, as type "json", to read or to refuse.
        ttl_minutes: how long the newest state and its writes live after they were touched; None is for ever.
    """

    def __init__(
        self, client: Any, *, serde: SerializerProtocol | None = None, ttl_minutes: float | None = None
    ) -> None:
        super().__init__(client)
        self._seals = serde is not None
        self.serde = maybe_add_typed_methods(serde) if serde is not None else StockSerde()
        self._ttl_s = int((ttl_minutes or 0) * 60)

    def create_indexes(self) -> None:
        client = self._redis
        self.checkpoints_index = _Living.from_dict(self.checkpoints_schema, redis_client=client)
        self.checkpoint_writes_index = _Living.from_dict(self.writes_schema, redis_client=client)

    def _dump_checkpoint(self, checkpoint: Checkpoint) -> dict[str, Any]:
        if not self._seals:
            return super()._dump_checkpoint(checkpoint)
        versions = {channel: str(version) for channel, version in checkpoint["channel_versions"].items()}
        return {
            **checkpoint,
            "channel_versions": versions,
            "channel_values": self._seal(checkpoint["channel_values"]),
            "pending_sends": [],
        }

    def _dump_metadata(self, metadata: CheckpointMetadata) -> str:
        return json.dumps(self._seal(metadata)) if self._seals else super()._dump_metadata(metadata)

    def _recursive_deserialize(self, obj: Any) -> Any:
        """The values of a checkpoint's channels."""
        return self._open(obj) if self._seals or _is_ours(obj) else super()._recursive_deserialize(obj)

    def _seal(self, value: Any) -> dict[str, Any]:
        kind, data = self.serde.dumps_typed(value)
        return {_SEALED: [kind, base64.b64encode(data).decode()]}

    def _open(self, found: Any) -> Any:
        if not is_made(found):
            return self.serde.loads_typed(("json", json.dumps(found).encode())) if found else {}
        kind, data = found[_SEALED]
        return self.serde.loads_typed((kind, base64.b64decode(data)))

    def _opened(self, found: CheckpointTuple) -> CheckpointTuple:
        told = found.metadata
        metadata = self._open(told) if self._seals or _is_ours(told) else told
        parent = found.parent_config and _named(found.parent_config)
        return found._replace(config=_named(found.config), metadata=metadata, parent_config=parent)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = await super().aget_tuple(config)
        if found is None:
            return None
        await self._touch(found.config)
        return self._opened(found)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        async for each in super().alist(config, filter=filter, before=before, limit=limit):
            yield self._opened(each)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
        stream_mode: str = "values",
    ) -> RunnableConfig:
        made = await super().aput(config, checkpoint, metadata, new_versions, stream_mode)
        await self._touch(made)
        return made

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(config, writes, task_id, task_path)
        await self._touch(config)

    async def _touch(self, config: RunnableConfig) -> None:
        """Every key of a checkpoint, and the pointer to the newest one, begin to live anew."""
        if not self._ttl_s:
            return
        thread_id = str(config["configurable"]["thread_id"])
        namespace = str(config["configurable"].get("checkpoint_ns", ""))
        place = (thread_id, namespace, str(config["configurable"]["checkpoint_id"]))
        keys = [
            self._make_redis_checkpoint_key(*place),
            self._make_redis_checkpoint_latest_key(thread_id, namespace),
        ]
        if self._key_registry:
            keys.append(self._key_registry.make_write_keys_zset_key(*place))
            keys += await self._key_registry.get_write_keys(*place)
        await self._expire(keys)

    async def _expire(self, keys: Sequence[str]) -> None:
        if self._ttl_s and keys:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.expire(key, self._ttl_s)
                await pipe.execute()


def _named(config: RunnableConfig) -> RunnableConfig:
    """The stock saver takes the nil UUID for an id that is empty, which no thread of ours has."""
    if config["configurable"]["thread_id"]:
        return config
    return {"configurable": {**config["configurable"], "thread_id": EMPTY_ID_SENTINEL}}


def _is_ours(found: Any) -> bool:
    """Whether a serializer that was given made it, and none stands for the stock saver's JSON."""
    return is_made(found) and found[_SEALED][0] in (TYPE, "msgpack")


def is_made(found: Any) -> bool:
    """Whether a serializer that was given made it: a state may have a channel of this name, too."""
    if not isinstance(found, dict) or found.keys() != {_SEALED}:
        return False
    typed = found[_SEALED]
    return isinstance(typed, list) and [type(each) for each in typed] == [str, str]

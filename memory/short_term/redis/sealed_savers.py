"""The Redis checkpointers with sealed conversations, and whether a Redis agrees with the keys that are given."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    DeltaChannelHistory,
)

from config.errors import UserError
from memory.short_term.redis.module import RedisSaver
from memory.short_term.redis.plain import PlainRedisSaver
from memory.short_term.redis.sealed import StockSerde
from memory.short_term.sealed.envelope import Typed
from memory.short_term.sealed.sealed_state import KEY_ID, SealedState
from memory.short_term.sealed.sealing import Sealing, SealingThreads
from memory.short_term.sealed.state_serde import CarryingSerde
from memory.short_term.thread_ids import checked_id
from memory.short_term.threads import ThreadQuery


class _CarryingTheirs(CarryingSerde):
    """Which also reads what LangGraph's own Redis saver wrote as that saver reads it."""

    def loads_typed(self, data: Typed) -> Any:
        if data[0] != "json":
            return super().loads_typed(data)
        allowed = self._allowed_msgpack_modules
        theirs = StockSerde().with_msgpack_allowlist(allowed if isinstance(allowed, set) else ())
        return theirs.loads_typed(data)


class SealedRedisSaver(Sealing, RedisSaver):  # type: ignore[misc]  # theirs adds a parameter of its own
    """RedisSaver where Redis holds no word of a conversation."""

    def __init__(self, client: Any, state: SealedState, **more: Any) -> None:
        super().__init__(client, serde=_CarryingTheirs(), **more)
        self.state = state

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await self.exhume(checked_id(target_thread_id))
        await super().acopy_thread(source_thread_id, target_thread_id)


class SealedPlainRedisSaver(SealingThreads, PlainRedisSaver):
    """PlainRedisSaver where Redis holds no word of a conversation.

    What is sealed is never twice the same, so a long list is stored whole with each of its versions.
    """

    values_apart: ClassVar[bool] = True

    def __init__(self, client: Any, state: SealedState, **more: Any) -> None:
        super().__init__(client, serde=CarryingSerde(), **more)
        self.state = state

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if self.state.serde.read_clear:
            # A short text in clear stood in the checkpoint itself; sealed it is too long for that.
            versions, values = checkpoint["channel_versions"], checkpoint["channel_values"]
            again = {
                name: versions[name]
                for name, value in values.items()
                if name in versions and _is_short(value)
            }
            new_versions = {**again, **new_versions}
        return await super().aput(config, checkpoint, metadata, new_versions)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await self._threads.exhume(checked_id(target_thread_id))
        await super().acopy_thread(source_thread_id, target_thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        found = await super().aget_delta_channel_history(config=config, channels=channels)
        return self._history_unsealed(config, found)


async def require_agreement(saver: PlainRedisSaver | RedisSaver, place: str) -> None:
    """Raises UserError where the newest conversation and the keys do not fit: before anything is written."""
    if isinstance(saver, PlainRedisSaver):
        told = [row.run_metadata for row in await saver.athreads(ThreadQuery(limit=1))]
    else:
        told = [each.metadata async for each in saver.alist(None, limit=1)]
    for metadata in told:
        if KEY_ID in metadata:
            raise UserError(
                f"The conversations in the Redis at {place} are sealed, but MNEMOGRAPH_ENCRYPTION_KEYS is empty: set "
                f"it to the keys that they are sealed under ({metadata[KEY_ID]!r})."
            )


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)

"""The Redis checkpointers with sealed conversations. What is there in clear stays so, and is refused."""

from typing import Any, ClassVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata

from memory.short_term.redis_module import RedisSaver
from memory.short_term.redis_plain import PlainRedisSaver
from memory.short_term.sealed_state import SealedState
from memory.short_term.sealing import Sealing, SealingThreads
from memory.short_term.state_serde import StateSerde


class SealedRedisSaver(Sealing, RedisSaver):  # type: ignore[misc]  # theirs adds a parameter of its own
    """RedisSaver where Redis holds no word of a conversation."""

    def __init__(self, client: Any, state: SealedState, **more: Any) -> None:
        super().__init__(client, serde=StateSerde(), **more)
        self.state = state


class SealedPlainRedisSaver(SealingThreads, PlainRedisSaver):
    """PlainRedisSaver where Redis holds no word of a conversation."""

    values_apart: ClassVar[bool] = True

    def __init__(self, client: Any, state: SealedState, **more: Any) -> None:
        super().__init__(client, serde=StateSerde(), **more)
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


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)

"""The Redis checkpointer with sealed conversations."""

from typing import Any

from redis.asyncio import Redis

from memory.short_term.savers import RedisSaver
from memory.short_term.sealed_state import SealedState
from memory.short_term.sealing import Sealing


class SealedRedisSaver(Sealing, RedisSaver):  # type: ignore[misc]  # theirs adds a parameter of its own
    """RedisSaver where Redis holds no word of a conversation. What is there in clear stays so, and is refused."""

    def __init__(self, client: Redis, state: SealedState, **more: Any) -> None:
        super().__init__(client, **more)
        self.state = state

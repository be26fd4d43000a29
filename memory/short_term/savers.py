"""LangGraph's checkpointers with ids checked and secrets kept out of their metadata; Postgres' has its own file."""

from collections.abc import Sequence
from datetime import datetime
from threading import RLock
from time import sleep
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, get_checkpoint_id
from langgraph.checkpoint.memory import InMemorySaver

from memory.short_term import early
from memory.short_term.conflict import ThreadDeletedError, made_by_now
from memory.short_term.graves import Graves
from memory.short_term.kept import policy
from memory.short_term.memory_copies import copy_thread, delete_for_runs, prune, thin
from memory.short_term.scrub import Scrubbing
from memory.short_term.strict import StrictSerializer
from memory.short_term.thread_ids import CheckedIds
from memory.short_term.threads import ThreadQuery, ThreadRow, chosen


class WholeMemorySaver(InMemorySaver):
    """InMemorySaver with all that a checkpointer may have."""

    def __init__(self) -> None:
        super().__init__(serde=StrictSerializer())
        self._graves = Graves()
        # LangGraph calls the synchronous methods from threads of its own.
        self._one_at_a_time = RLock()

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Raises ThreadDeletedError."""
        root = (metadata.get("parents") or {}).get("")
        with self._one_at_a_time:
            self._graves.refuse(_thread(config), checkpoint["id"], get_checkpoint_id(config), root)
            return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Raises ThreadDeletedError."""
        for pause in (*early.PAUSES, 0):
            if self._written(config, writes, task_id, task_path):
                return
            sleep(pause)
        raise ThreadDeletedError(_thread(config))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Raises ThreadDeletedError."""

        async def write() -> bool | None:
            return self._written(config, writes, task_id, task_path)

        if not await early.written(write):
            raise ThreadDeletedError(_thread(config))

    def _written(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str
    ) -> bool | None:
        """None where the thread was deleted and has no checkpoint."""
        thread_id = _thread(config)
        with self._one_at_a_time:
            self._graves.refuse(thread_id, get_checkpoint_id(config))
            if self._graves.knows(thread_id) and not any(self.storage.get(thread_id, {}).values()):
                return None
            super().put_writes(config, writes, task_id, task_path)
            return True

    def delete_thread(self, thread_id: str) -> None:
        """At once and whole; for a day, what a run still writes to it is refused."""
        with self._one_at_a_time:
            checkpoints = [each for some in self.storage.get(thread_id, {}).values() for each in some]
            writes = [key[2] for key in self.writes if key[0] == thread_id]
            self._graves.dig(thread_id, max([*checkpoints, *writes], default=made_by_now()))
            super().delete_thread(thread_id)

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]:
        return chosen([each async for each in self.alist(None)], query)

    async def aheld(self, thread_ids: Sequence[str]) -> dict[str, int]:
        """Entries of these threads."""
        named = set(thread_ids)
        return {
            "checkpoints": sum(
                len(ids) for each in named & set(self.storage) for ids in self.storage[each].values()
            ),
            "checkpoint_blobs": sum(key[0] in named for key in self.blobs),
            "checkpoint_writes": sum(key[0] in named for key in self.writes),
        }

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        delete_for_runs(self, {str(run_id) for run_id in run_ids})

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        with self._one_at_a_time:
            self._graves.exhume(str(target_thread_id))
            copy_thread(self, str(source_thread_id), str(target_thread_id))

    async def aprune(
        self,
        thread_ids: Sequence[str],
        *,
        strategy: str = "keep_latest",
        keep_last: int | None = None,
        older_than: datetime | None = None,
    ) -> None:
        """As PostgresSaver's."""
        kept = policy(strategy, keep_last, older_than)
        for thread_id in map(str, thread_ids):
            if kept is None:
                self.delete_thread(thread_id)
            else:
                prune(self, thread_id, kept)

    async def athin(self, thread_id: str, steps: Sequence[str], done: Sequence[str] = ()) -> None:
        """As PostgresSaver's."""
        with self._one_at_a_time:
            thin(self, str(thread_id), steps, done)


class MemorySaver(CheckedIds, Scrubbing, WholeMemorySaver):
    """The product's: a conversation that ends with the process."""


def _thread(config: RunnableConfig) -> str:
    return str(config["configurable"]["thread_id"])

"""LangGraph's checkpointers with secrets kept out of their metadata."""

from collections.abc import Sequence
from typing import Any, LiteralString

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis
from redisvl.exceptions import RedisSearchError

from memory.postgres.retry import once_more
from memory.postgres.setup_lock import setup_lock
from memory.short_term.memory_copies import copy_thread, delete_for_runs
from memory.short_term.postgres_sql import (
    COPY_THREAD,
    DELETE_FOR_RUNS,
    RUN_INDEX,
    THREADS,
    threads_parameters,
)
from memory.short_term.redis_runs import RedisRuns
from memory.short_term.scrub import scrubbed, scrubbed_metadata
from memory.short_term.state_serde import StateSerde
from memory.short_term.threads import ThreadQuery, ThreadRow, chosen

# Checkpoints and their writes.
_INDEXES = 2


class _Scrubbing(BaseCheckpointSaver[Any]):
    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await super().aput(scrubbed(config), checkpoint, scrubbed_metadata(metadata), new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(scrubbed(config), writes, task_id, task_path)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return super().put(scrubbed(config), checkpoint, scrubbed_metadata(metadata), new_versions)


class PostgresSaver(_Scrubbing, AsyncPostgresSaver):
    """AsyncPostgresSaver over a checked pool, set up by one process at a time.

    Its writes are upserts, so one whose connection broke is sent again.
    """

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[DictRow]], *, serde: SerializerProtocol | None = None
    ) -> None:
        super().__init__(pool, serde=serde or StateSerde())
        self.pool = pool

    async def setup(self) -> None:
        async with setup_lock(self.pool, "checkpointer"):
            await super().setup()
            await self._execute(RUN_INDEX)

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]:
        """The wanted threads, newest first: a step of the index a thread, however many checkpoints each has."""
        rows = await self._execute(THREADS, threads_parameters(query))
        return [ThreadRow(**row) for row in rows]

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        await self._execute(DELETE_FOR_RUNS, {"run_ids": [str(run_id) for run_id in run_ids]})

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """What the target holds already stays as it is."""
        await self._execute(COPY_THREAD, {"source": str(source_thread_id), "target": str(target_thread_id)})

    async def _execute(
        self, statement: LiteralString, parameters: dict[str, Any] | None = None
    ) -> list[DictRow]:
        """On a connection of its own: the stock saver takes turns with every other operation."""

        async def work() -> list[DictRow]:
            async with self.pool.connection() as connection:
                cursor = await connection.execute(statement, parameters)
                return await cursor.fetchall() if cursor.description else []

        return await once_more(work)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        get = super().aget_tuple
        return await once_more(lambda: get(config))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        put = super().aput
        return await once_more(lambda: put(config, checkpoint, metadata, new_versions))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        put = super().aput_writes
        await once_more(lambda: put(config, writes, task_id, task_path))


class RedisSaver(_Scrubbing, RedisRuns):  # type: ignore[misc]  # it adds a parameter of its own
    """AsyncRedisSaver; the server needs RediSearch and RedisJSON."""

    def __init__(self, client: Redis) -> None:
        super().__init__(redis_client=client)

    async def asetup(self) -> None:
        """Idempotent. Of several that make an index at once all but one are told that it exists."""
        for attempt in range(_INDEXES + 1):
            try:
                await super().asetup()
                break
            except RedisSearchError as error:
                if "already exists" not in str(error) or attempt == _INDEXES:
                    raise


class MemorySaver(_Scrubbing, InMemorySaver):
    """InMemorySaver: a conversation that ends with the process."""

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]:
        return chosen([each async for each in self.alist(None)], query)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        delete_for_runs(self, {str(run_id) for run_id in run_ids})

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        copy_thread(self, str(source_thread_id), str(target_thread_id))

"""R29: repeated immediate Postgres stops under load: nothing acknowledged is lost, and it goes on."""

import asyncio
import operator
import os
import signal
from pathlib import Path
from typing import Annotated, TypedDict

import psycopg
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from psycopg_pool import PoolTimeout

from memory.postgres.embedded import embedded_postgres
from memory.postgres.pool import open_pool
from tests.services.postgres import postmaster_of, until

STOPS = 5
USERS = 4


class State(TypedDict):
    notes: Annotated[list[int], operator.add]


def graph(saver: AsyncPostgresSaver) -> CompiledStateGraph:
    builder = StateGraph(State)
    builder.add_node("rest", lambda state: {})
    builder.add_edge(START, "rest")
    builder.add_edge("rest", END)
    return builder.compile(checkpointer=saver)


class Load:
    """Users who each write numbers into a thread of their own, and note those that were acknowledged."""

    def __init__(self, chat: CompiledStateGraph) -> None:
        self._chat = chat
        self.acknowledged: list[list[int]] = [[] for _ in range(USERS)]
        self.failed = 0
        self.stop = False

    @staticmethod
    def config(user: int) -> dict[str, dict[str, str]]:
        return {"configurable": {"thread_id": f"user{user}"}}

    async def write(self, user: int) -> None:
        number = 0
        while not self.stop:
            number += 1
            try:
                await self._chat.ainvoke({"notes": [number]}, self.config(user), durability="sync")
            except (psycopg.OperationalError, PoolTimeout):
                self.failed += 1
                await asyncio.sleep(0.01)
            else:
                self.acknowledged[user].append(number)

    async def progress(self) -> None:
        """Waits until every user had one more turn acknowledged."""
        before = [len(numbers) for numbers in self.acknowledged]

        def everybody() -> bool:
            return all(len(now) > was for now, was in zip(self.acknowledged, before, strict=True))

        await asyncio.to_thread(until, everybody, "every user is served again")


async def test_r29_nothing_acknowledged_is_lost(data_dir: Path) -> None:
    async with (
        embedded_postgres(data_dir) as address,
        open_pool(address, max_size=USERS, timeout_s=10, name="r29") as pool,
    ):
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        load = Load(graph(saver))
        async with asyncio.TaskGroup() as tasks:
            for user in range(USERS):
                tasks.create_task(load.write(user))
            stopped = set()
            for number in [signal.SIGQUIT, signal.SIGKILL] * STOPS:
                await load.progress()
                if len(stopped) == STOPS:
                    break
                postmaster = postmaster_of(data_dir)
                stopped.add(postmaster)
                os.kill(postmaster, number)
            await load.progress()
            load.stop = True
        assert len(stopped) == STOPS
        assert load.failed, "no stop was felt"
        for user, numbers in enumerate(load.acknowledged):
            state = await load._chat.aget_state(load.config(user))
            kept = state.values["notes"]
            assert set(numbers) <= set(kept)
            assert len(kept) == len(set(kept)), "a turn is there twice"
            assert kept == sorted(kept)

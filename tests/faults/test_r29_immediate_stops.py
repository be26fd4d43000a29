"""R29: repeated immediate Postgres stops under load: nothing acknowledged is lost, and it goes on."""

import asyncio
import operator
import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, TypedDict

import psycopg
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from psycopg_pool import PoolTimeout

from memory.postgres.embedded import embedded_postgres
from memory.postgres.pool import Pool, open_pool
from memory.short_term.postgres.saver import PostgresSaver
from tests.services.postgres import postmaster_of, until

STOPS = 5
USERS = 4


class State(TypedDict):
    notes: Annotated[list[int], operator.add]


def graph(saver: PostgresSaver) -> CompiledStateGraph:
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
                await asyncio.sleep(0.01)
            else:
                self.acknowledged[user].append(number)

    async def progress(self) -> None:
        """Waits until every user had one more turn acknowledged."""
        before = [len(numbers) for numbers in self.acknowledged]

        def everybody() -> bool:
            return all(len(now) > was for now, was in zip(self.acknowledged, before, strict=True))

        await asyncio.to_thread(until, everybody, "every user is served again")


def is_asleep(address: str, pid: int) -> bool:
    with psycopg.connect(address) as connection:
        seen = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
        return connection.execute(seen, (pid,)).fetchone() is not None


async def felt(address: str, pool: Pool, stop: Callable[[], None]) -> bool:
    """Whether a statement that was at work during the stop failed with it."""
    async with pool.connection() as witness:
        asleep = asyncio.create_task(witness.execute("SELECT pg_sleep(600)"))
        await asyncio.to_thread(until, partial(is_asleep, address, witness.info.backend_pid), "it is at work")
        stop()
        try:
            await asleep
        except psycopg.OperationalError:
            return True
        return False


async def test_r29_nothing_acknowledged_is_lost(used_data_dir: Path) -> None:
    async with (
        embedded_postgres(used_data_dir) as address,
        open_pool(address, max_size=USERS + 1, timeout_s=30, name="r29") as pool,
    ):
        saver = PostgresSaver(pool)
        await saver.setup()
        load = Load(graph(saver))
        stopped = []
        async with asyncio.TaskGroup() as tasks:
            for user in range(USERS):
                tasks.create_task(load.write(user))
            await load.progress()
            for number in islice(cycle((signal.SIGQUIT, signal.SIGKILL)), STOPS):
                stopped.append(postmaster_of(used_data_dir))
                assert await felt(address, pool, partial(os.kill, stopped[-1], number)), (
                    "a stop that nobody felt"
                )
                await load.progress()
            load.stop = True
        assert len(set(stopped)) == STOPS
        for user, numbers in enumerate(load.acknowledged):
            state = await load._chat.aget_state(load.config(user))
            kept = state.values["notes"]
            assert set(numbers) <= set(kept)
            assert len(kept) == len(set(kept)), "a turn is there twice"
            assert kept == sorted(kept)

"""R27: backends terminated at each step of a run: it completes, and no connection leaks."""

import asyncio
import operator
from typing import Annotated, TypedDict

import psycopg
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from memory.postgres.pool import open_pool
from memory.short_term.postgres.saver import PostgresSaver
from tests.services.postgres import others, until

STEPS = 6


class State(TypedDict):
    done: Annotated[list[int], operator.add]


def terminate_all(address: str) -> int:
    """Ends every other connection to this database; returns how many there were."""
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def graph(address: str, killed: list[int], saver: PostgresSaver) -> CompiledStateGraph:
    builder = StateGraph(State)

    def step(number: int):
        def run(state: State) -> dict[str, list[int]]:
            assert state["done"] == list(range(number))
            killed.append(terminate_all(address))
            return {"done": [number]}

        return run

    names = [f"step{number}" for number in range(STEPS)]
    for number, name in enumerate(names):
        builder.add_node(name, step(number))
    for before, after in zip([START, *names], [*names, END], strict=True):
        builder.add_edge(before, after)
    return builder.compile(checkpointer=saver)


async def test_r27_a_run_survives_the_loss_of_every_backend_at_every_step(database: str) -> None:
    killed: list[int] = []
    async with open_pool(database, max_size=4, min_size=2, timeout_s=20, name="r27") as pool:
        saver = PostgresSaver(pool)
        await saver.setup()
        chat = graph(database, killed, saver)
        for round_ in range(3):
            config = {"configurable": {"thread_id": f"t{round_}"}}
            answer = await chat.ainvoke({"done": []}, config, durability="sync")
            assert answer == {"done": list(range(STEPS))}
            kept = await chat.aget_state(config)
            assert kept.values == answer
            assert kept.next == ()
        assert len(killed) == 3 * STEPS
        assert all(killed), "every step had a backend to lose"
        stats = pool.get_stats()
        assert stats["pool_size"] <= 4
        assert stats.get("requests_waiting", 0) == 0
    # A backend takes a moment to leave after its client has: one that leaked never does.
    await asyncio.to_thread(until, lambda: others(database) == 0, "no connection is left")

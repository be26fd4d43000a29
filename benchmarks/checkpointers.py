"""What a checkpoint costs: `python -m benchmarks.checkpointers [--json] [--rounds N]`.

Put and get of a state of 20 messages, as pairs a second, with 1, 16 and 64 conversations at once: ours and
LangGraph's AsyncPostgresSaver on one embedded Postgres (fsync on), each in a database of its own and with a pool of
16 connections. LangGraph's own is given the pool that its documentation shows, and our checked one: its lock makes it
use one connection either way. "compressed" is the default on the embedded Postgres. CPU is this process's own time a
pair, without the server's. In memory stands for the cost of serialising alone. The contestants take turns. Then the
bytes of a thread of 50 turns, each of a message and a reply, in a graph.
"""

import argparse
import asyncio
import json
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import psycopg
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint, empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, MessagesState, StateGraph
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from benchmarks.contestants import CONNECTIONS, fresh_postgres, percentile, say
from memory.postgres.pool import open_pool
from memory.short_term.factory import COMPRESS_FROM
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.sealed.state_serde import StateSerde

MESSAGES: Final = 20
AT_ONCE: Final = (1, 16, 64)
PAIRS: Final = 400
"""Of one contestant in one round, shared by the conversations."""
ROUNDS: Final = 9
TURNS: Final = 50
OURS: Final = "ours"
STOCK: Final = "AsyncPostgresSaver"
TABLES: Final = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")

SENTENCES: Final = (
    "I moved to Porto in March and found a flat near the river, on the third floor, without a lift.",
    "My sister Inês visits me next week; she likes ferns, rye bread and long walks along the sea.",
    "Could you remind me to call the dentist on Tuesday morning, and to bring the two old X-rays?",
    "The ferry to the island leaves at nine, and on Sundays at ten; we missed it twice last summer.",
    "For dinner I would rather not have anything with peanuts, since Tom is allergic to them.",
)


@dataclass(frozen=True)
class Contestant:
    """A saver, set up, and how many bytes everything stored through it takes."""

    name: str
    saver: BaseCheckpointSaver[Any]
    bytes_stored: Callable[[], Awaitable[int | None]]


def said(number: int) -> AnyMessage:
    """The message of that place in a conversation; the user's and the agent's take turns."""
    text = f"{SENTENCES[number % 5]} {SENTENCES[number % 3]} (number {number})"
    name = str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
    return AIMessage(text, id=name) if number % 2 else HumanMessage(text, id=name)


CONVERSATION: Final = [said(number) for number in range(MESSAGES)]


def checkpoint_with(saver: BaseCheckpointSaver[Any], version: Any) -> tuple[Checkpoint, dict[str, Any]]:
    """A checkpoint with a new version of its messages, as every step of a chat writes one."""
    made = saver.get_next_version(version, None)
    versions = {"messages": made, "__start__": made}
    checkpoint = {
        **empty_checkpoint(),
        "channel_values": {"messages": CONVERSATION},
        "channel_versions": versions,
    }
    return checkpoint, versions  # type: ignore[return-value]


async def converse(saver: BaseCheckpointSaver[Any], pairs: int) -> list[float]:
    """Seconds of each pair in one new thread: a checkpoint put, then the newest one read."""
    thread: RunnableConfig = {"configurable": {"thread_id": str(uuid.uuid4()), "checkpoint_ns": ""}}
    config, version = thread, None
    took: list[float] = []
    for step in range(pairs):
        checkpoint, versions = checkpoint_with(saver, version)
        version = versions["messages"]
        begun = time.perf_counter()
        config = await saver.aput(config, checkpoint, {"source": "loop", "step": step}, versions)
        found = await saver.aget_tuple(thread)
        took.append(time.perf_counter() - begun)
        assert found is not None
        assert len(found.checkpoint["channel_values"]["messages"]) == MESSAGES
    return took


async def one_round(saver: BaseCheckpointSaver[Any], at_once: int, pairs: int) -> tuple[float, list[float]]:
    """Pairs a second, and the seconds of each."""
    begun = time.perf_counter()
    took = await asyncio.gather(*(converse(saver, max(pairs // at_once, 1)) for _ in range(at_once)))
    flat = [each for some in took for each in some]
    return len(flat) / (time.perf_counter() - begun), flat


async def pairs_a_second(contestants: list[Contestant], rounds: int, pairs: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {each.name: {} for each in contestants}
    for at_once in AT_ONCE:
        rates: dict[str, list[float]] = defaultdict(list)
        took: dict[str, list[float]] = defaultdict(list)
        spent: dict[str, list[float]] = defaultdict(list)
        for each in contestants:
            await one_round(each.saver, at_once, at_once * 8)
        for number in range(rounds):
            say(f"{at_once} at once, round {number + 1} of {rounds}")
            for each in contestants:
                begun = time.process_time()
                rate, seconds = await one_round(each.saver, at_once, pairs)
                spent[each.name].append((time.process_time() - begun) / len(seconds))
                rates[each.name].append(rate)
                took[each.name] += seconds
        for each in contestants:
            paired = [a / b for a, b in zip(rates[OURS], rates[each.name], strict=True)]
            found[each.name][str(at_once)] = {
                "pairs_a_second": round(median(rates[each.name])),
                "p50_ms": round(median(took[each.name]) * 1_000, 2),
                "p99_ms": round(percentile(took[each.name], 0.99) * 1_000, 2),
                "cpu_us": round(median(spent[each.name]) * 1_000_000),
                "ours_times": round(median(paired), 2),
            }
    return found


async def long_thread(saver: BaseCheckpointSaver[Any]) -> None:
    """Fifty turns in a graph of one node, which answers at once."""

    async def respond(state: MessagesState) -> dict[str, Any]:
        return {"messages": [said(len(state["messages"]))]}

    builder = StateGraph(MessagesState)
    builder.add_node("respond", respond)
    builder.add_edge(START, "respond")
    chat = builder.compile(checkpointer=saver)
    config: RunnableConfig = {"configurable": {"thread_id": str(uuid.uuid4())}}
    for turn in range(TURNS):
        await chat.ainvoke({"messages": [said(2 * turn)]}, config)


async def bytes_of_a_thread(contestants: list[Contestant]) -> dict[str, int]:
    """Content of all columns as the database keeps it, compressed or not, without indexes and free space."""
    found: dict[str, int] = {}
    for each in contestants:
        before = await each.bytes_stored()
        await long_thread(each.saver)
        after = await each.bytes_stored()
        if before is not None and after is not None:
            found[each.name] = after - before
    return found


@asynccontextmanager
async def postgres_contestants(address: str) -> AsyncIterator[list[Contestant]]:
    """Ours and LangGraph's on one server."""
    async with AsyncExitStack() as stack:
        our_base, packed_base, stock_base, checked_base = [
            await new_database(address, name) for name in ("ours", "packed", "stock", "stock_checked")
        ]
        pool = await stack.enter_async_context(
            open_pool(our_base, max_size=CONNECTIONS, timeout_s=10, name="bench-ours")
        )
        ours = PostgresSaver(pool, serde=StateSerde())
        await ours.setup()
        packed_pool = await stack.enter_async_context(
            open_pool(packed_base, max_size=CONNECTIONS, timeout_s=10, name="bench-packed")
        )
        packed = PostgresSaver(packed_pool, serde=StateSerde(compress_from=COMPRESS_FROM))
        await packed.setup()
        documented: Any = AsyncConnectionPool(
            stock_base,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        )
        await stack.enter_async_context(documented)
        stock = AsyncPostgresSaver(documented)
        await stock.setup()
        checked = AsyncPostgresSaver(
            await stack.enter_async_context(
                open_pool(checked_base, max_size=CONNECTIONS, timeout_s=10, name="bench-stock")
            )
        )
        await checked.setup()
        yield [
            Contestant(OURS, ours, lambda: bytes_in(our_base)),
            Contestant(f"{OURS}, compressed", packed, lambda: bytes_in(packed_base)),
            Contestant(STOCK, stock, lambda: bytes_in(stock_base)),
            Contestant(f"{STOCK}, checked pool", checked, lambda: bytes_in(checked_base)),
        ]


async def new_database(address: str, name: str) -> str:
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as conn:
        await conn.execute(f"CREATE DATABASE bench_{name}")
    return make_conninfo(address, dbname=f"bench_{name}")


async def bytes_in(address: str) -> int:
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as conn:
        rows = [
            await (await conn.execute(f"SELECT coalesce(sum({_COLUMNS[table]}), 0) FROM {table}")).fetchone()
            for table in TABLES
        ]
    return sum(int(row[0]) for row in rows if row)


_COLUMNS: Final = {
    "checkpoints": "pg_column_size(checkpoint) + pg_column_size(metadata)",
    "checkpoint_blobs": "coalesce(pg_column_size(blob), 0)",
    "checkpoint_writes": "pg_column_size(blob)",
}


async def _no_bytes() -> None:
    """What a process keeps as objects has no size to compare."""


async def measure(
    rounds: int = ROUNDS, pairs: int = PAIRS, others: Sequence[Contestant] = ()
) -> dict[str, Any]:
    """Of Postgres' savers, the one in memory, and `others` that are set up already."""
    async with fresh_postgres() as address, postgres_contestants(address) as of_postgres:
        contestants = [*of_postgres, Contestant("InMemorySaver", InMemorySaver(), _no_bytes), *others]
        rates = await pairs_a_second(contestants, rounds, pairs)
        say(f"threads of {TURNS} turns")
        sizes = await bytes_of_a_thread(contestants)
    return {
        "benchmark": "checkpointers",
        "messages": MESSAGES,
        "connections": CONNECTIONS,
        "rates": rates,
        "bytes_of_50_turns": sizes,
    }


def render(result: dict[str, Any]) -> str:
    """The result as a table in Markdown."""
    columns = " | ".join(f"×{n}: pairs/s | p99 ms | CPU µs | ours is × as fast" for n in AT_ONCE)
    lines = [f"| | {columns} | 50 turns, kB |", "|---" * (len(AT_ONCE) * 4 + 2) + "|"]
    for name, found in result["rates"].items():
        cells = " | ".join(
            f"{one['pairs_a_second']:,} | {one['p99_ms']} | {one['cpu_us']} | {one['ours_times']}"
            for one in found.values()
        )
        size = result["bytes_of_50_turns"].get(name)
        lines.append(f"| {name} | {cells} | {round(size / 1_000) if size else ''} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of one contestant in one round")
    given = parser.parse_args()
    result = asyncio.run(measure(given.rounds, given.pairs))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

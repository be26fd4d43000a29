"""Checkpointers on Redis: `python -m benchmarks.redis_savers --redis ADDRESS [--plain ADDRESS] [--json] [--rounds N]`.

Two empty servers, one with RediSearch and RedisJSON, which are emptied again and again; `python -m tests.services.redis
COMMAND ...` runs a command with two of its own. Pairs of a put and a get of a state of
20 messages, the last of which is new in each, with 1, 16 and 64 threads at once; the contestants take turns in short
rounds, and ratios are of one round. "quiet" is the ratio of everybody's best round, "CPU" that of this process's own
time a pair: a busy machine disturbs them less. Then the bytes of a thread of 50 turns: what Redis counts for its keys,
the search index left out. "compressed" is from the size on from which the product compresses what it seals.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from statistics import median
from typing import Any, Final, NamedTuple

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.redis.aio import AsyncRedisSaver
from langgraph.graph import START, MessagesState, StateGraph
from redis.asyncio import BlockingConnectionPool, Redis

from benchmarks.contestants import CONNECTIONS, percentile, say
from config.errors import UserError
from memory.short_term.factory import COMPRESS_FROM
from memory.short_term.redis.module import RedisSaver
from memory.short_term.redis.plain import PlainRedisSaver
from memory.short_term.sealed.state_serde import StateSerde

MESSAGES: Final = 20
TURNS: Final = 50
ROUNDS: Final = 25
PAIRS: Final = 64
AT_ONCE: Final = (1, 16, 64)
STOCK: Final = "AsyncRedisSaver"
WITH_MODULES: Final = "BENCH_REDIS"
WITHOUT: Final = "BENCH_REDIS_PLAIN"
# Enough different words that zstd finds no more in them than in talk.
WORDS: Final = ["".join(random.Random(n).choices("abcdeilmnorstu", k=2 + n % 9)) for n in range(3_000)]

Saver = BaseCheckpointSaver[Any]


@asynccontextmanager
async def contestants(with_modules: str, without: str) -> AsyncIterator[dict[str, tuple[Saver, Any]]]:
    """Each with a client of its server, by name; the two addresses are of empty servers."""
    async with AsyncExitStack() as stack:

        async def client(address: str) -> Any:
            pool = BlockingConnectionPool.from_url(
                address, protocol=2, max_connections=CONNECTIONS, timeout=60
            )
            return await stack.enter_async_context(Redis.from_pool(pool))

        stock = await client(with_modules)
        its = AsyncRedisSaver(redis_client=stock)
        await its.asetup()
        mended = await client(with_modules)
        ours = RedisSaver(mended)
        await ours.asetup()
        serde = StateSerde(compress_from=COMPRESS_FROM)
        packed = await client(with_modules)
        compressed = RedisSaver(packed, serde=serde)
        await compressed.asetup()
        plain, small = await client(without), await client(without)
        yield {
            STOCK: (its, stock),
            "ours, modules": (ours, mended),
            "ours, modules, compressed": (compressed, packed),
            "ours, plain": (PlainRedisSaver(plain), plain),
            "ours, plain, compressed": (PlainRedisSaver(small, serde=serde), small),
        }


def text(seed: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=40))


def messages(count: int, seed: int = 0) -> list[AnyMessage]:
    kinds = (HumanMessage, AIMessage)
    return [kinds[n % 2](text(seed + n), id=f"{seed}-{n}") for n in range(count)]


# Made before the clock runs.
_fresh = cycle([AIMessage(text(1_000_000 + n), id="last") for n in range(500)])


class Conversation:
    """One thread whose state is put and read again."""

    def __init__(self, saver: Saver, name: str, state: list[AnyMessage]) -> None:
        self._saver, self._state = saver, state
        self._config: Any = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        self._version: Any = None

    async def pair(self) -> float:
        """Milliseconds of a put and a get."""
        self._version = self._saver.get_next_version(self._version, None)
        checkpoint: Any = {**empty_checkpoint(), "channel_versions": {"messages": self._version}}
        self._state = [*self._state[:-1], next(_fresh)]
        checkpoint["channel_values"] = {"messages": self._state}
        begun = time.perf_counter()
        made = await self._saver.aput(
            self._config,
            checkpoint,
            {"source": "loop", "step": 1, "parents": {}},
            {"messages": self._version},
        )
        found = await self._saver.aget_tuple(self._config)
        took = (time.perf_counter() - begun) * 1_000
        assert found is not None
        assert found.checkpoint["id"] == made["configurable"]["checkpoint_id"], "it reads its own write"
        assert len(found.checkpoint["channel_values"]["messages"]) == len(self._state)
        return took


class Burst(NamedTuple):
    """Pairs a second, CPU seconds of this process a pair, and the milliseconds of each pair."""

    rate: float
    cpu: float
    took: list[float]


async def burst(saver: Saver, at_once: int, pairs: int) -> Burst:
    state = messages(MESSAGES)
    threads = [Conversation(saver, f"t{time.monotonic_ns()}-{n}", state) for n in range(at_once)]
    each = max(1, pairs // at_once)

    async def talk(thread: Conversation) -> list[float]:
        return [await thread.pair() for _ in range(each)]

    begun, cpu = time.perf_counter(), time.process_time()
    found = await asyncio.gather(*(talk(thread) for thread in threads))
    cpu, spent = time.process_time() - cpu, time.perf_counter() - begun
    done = each * at_once
    return Burst(done / spent, cpu / done, [took for some in found for took in some])


async def pairs(savers: dict[str, tuple[Saver, Any]], at_once: int, rounds: int) -> dict[str, Any]:
    bursts: dict[str, list[Burst]] = {name: [] for name in savers}
    for turn in range(rounds + 1):
        for name, (saver, client) in savers.items():
            done = await burst(saver, at_once, PAIRS)
            if turn:  # the first one warms up
                bursts[name].append(done)
            await emptied(client, saver)
    return {name: _against(found, bursts[STOCK]) for name, found in bursts.items()}


def _against(found: list[Burst], stock: list[Burst]) -> dict[str, float]:
    return {
        "a_second": round(median(each.rate for each in found)),
        "p99_ms": round(percentile([took for each in found for took in each.took], 0.99), 1),
        "times_stock": round(median(a.rate / b.rate for a, b in zip(found, stock, strict=True)), 1),
        "quiet": round(max(each.rate for each in found) / max(each.rate for each in stock), 1),
        "cpu": round(median(b.cpu / a.cpu for a, b in zip(found, stock, strict=True)), 1),
    }


async def emptied(client: Any, saver: Saver) -> None:
    await client.flushall()
    if isinstance(saver, AsyncRedisSaver):  # its index went, too
        await saver.asetup()


async def bytes_of(saver: Saver, client: Any) -> int:
    """Of one thread of 50 turns, as a graph writes it."""
    builder = StateGraph(MessagesState)
    builder.add_node("reply", lambda state: {"messages": [AIMessage(text(10_000 + len(state["messages"])))]})
    builder.add_edge(START, "reply")
    graph = builder.compile(checkpointer=saver)
    await emptied(client, saver)
    config: Any = {"configurable": {"thread_id": "t"}}
    for turn in range(TURNS):
        await graph.ainvoke({"messages": [HumanMessage(text(turn))]}, config)
    size = await bytes_of_keys(client)
    await emptied(client, saver)
    return size


async def bytes_of_keys(client: Any) -> int:
    keys = [key async for key in client.scan_iter(count=1_000)]
    return sum([await client.memory_usage(key, samples=0) for key in keys])


async def measure(with_modules: str, without: str, rounds: int = ROUNDS) -> dict[str, Any]:
    """Raises UserError when one of the two servers holds anything."""
    for address in {with_modules, without}:
        async with Redis.from_url(address) as client:
            if await client.dbsize():
                raise UserError(
                    "The Redis to measure on is not empty, and would be emptied: give another one."
                )
    async with contestants(with_modules, without) as savers:
        found = {}
        for at_once in AT_ONCE:
            say(f"{at_once} at once")
            found[str(at_once)] = await pairs(savers, at_once, rounds)
        say(f"{TURNS} turns")
        sizes = {name: await bytes_of(*each) for name, each in savers.items()}
    return {"benchmark": "redis_savers", "pairs": found, "bytes": sizes}


def render(result: dict[str, Any]) -> str:
    """The result as a table in Markdown."""
    heads = "".join(f" pairs/s ×{n} | p99 ms | × stock | quiet | CPU |" for n in result["pairs"])
    lines = [f"| |{heads} KB of {TURNS} turns | of stock's |", "|---|" + "---|" * (5 * len(AT_ONCE) + 2)]
    for name, size in result["bytes"].items():
        cells = [
            "".join(f" {figure:,} |" for figure in found[name].values()) for found in result["pairs"].values()
        ]
        share = size / result["bytes"][STOCK]
        lines.append(f"| {name} |{''.join(cells)} {size / 1_000:,.0f} | {share:.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--redis", default=os.environ.get(WITH_MODULES), help="with RediSearch and RedisJSON")
    parser.add_argument("--plain", default=os.environ.get(WITHOUT), help="another one; without it the same")
    given = parser.parse_args()
    if not given.redis:
        parser.error(f"it needs --redis ADDRESS, or {WITH_MODULES}")
    result = asyncio.run(measure(given.redis, given.plain or given.redis, given.rounds))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

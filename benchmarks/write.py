"""What a write costs: `python -m benchmarks.write [--json] [--memories N] [--rounds N]`.

One embedded Postgres (fsync on), embedding takes no time. A put of one memory: ours, LangGraph's AsyncPostgresStore
with its default HNSW index, and three floors written by hand, each one prepared statement, with all that it stores
made beforehand: one inserts the value and the halfvec into one table; the same again through LangGraph's own
AsyncBatchedBaseStore on a pooled connection; and one inserts the same rows as ours into unpartitioned copies of our
tables with their indexes. Then batches of 500 into tables that grow to as many memories as are loaded first, the stock
store with and without its index. Then the bytes on disk a memory, indexes included. The contestants take turns.
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, Final

from langgraph.store.base import BaseStore, PutOp

from benchmarks.contestants import (
    BATCH,
    FLAT,
    FLOOR_TABLE,
    STOCK,
    bytes_of,
    drop_ann_index,
    floor,
    fresh_postgres,
    our_store,
    percentile,
    plain,
    say,
    settle,
    stock_store,
)
from benchmarks.rows_floor import RowsFloor
from benchmarks.store_floor import puts_only
from benchmarks.synthetic import Corpus, Ready

MEMORIES: Final = 20_000
EACH: Final = 1_000
ROUNDS: Final = 5
PUTS: Final = 60
SPARE: Final = 2_000
"""Memories that are written one by one, beyond the first."""

Put = Callable[[int], Awaitable[None]]


async def _timed(put: Put, number: int) -> float:
    begun = time.perf_counter()
    await put(number)
    return (time.perf_counter() - begun) * 1_000


async def single(puts: dict[str, Put], first: int, rounds: int, count: int) -> dict[str, Any]:
    """Milliseconds of one put, each of a memory that is not there yet."""
    ms: dict[str, list[list[float]]] = {name: [] for name in puts}
    for put in puts.values():
        for number in range(first - 20, first):
            await put(number)
    for turn in range(rounds):
        for name, put in puts.items():
            numbers = range(first + turn * count, first + (turn + 1) * count)
            ms[name].append([await _timed(put, number) for number in numbers])
    ratios = {
        name: median(median(a) / median(b) for a, b in zip(found, ms["floor"], strict=True))
        for name, found in ms.items()
    }
    same = {
        name: median(median(a) / median(b) for a, b in zip(found, ms["floor, our rows"], strict=True))
        for name, found in ms.items()
    }
    flat = {name: [took for some in found for took in some] for name, found in ms.items()}
    return {
        name: {
            "p50_ms": round(median(took), 2),
            "p95_ms": round(percentile(took, 0.95), 2),
            "times_floor": round(ratios[name], 2),
            "times_floor_of_our_rows": round(same[name], 2),
        }
        for name, took in flat.items()
    }


async def batched(stores: dict[str, BaseStore], batches: list[list[PutOp]]) -> dict[str, list[float]]:
    """Memories a second, batch by batch; everybody writes one before anybody writes the next."""
    rates: dict[str, list[float]] = defaultdict(list)
    for number, batch in enumerate(batches, start=1):
        for name, store in stores.items():
            begun = time.perf_counter()
            await store.abatch(list(batch))
            rates[name].append(len(batch) / (time.perf_counter() - begun))
        if number % 10 == 0:
            say(f"  batch {number} of {len(batches)}")
    return rates


def _rates(rates: dict[str, list[float]]) -> dict[str, Any]:
    """Of the later half, when the tables have grown; the first batches also meet cold caches."""
    later = {name: found[len(found) // 2 :] for name, found in rates.items()}
    return {
        name: {
            "a_second": round(median(found)),
            "ours_times": round(median(a / b for a, b in zip(later["ours"], found, strict=True)), 2),
        }
        for name, found in later.items()
    }


async def measure(memories: int = MEMORIES, rounds: int = ROUNDS) -> dict[str, Any]:
    corpus = Corpus(-(-(memories + SPARE) // EACH), EACH)
    ready = Ready(corpus)
    ops = [ready.know(op, number, corpus) for number, op in enumerate(corpus.puts(range(corpus.size)))]
    batches = [ops[start : start + BATCH] for start in range(0, memories, BATCH)]
    async with (
        fresh_postgres() as address,
        our_store(address, ready) as ours,
        stock_store(address, ready) as stock,
        stock_store(address, ready, schema=FLAT) as flat,
        await plain(address) as conn,
        floor(address, corpus) as hand,
        puts_only(address, ready.vector_of) as bare,
    ):
        await conn.execute(FLOOR_TABLE)
        await drop_ann_index(conn, FLAT)
        say(f"{memories:,} memories in batches of {BATCH}")
        stores: dict[str, BaseStore] = {"ours": ours, "stock, HNSW": stock, "stock, no index": flat}
        rates = _rates(await batched(stores, batches))
        sizes = await _sizes(address, conn, memories)
        say("one by one")
        puts: dict[str, Put] = {name: _putter(store, ops) for name, store in stores.items()}
        rows = await RowsFloor.made(conn, ready, ops[memories:])

        async def by_hand(number: int) -> None:
            await hand.put(number // EACH, number, dict(ops[number].value or {}))

        one = await single(
            {
                "floor": by_hand,
                "floor, as a BaseStore": _putter(bare, ops),
                "floor, our rows": lambda number: rows.put(number - memories),
                **puts,
            },
            memories + 20,
            rounds,
            min(PUTS, (SPARE - 20) // rounds),
        )
    return {
        "benchmark": "write",
        "memories": memories,
        "single": one,
        "batches": rates,
        "bytes_a_memory": sizes,
    }


def _putter(store: BaseStore, ops: list[PutOp]) -> Put:
    async def put(number: int) -> None:
        op = ops[number]
        await store.aput(op.namespace, op.key, op.value or {})

    return put


async def _sizes(address: str, conn: Any, memories: int) -> dict[str, int]:
    await settle(address)
    found = {
        "ours": await bytes_of(conn, "memory\\_%"),
        "stock, HNSW": await bytes_of(conn, "store%", STOCK),
        "stock, no index": await bytes_of(conn, "store%", FLAT),
    }
    return {name: round(size / memories) for name, size in found.items()}


def render(result: dict[str, Any]) -> str:
    """The result as a table in Markdown."""
    lines = [
        f"{result['memories']:,} memories first:",
        "",
        (
            "| | one put, p50 ms | p95 ms | × floor | × floor, our rows | a second, batches of 500 | ours is × as fast "
            "| bytes a memory |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in result["single"].items():
        batch = result["batches"].get(name, {})
        lines.append(
            f"| {name} | {found['p50_ms']} | {found['p95_ms']} | {found['times_floor']} "
            f"| {found['times_floor_of_our_rows']} "
            f"| {batch.get('a_second', '')} | {batch.get('ours_times', '')} "
            f"| {result['bytes_a_memory'].get(name, '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--memories", type=int, default=MEMORIES, help="written in batches first")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    result = asyncio.run(measure(given.memories, given.rounds))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

"""What growth costs: `python -m benchmarks.scale [--json] [--memories N] [--rounds N]`.

Two embedded servers side by side, one with 10,000 memories and one that grew to 1,000,000, with 1,000 memories a user
in both, and searches of any user by vectors and hybrid. The first memories go through abatch in batches of 500; the
users beyond are made in the tables by INSERT .. SELECT, each with another's memories under a name and ids of its own.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median
from typing import Any, Final

from langgraph.store.base import BaseStore

from benchmarks.contestants import (
    LIMIT,
    bytes_of,
    fill_ours,
    fresh_postgres,
    our_store,
    percentile,
    plain,
    say,
    settle,
)
from benchmarks.synthetic import Corpus, Question, Ready

SMALL: Final = 10_000
LARGE: Final = 1_000_000
EACH: Final = 1_000
ROUNDS: Final = 5
QUERIES: Final = 40
STRATEGIES: Final = ("vector", "hybrid")
OWNED: Final = ("memory_items", "memory_lookup", "memory_vectors", "memory_speakers")


async def grow(address: str, corpus: Corpus, copies: int) -> None:
    """Give every user so many doubles, whose names end in "x" and a number."""
    async with await plain(address) as conn:
        await conn.execute("SET mnemograph.owner = '*'")
        row = await (await conn.execute("SELECT max(id) FROM memory_items")).fetchone()
        step = int(row[0]) if row else 0
        columns = {table: await _columns(conn, table) for table in OWNED}
        for copy in range(1, copies + 1):
            for table, names in columns.items():
                made = {"owner": f"owner || 'x{copy}'", "id": f"id + {copy * step}"}
                shown = ", ".join(made.get(name, name) for name in names)
                await conn.execute(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {shown} FROM {table} "
                    "WHERE owner = ANY(%s)",
                    ([".".join(corpus.namespace(owner)) for owner in range(corpus.owners)],),
                )
            if copy % 10 == 0:
                say(f"  {(copy + 1) * corpus.size:,} memories")


async def _columns(conn: Any, table: str) -> list[str]:
    rows = await conn.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attgenerated = '' ORDER BY attnum",
        (table,),
    )
    return [row[0] for row in await rows.fetchall()]


async def asked(
    store: BaseStore, corpus: Corpus, questions: Sequence[Question], copies: int, strategy: str
) -> list[float]:
    """Milliseconds of each, of a user or one of the user's doubles."""
    found = []
    for number, question in enumerate(questions):
        root, name = corpus.namespace(question.owner)
        copy = random.Random(number).randint(0, copies)
        begun = time.perf_counter()
        hits = await store.asearch(
            (root, f"{name}x{copy}" if copy else name),
            query=question.text,
            filter={"$strategy": strategy},
            limit=LIMIT,
        )
        found.append((time.perf_counter() - begun) * 1_000)
        assert len(hits) == LIMIT
    return found


async def measure(memories: int = LARGE, rounds: int = ROUNDS) -> dict[str, Any]:
    corpus = Corpus(SMALL // EACH, EACH)
    questions = corpus.questions(QUERIES)
    ready = Ready(corpus, questions)
    copies = {"small": 0, "large": max(0, memories // SMALL - 1)}
    ms: dict[tuple[str, str], list[list[float]]] = {
        (name, each): [] for name in copies for each in STRATEGIES
    }
    sizes = {}
    async with AsyncExitStack() as stack:
        stores: dict[str, BaseStore] = {}
        for name, more in copies.items():
            address = await stack.enter_async_context(fresh_postgres())
            stores[name] = await stack.enter_async_context(our_store(address, ready))
            say(f"{name}: {(more + 1) * SMALL:,} memories")
            await fill_ours(stores[name], corpus, ready, range(corpus.size))
            await grow(address, corpus, more)
            await settle(address)
            async with await plain(address) as conn:
                sizes[name] = round(await bytes_of(conn, "memory\\_%") / 1e6)
        for number in range(rounds + 1):
            for (name, strategy), kept in ms.items():
                took = await asked(stores[name], corpus, questions, copies[name], strategy)
                if number:  # the first round warms
                    kept.append(took)
            say(f"  round {number} of {rounds}")
    return {
        "benchmark": "scale",
        "memories": {name: (more + 1) * SMALL for name, more in copies.items()},
        "megabytes": sizes,
        "strategies": {each: _compared(ms["small", each], ms["large", each]) for each in STRATEGIES},
    }


def _compared(small: list[list[float]], large: list[list[float]]) -> dict[str, float]:
    found = {}
    for name, rounds in (("small", small), ("large", large)):
        took = [each for some in rounds for each in some]
        found[f"{name}_p50_ms"] = round(median(took), 2)
        found[f"{name}_p95_ms"] = round(percentile(took, 0.95), 2)
    ratio = median(median(b) / median(a) for a, b in zip(small, large, strict=True))
    return found | {"ratio": round(ratio, 2)}


def render(result: dict[str, Any]) -> str:
    """The result as a table in Markdown."""
    few, many = result["memories"]["small"], result["memories"]["large"]
    lines = [
        f"| 1,000 memories a user | p50 ms at {few:,} | p95 ms | p50 ms at {many:,} | p95 ms | × |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['small_p50_ms']} | {row['small_p95_ms']} | {row['large_p50_ms']} "
        f"| {row['large_p95_ms']} | {row['ratio']} |"
        for name, row in result["strategies"].items()
    ]
    sizes = result["megabytes"]
    return "\n".join([*lines, "", f"On disk {sizes['small']:,} and {sizes['large']:,} MB."])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--memories", type=int, default=LARGE, help="in all, of the larger one")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    result = asyncio.run(measure(given.memories, given.rounds))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

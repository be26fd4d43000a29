"""What a search costs: `python -m benchmarks.search [--json] [--explain] [--memories N] [--rounds N] [--queries N]`.

The same 100,000 memories of 384 dimensions in one embedded Postgres (fsync on), once as 100 users with 1,000 each and
once as 10 users with 10,000: ours through asearch, by vectors alone and hybrid; LangGraph's AsyncPostgresStore with its
default HNSW index, with `hnsw.iterative_scan=relaxed_order`, and without an index; and a floor written by hand, one
prepared statement on one connection. Embedding takes no time. Recall is of the ten truly nearest. Ours is filled
through its abatch in batches of 500; the others by COPY, the HNSW index built afterwards. The contestants take turns,
so that a noisy machine slows all of them.
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from statistics import fmean, median
from typing import Any, Final

import numpy as np

from benchmarks.contestants import (
    CONNECTIONS,
    LIMIT,
    Contestant,
    all_contestants,
    fill_all,
    fill_ours,
    fresh_postgres,
    our_store,
    percentile,
    say,
    settle,
)
from benchmarks.plans import plans_of
from benchmarks.slow import added_by_a_slow_embedder
from benchmarks.synthetic import Corpus, Question, Ready

MEMORIES: Final = 100_000
EACH: Final = (1_000, 10_000)
ROUNDS: Final = 5
QUERIES: Final = 20
SOUND: Final = 0.99


def exact(corpus: Corpus, question: Question) -> list[str]:
    """The message ids of the truly nearest."""
    scores = corpus.vectors_of(question.owner) @ question.vector
    first = corpus.of_owner(question.owner).start
    return [f"m{first + int(n)}" for n in np.argsort(-scores)[:LIMIT]]


async def _timed(contestant: Contestant, question: Question) -> tuple[float, list[str]]:
    begun = time.perf_counter()
    found = await contestant.search(question)
    return (time.perf_counter() - begun) * 1_000, found


async def compared(
    contestants: dict[str, Contestant], corpus: Corpus, questions: Sequence[Question], rounds: int
) -> dict[str, Any]:
    """Each round asks everybody its share of the questions, in an order that turns."""
    ms: dict[str, list[list[float]]] = {name: [[] for _ in range(rounds)] for name in contestants}
    recalls: dict[str, list[float]] = defaultdict(list)
    empty: dict[str, list[bool]] = defaultdict(list)
    names = list(contestants)
    for name in names:  # every statement is prepared, every cache warm
        for question in questions[:8]:
            await contestants[name].search(question)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            for question in questions[number::rounds]:
                took, found = await _timed(contestants[name], question)
                ms[name][number].append(took)
                recalls[name].append(len({*found} & {*exact(corpus, question)}) / LIMIT)
                empty[name].append(not found)
        say(f"  round {number + 1} of {rounds}")
    return {
        name: {
            "p50_ms": round(median(chain(*ms[name])), 2),
            "p95_ms": round(percentile(chain(*ms[name]), 0.95), 2),
            "recall_at_10": None if name.endswith("hybrid") else round(fmean(recalls[name]), 3),
            "empty": round(fmean(empty[name]), 3),
            "times_floor": _ratio(ms[name], ms["floor"]),
            "times_ours": _ratio(ms[name], ms["ours, vector"]),
        }
        for name in names
    }


def _ratio(some: list[list[float]], others: list[list[float]]) -> float:
    """The median of the rounds' ratios of medians."""
    return round(median(median(a) / median(b) for a, b in zip(some, others, strict=True)), 2)


async def a_second(contestant: Contestant, questions: Sequence[Question], callers: int) -> float:
    """Searches a second with so many callers at once."""
    queue = list(questions)

    async def call() -> None:
        while queue:
            await contestant.search(queue.pop())

    begun = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return len(questions) / (time.perf_counter() - begun)


async def crowded(
    contestants: dict[str, Contestant], questions: Sequence[Question], rounds: int
) -> dict[str, Any]:
    """16 callers at once, the fast ones with more questions than the slow ones."""
    rates: dict[str, list[float]] = defaultdict(list)
    shares = {name: 1 if name.startswith("ours") else 4 for name in contestants if name != "floor"}
    for name in shares:
        await a_second(contestants[name], questions[: 2 * CONNECTIONS], CONNECTIONS)
    for _ in range(rounds):
        for name, share in shares.items():
            rates[name].append(await a_second(contestants[name], questions[::share], CONNECTIONS))
    return {name: round(median(found), 1) for name, found in rates.items()}


async def one_size(memories: int, each: int, rounds: int, queries: int) -> dict[str, Any]:
    corpus = Corpus(memories // each, each)
    questions = corpus.questions(max(rounds * queries, 4 * CONNECTIONS))
    ready = Ready(corpus, questions)
    async with fresh_postgres() as address:
        say(f"{corpus.owners} users with {each:,} memories each")
        filled = await fill_all(address, corpus, ready)
        async with all_contestants(address, corpus, ready) as contestants:
            searched = await compared(contestants, corpus, questions, rounds)
            say("  16 callers at once")
            many = await crowded(contestants, questions[: 8 * CONNECTIONS], 3)
        say("  a slow embedder")
        slow = await added_by_a_slow_embedder(address, corpus, ready)
    return {
        "memories": corpus.size,
        "each": each,
        "filled": filled,
        "contestants": searched,
        "searches_a_second": many,
        "get_ms": slow,
    }


async def measure(
    memories: int = MEMORIES, rounds: int = ROUNDS, queries: int = QUERIES, sizes: Sequence[int] = EACH
) -> dict[str, Any]:
    rows = [await one_size(memories, each, rounds, queries) for each in sizes]
    return {"benchmark": "search", "rounds": rounds, "queries_a_round": queries, "rows": rows}


async def explained(memories: int, sizes: Sequence[int]) -> str:
    """EXPLAIN (ANALYZE, BUFFERS) of every strategy, as the store runs it."""
    texts = []
    for each in sizes:
        corpus = Corpus(max(1, memories // each), each)
        questions = corpus.questions(8)
        ready = Ready(corpus, questions)
        async with fresh_postgres() as address:
            async with our_store(address, ready) as store:
                await fill_ours(store, corpus, ready, range(corpus.size))
            await settle(address)
            texts.append(f"## {each:,} memories a user, {corpus.size:,} in all\n")
            texts.append(await plans_of(address, corpus, ready, questions))
    return "\n".join(texts)


def render(result: dict[str, Any]) -> str:
    """The result as tables in Markdown."""
    lines: list[str] = []
    for row in result["rows"]:
        lines += [
            f"{row['memories']:,} memories, {row['each']:,} a user:",
            "",
            "| | p50 ms | p95 ms | recall@10 | empty | × floor | × ours, vector | a second, 16 callers |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, found in row["contestants"].items():
            recall = "" if found["recall_at_10"] is None else found["recall_at_10"]
            lines.append(
                f"| {name} | {found['p50_ms']} | {found['p95_ms']} | {recall} | {found['empty']:.0%} "
                f"| {found['times_floor']} | {found['times_ours']} | {row['searches_a_second'].get(name, '')} |"
            )
        lines += ["", _against_stock(row["contestants"])]
        lines += [
            "",
            "| a get, ms | alone | while another caller's text is embedded for 300 ms |",
            "|---|---|---|",
        ]
        lines += [f"| {name} | {got['alone']} | {got['beside']} |" for name, got in row["get_ms"].items()]
        lines.append("")
    return "\n".join(lines).rstrip()


def _against_stock(contestants: dict[str, Any]) -> str:
    """How much faster ours is than the fastest stock configuration that finds as much."""
    exacting = {
        name: found
        for name, found in contestants.items()
        if name.startswith("stock") and found["recall_at_10"] >= SOUND
    }
    if not exacting:
        return f"No stock configuration has a recall of {SOUND}."
    name = min(exacting, key=lambda each: exacting[each]["times_ours"])
    return f"The fastest stock configuration with a recall of {SOUND}: {name}, {exacting[name]['times_ours']} × ours."


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--memories", type=int, default=MEMORIES, help="in all")
    parser.add_argument("--each", type=int, nargs="+", default=list(EACH), help="memories a user")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--queries", type=int, default=QUERIES, help="in each round, of each contestant")
    parser.add_argument(
        "--explain", action="store_true", help="the plans of our lanes instead of a measurement"
    )
    given = parser.parse_args()
    if given.explain:
        print(asyncio.run(explained(given.memories, given.each)))
        return
    result = asyncio.run(measure(given.memories, given.rounds, given.queries, given.each))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

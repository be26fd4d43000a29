"""What compression and sealing cost a conversation: `python -m benchmarks.state [--json] [--rounds N]`.

A state of 50 messages made bytes of and read again: LangGraph's JsonPlusSerializer, and ours that compresses, seals,
and does both; then with the metadata sealed beside it, as a saver does it for each step. LangGraph's own goes before
each one every time: what a contestant costs beyond it is the median of these differences. Then the bytes that a thread
of 50 turns takes in the tables of an embedded Postgres: LangGraph's AsyncPostgresSaver, and ours in each way, as the
turns leave it and after `mnemograph threads prune` with the default settings, which keeps of all but the newest turns
the beginning and the end. The defaults are "ours" on a Postgres of one's own, and "ours, compressed" on the embedded
one. On two empty Redis servers (`python -m tests.services.redis python -m benchmarks state` brings them) the same of
LangGraph's AsyncRedisSaver and ours: what Redis counts for the keys, the search index left out.
"""

import argparse
import asyncio
import json
import os
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any, Final

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from benchmarks.checkpointers import bytes_in, long_thread, new_database, said
from benchmarks.contestants import fresh_postgres, say
from benchmarks.redis_savers import STOCK as STOCK_REDIS_SAVER
from benchmarks.redis_savers import WITH_MODULES, WITHOUT, bytes_of_keys, emptied
from benchmarks.redis_savers import contestants as redis_contestants
from config.settings import Settings
from graphs.maintenance import policy_of
from memory.postgres.pool import open_pool
from memory.short_term.factory import COMPRESS_FROM
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.postgres.sealed_saver import SealedPostgresSaver
from memory.short_term.pruned import prune
from memory.short_term.sealed.envelope import Place
from memory.short_term.sealed.sealed_state import METADATA, VALUE, SealedState
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import StateSerde

MESSAGES: Final = 50
TURNS: Final = 50
ROUNDS: Final = 400
STOCK: Final = "JsonPlusSerializer"
PACKED: Final = "compressed"
SEALED: Final = "sealed"
BOTH: Final = "compressed and sealed"
IN_A_SAVER: Final = f"{BOTH}, with metadata"
STOCK_SAVER: Final = "AsyncPostgresSaver"

Sizes = dict[str, int]
"""Bytes as "written", and what is left of them once "maintained"."""

METADATA_OF_A_STEP: Final = {
    "source": "loop",
    "step": 48,
    "parents": {},
    "user_id": "ana",
    "graph_id": "agent",
}


def _state(compress_from: int) -> SealedState:
    keys = StateKeys({"2026-11": secrets.token_bytes(32)})
    return SealedState(StateSerde(keys, compress_from=compress_from), keys)


def ways() -> dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """How a state is made bytes of, and how it is read again."""
    state = _state(COMPRESS_FROM)
    value, told = Place(VALUE, "thread", "", "messages"), Place(METADATA, "thread")

    def written(messages: Any) -> Any:
        return state.value(value, messages), state.metadata(told, METADATA_OF_A_STEP)

    def read(stored: Any) -> Any:
        state.opened_metadata(told, stored[1])
        return state.opened(value, stored[0])

    serdes: dict[str, SerializerProtocol] = {
        STOCK: JsonPlusSerializer(allowed_msgpack_modules=None),
        PACKED: StateSerde(compress_from=COMPRESS_FROM),
        SEALED: _state(0).serde,
        BOTH: state.serde,
    }
    return {
        **{name: (serde.dumps_typed, serde.loads_typed) for name, serde in serdes.items()},
        IN_A_SAVER: (written, read),
    }


def timed(work: Callable[[Any], Any], given: Any) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work(given)
    return (time.perf_counter() - begun) * 1_000


def cost(rounds: int) -> dict[str, dict[str, float]]:
    messages = [said(number) for number in range(MESSAGES)]
    contestants = ways()
    stored = {name: write(messages) for name, (write, _) in contestants.items()}
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    beyond: dict[str, list[float]] = defaultdict(list)
    stock_write, stock_read = contestants[STOCK]
    for _ in range(rounds):
        for name, (write, read) in contestants.items():
            pairs = (
                (stock_write, write, messages, messages),
                (stock_read, read, stored[STOCK], stored[name]),
            )
            (first, wrote), (second, was_read) = (
                (timed(stock, its), timed(work, given)) for stock, work, its, given in pairs
            )
            took[name].append((wrote, was_read))
            beyond[name].append(wrote + was_read - first - second)
    found = {}
    for name, times in took.items():
        found[name] = {
            "write_ms": round(median(each[0] for each in times), 3),
            "read_ms": round(median(each[1] for each in times), 3),
            "beyond_stock_ms": round(median(beyond[name]), 3),
        }
        if name != IN_A_SAVER:
            found[name]["bytes"] = len(stored[name][1])
    return found


async def bytes_of_a_thread() -> dict[str, Sizes]:
    """Content of all columns as the database keeps it, without indexes and free space."""
    makers: dict[str, Callable[[Any], Any]] = {
        STOCK_SAVER: AsyncPostgresSaver,
        "ours": PostgresSaver,
        f"ours, {PACKED}": lambda pool: PostgresSaver(pool, serde=StateSerde(compress_from=COMPRESS_FROM)),
        f"ours, {SEALED}": lambda pool: SealedPostgresSaver(pool, _state(0)),
        f"ours, {BOTH}": lambda pool: SealedPostgresSaver(pool, _state(COMPRESS_FROM)),
    }
    found: dict[str, Sizes] = {}
    async with fresh_postgres() as address, AsyncExitStack() as stack:
        for number, (name, make) in enumerate(makers.items()):
            say(f"a thread of {TURNS} turns: {name}")
            base = await new_database(address, f"state_{number}")
            saver = make(
                await stack.enter_async_context(open_pool(base, max_size=2, timeout_s=10, name="bench"))
            )
            await saver.setup()
            found[name] = await sizes(saver, partial(bytes_in, base), thins=name != STOCK_SAVER)
    return found


async def bytes_in_redis(with_modules: str, without: str) -> dict[str, Sizes]:
    """What Redis counts for all keys, the search index left out."""
    found: dict[str, Sizes] = {}
    async with redis_contestants(with_modules, without) as savers:
        for name, (saver, client) in savers.items():
            say(f"a thread of {TURNS} turns: {name}")
            await emptied(client, saver)
            found[name] = await sizes(saver, partial(bytes_of_keys, client), thins=name != STOCK_REDIS_SAVER)
            await emptied(client, saver)
    return found


async def sizes(saver: Any, counted: Callable[[], Awaitable[int]], *, thins: bool) -> Sizes:
    """Bytes of a thread of 50 turns, and after what the default settings take of it; nothing does of LangGraph's."""
    await long_thread(saver)
    found = {"written": await counted()}
    if thins:
        await prune(saver, policy_of(Settings.model_construct()), datetime.now(UTC))
        found["maintained"] = await counted()
    return found


async def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    say(f"a state of {MESSAGES} messages")
    servers = [os.environ.get(name) for name in (WITH_MODULES, WITHOUT)]
    return {
        "benchmark": "state",
        "messages": MESSAGES,
        "compress_from": COMPRESS_FROM,
        "costs": cost(rounds),
        f"bytes_of_{TURNS}_turns": await bytes_of_a_thread(),
        "bytes_in_redis": await bytes_in_redis(*servers) if all(servers) else {},  # type: ignore[arg-type]
    }


def render(result: dict[str, Any]) -> str:
    """The result as tables in Markdown."""
    lines = [
        f"| {result['messages']} messages | write ms | read ms | both, beyond LangGraph's own, ms | bytes |",
        "|---" * 5 + "|",
    ]
    lines += [
        f"| {name} | {one['write_ms']} | {one['read_ms']} | {one['beyond_stock_ms']} | {one.get('bytes', '')} |"
        for name, one in result["costs"].items()
    ]
    lines += _sizes(f"{TURNS} turns in Postgres", result[f"bytes_of_{TURNS}_turns"], STOCK_SAVER)
    if result["bytes_in_redis"]:
        lines += _sizes(f"{TURNS} turns in Redis", result["bytes_in_redis"], STOCK_REDIS_SAVER)
    return "\n".join(lines)


def _sizes(what: str, found: dict[str, Sizes], stock: str) -> list[str]:
    whole = found[stock]["written"]
    rows = [
        [name, *(cell for size in (one["written"], one.get("maintained")) for cell in _cells(size, whole))]
        for name, one in found.items()
    ]
    heads = [what, "kB", f"of {stock}'s", "kept by default, kB", f"of {stock}'s"]
    return ["", *("| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * 5, *rows))]


def _cells(size: int | None, whole: int) -> tuple[str, str]:
    return ("", "") if size is None else (f"{size / 1_000:,.0f}", f"{size / whole:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    result = asyncio.run(measure(given.rounds))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

"""What a turn costs without the model: `python -m benchmarks.turn [--json]`.

One user with 1,000 and then 10,000 memories, the local embedder, the embedded Postgres with fsync on; the model
answers at once and two facts are written every turn. A bare graph (one node, LangGraph's own AsyncPostgresSaver on
the same server) takes turns with ours, so that a noisy machine slows both.
"""

import asyncio
import json
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, MessagesState, StateGraph

from agents.context import ChatContext
from config.loading import settled
from config.settings import Settings, load_settings
from graphs.chat import Chat, compile_chat
from memory.embeddings.checked import CheckedEmbeddings
from memory.lifecycle.learning.build import semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.turns.evidence import Said
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.long_term.factory import open_store
from memory.long_term.postgres_store import PostgresStore
from memory.postgres.address import postgres_address
from memory.postgres.pool import open_pool
from memory.short_term.factory import open_checkpointer
from memory.short_term.postgres.saver import PostgresSaver

SIZES = (1_000, 10_000)
TURNS = 60
A_THREAD = 10
BATCH = 250
USER = "bench"

THINGS = (
    "tea",
    "jazz",
    "chess",
    "rowing",
    "maps",
    "clay",
    "ferns",
    "kites",
    "opals",
    "rye bread",
    "trams",
    "owls",
)
PLACES = (
    "Porto",
    "Oslo",
    "Quito",
    "Lyon",
    "Kobe",
    "Cork",
    "Graz",
    "Turku",
    "Bari",
    "Ghent",
    "Split",
    "Malmö",
)


class Clock:
    """Seconds spent inside the parts, by name; a part inside another counts for the inner one alone."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self.inner = [0.0]

    def timed(self, name: str, original: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        async def measured(*args: Any, **kwargs: Any) -> Any:
            self.inner.append(0.0)
            begun = time.perf_counter()
            try:
                return await original(*args, **kwargs)
            finally:
                whole = time.perf_counter() - begun
                self.spent[name] += whole - self.inner.pop()
                self.calls[name] += 1
                self.inner[-1] += whole

        return measured

    @contextmanager
    def watching(self) -> Iterator[None]:
        # The graph writes checkpoints in the background of the next step, so they are counted but not nested.
        parts = (
            (CheckedEmbeddings, "aembed_documents", "embedding"),
            (PostgresStore, "abatch", "store, without embedding"),
        )
        patches = [
            patch.object(owner, name, self.timed(part, getattr(owner, name))) for owner, name, part in parts
        ]
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()


class Instant(GenericFakeChatModel):
    """A model that answers at once, and streams nothing."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


def instant(*_: Any) -> Instant:
    return Instant(messages=iter(AIMessage("All right.") for _ in range(10)))


async def two_facts(document: dict[str, Any]) -> Extraction:
    said = document["messages"][0]
    day, rest = said["text"].split(" I ", 1)
    facts = [
        Fact(
            statement=f"The user {told.removesuffix('.')} {day.lower()}.",
            category="other",
            importance=0.5,
            quote=said["text"],
            message_id=said["id"],
        )
        for told in rest.split(" and ")
    ]
    return Extraction(summary="A day.", facts=facts)


async def fill(store: PostgresStore, have: int, size: int) -> None:
    """Then what autovacuum does within a minute: until it has, statements are planned for tables as they were."""
    now = datetime.now(UTC)
    for start in range(have, size, BATCH):
        ops = []
        for number in range(start, min(start + BATCH, size)):
            place, thing = PLACES[number % 12], THINGS[number // 12 % 12]
            text = f"The user told of {thing} in {place}, story {number}."
            fact = Fact(statement=text, category="other", importance=0.5, quote=text, message_id=str(number))
            said = Said(str(number), "user", text, now)
            ops.append(put(USER, semantic("seed", said, fact, run_id=None, turn=f"seed:{number}", now=now)))
        await store.abatch(ops)
    async with store.pool.connection() as conn:
        await conn.execute("VACUUM ANALYZE")


async def turn(chat: Any, number: int, context: ChatContext | None) -> float:
    thread = uuid.uuid5(uuid.NAMESPACE_OID, f"{id(chat)}-{number // A_THREAD}")
    text = f"On day {number} I saw {THINGS[number % 12]} in {PLACES[number % 11]} and kept {THINGS[number % 7]} of it."
    config = {"configurable": {"thread_id": str(thread)}}
    begun = time.perf_counter()
    await chat.ainvoke({"messages": [HumanMessage(text, id=str(uuid.uuid4()))]}, config, context=context)
    return (time.perf_counter() - begun) * 1_000


@asynccontextmanager
async def bare_graph(configured: Settings) -> AsyncIterator[Any]:
    async def respond(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await instant().ainvoke(state["messages"])]}

    async with (
        postgres_address(configured) as address,
        open_pool(address, max_size=16, timeout_s=10, name="bench-bare") as pool,
    ):
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        builder = StateGraph(MessagesState)
        builder.add_node("respond", respond)
        builder.add_edge(START, "respond")
        yield builder.compile(checkpointer=saver)


async def one_size(chat: Chat, bare: Any, size: int) -> dict[str, Any]:
    clock = Clock()
    ours: list[float] = []
    stock: list[float] = []
    context = ChatContext(user_id=USER)
    for number in range(5):
        await turn(chat, 10_000 + number, context)
        await turn(bare, 10_000 + number, None)
    settled()
    with clock.watching():
        for number in range(TURNS):
            ours.append(await turn(chat, number, context))
            stock.append(await turn(bare, number, None))
    whole = sum(ours) / 1_000
    spent = {name: seconds * 1_000 / TURNS for name, seconds in clock.spent.items()}
    spent["graph, checkpoints and the rest"] = (whole - sum(clock.spent.values())) * 1_000 / TURNS
    return {
        "memories": size,
        "ours_ms": _spread(ours),
        "bare_ms": _spread(stock),
        "ratio": round(median(a / b for a, b in zip(ours, stock, strict=True)), 2),
        "where_ms": {name: round(ms, 2) for name, ms in spent.items()},
        "calls_a_turn": {name: round(count / TURNS, 2) for name, count in clock.calls.items()},
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {"p50": round(median(values), 1), "p95": round(quantiles(values, n=20)[-1], 1)}


async def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mnemograph-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        configured = load_settings(data_dir=Path(folder) / "data", profile="test", model="offline")
        rows = []
        with (
            patch("agents.nodes.respond.chat_model", instant),
            patch("agents.nodes.remember.extractor", lambda *_: two_facts),
        ):
            async with (
                open_store(configured) as store,
                open_checkpointer(configured) as saver,
                bare_graph(configured) as bare,
            ):
                assert isinstance(store, PostgresStore)
                assert isinstance(saver, PostgresSaver)
                chat = compile_chat(saver, store)
                have = 0
                for size in SIZES:
                    print(f"filling up to {size:,} memories …", file=sys.stderr)
                    await fill(store, have, size)
                    rows.append(await one_size(chat, bare, size))
                    have = size
    return {"benchmark": "turn", "turns": TURNS, "rows": rows}


def render(result: dict[str, Any]) -> str:
    """The result as a table in Markdown."""
    lines = [
        "| memories | turn p50 ms | p95 ms | bare graph p50 ms | ratio | where it goes, ms a turn |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        where = ", ".join(f"{name} {ms}" for name, ms in row["where_ms"].items())
        lines.append(
            f"| {row['memories']:,} | {row['ours_ms']['p50']} | {row['ours_ms']['p95']} "
            f"| {row['bare_ms']['p50']} | {row['ratio']} | {where} |"
        )
    return "\n".join(lines)


def main() -> None:
    result = asyncio.run(measure())
    print(json.dumps(result) if "--json" in sys.argv else render(result))


if __name__ == "__main__":
    main()

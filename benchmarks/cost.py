"""What a turn asks of models and database, and how long it takes: `python -m benchmarks.cost [--no-peers] [--json]`.

One user with 1,000 and then 10,000 memories says two new things about themselves every turn, and both become facts. The
models answer at once; texts are embedded by the local model, the embedded Postgres has fsync on. Four take turns, so
that a noisy machine slows all: ours with `remember=inline` and with `remember=background` (whose extraction, after the
turn, is not in its figures), a floor (three nodes on our saver that embed what was said, ask one prepared vector
search, embed two facts and write three rows by one statement: no words, no times, no look at what is known already, no
isolation), and a bare graph (one node) on LangGraph's own AsyncPostgresSaver. Statements are those
that go through psycopg's cursors, BEGIN and COMMIT aside; a prompt's characters include the schema of the answer. With
`--peers` mem0 and langmem are installed into a virtual environment for the day and remember the same turns.
"""

import argparse
import asyncio
import json
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final
from unittest.mock import patch

import psycopg
from langchain_core.messages import HumanMessage
from psycopg import AsyncConnection

from agents.context import ChatContext
from agents.later import Job
from benchmarks.contestants import plain, say
from benchmarks.peers import remembered_by_peers
from benchmarks.turn import PLACES, THINGS, USER, Clock, bare_graph, fill, instant
from benchmarks.turn_floor import copy_to_floor, floor_graph
from config.settings import Settings, load_settings
from graphs.chat import Chat, compile_chat
from graphs.tasks import Tasks
from memory.embeddings.minilm import MiniLM
from memory.lifecycle.turns.extraction import Extraction, Fact
from memory.long_term.factory import open_store
from memory.long_term.postgres_store import PostgresStore
from memory.postgres.address import postgres_address
from memory.short_term.factory import open_checkpointer

SIZES: Final = (1_000, 10_000)
TURNS: Final = 40
WARM: Final = 4
A_THREAD: Final = 10
HOURS: Final = 36_000.0


@dataclass
class Counted:
    """What the turns of one contestant asked for."""

    asked: Counter[str] = field(default_factory=Counter)
    until_reply: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def row(self) -> dict[str, Any]:
        turns = len(self.whole)
        a_turn = {name: round(count / turns, 1) for name, count in sorted(self.asked.items())}
        spent = {name: round(s * 1_000 / turns, 1) for name, s in self.clock.spent.items()}
        return {
            "until_reply_ms": _spread(self.until_reply),
            "turn_ms": _spread(self.whole),
            "a_turn": a_turn,
            "where_ms": spent,
        }


class Watch:
    """Counts for whoever's turn it is."""

    def __init__(self) -> None:
        self.now = Counted()

    @contextmanager
    def on(self) -> Iterator[None]:
        execute, encode = psycopg.AsyncCursor.execute, MiniLM.encode

        async def counted(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            self.now.asked["statements"] += 1
            return await execute(cursor, *args, **kwargs)

        def embedded(model: MiniLM, texts: Sequence[str]) -> Any:
            self.now.asked["embedding calls"] += 1
            self.now.asked["texts embedded"] += len(texts)
            return encode(model, texts)

        def model(*_: Any) -> Any:
            self.now.asked["model calls"] += 1
            return instant()

        async def extract(_: Any, schema: Any, messages: Sequence[Any], **__: Any) -> Extraction:
            self.now.asked["model calls"] += 1
            self.now.asked["extraction calls"] += 1
            prompt = sum(len(str(message.text)) for message in messages)
            shape = json.dumps(schema.model_json_schema())
            self.now.asked["extraction prompt characters"] += prompt + len(shape)
            return two_facts(json.loads(str(messages[-1].text)))

        with (
            patch.object(psycopg.AsyncCursor, "execute", counted),
            patch.object(MiniLM, "encode", embedded),
            patch("agents.nodes.respond.chat_model", model),
            patch("benchmarks.turn.instant", model),
            patch("agents.extraction.extract_structured", extract),
        ):
            yield


def said(number: int, tag: str) -> tuple[str, str]:
    """Two things that nobody said before."""
    place, thing = PLACES[number % 11], THINGS[number % 12]
    return (
        f"I visited the {thing} fair number {tag} in {place}",
        f"my neighbour {tag.title()} collects {thing}",
    )


def two_facts(document: dict[str, Any]) -> Extraction:
    """As a good model would have read the turn."""
    message = next(row for row in document["messages"] if row["role"] == "user")
    visited, collects = str(message["text"]).rstrip(".").split(", and ")
    statements = (visited.replace("I ", "The user ", 1), collects.replace("my ", "The user's ", 1))
    facts = [
        Fact(
            statement=f"{statement}.", category="event", importance=0.5, quote=quote, message_id=message["id"]
        )
        for statement, quote in zip(statements, (visited, collects), strict=True)
    ]
    return Extraction(summary="Two things.", facts=facts)


async def turn(chat: Any, number: int, context: ChatContext | None, counted: Counted) -> dict[str, Any]:
    """Gives what the remembering said of it."""
    thread = uuid.uuid5(uuid.NAMESPACE_OID, f"{id(chat)}-{number // A_THREAD}")
    text = ", and ".join(said(number, uuid.uuid4().hex[:8])) + "."
    config = {"configurable": {"thread_id": str(thread)}}
    message = HumanMessage(text, id=str(uuid.uuid4()))
    remembered: dict[str, Any] = {}
    begun, replied = time.perf_counter(), 0.0
    async for update in chat.astream({"messages": [message]}, config, context=context, stream_mode="updates"):
        if "respond" in update:
            replied = time.perf_counter() - begun
        remembered |= update.get("remember") or {}
    counted.until_reply.append(replied * 1_000)
    counted.whole.append((time.perf_counter() - begun) * 1_000)
    return remembered


@dataclass
class Contestant:
    """A graph, and the setting under which it runs."""

    graph: Any
    context: ChatContext | None = None
    remember: str = "inline"


@dataclass
class Started:
    """Everybody, over one server; `conn` is the floor's."""

    store: PostgresStore
    conn: AsyncConnection[Any]
    contestants: dict[str, Contestant]


async def one_size(contestants: dict[str, Contestant], watch: Watch, configured: Settings) -> dict[str, Any]:
    counts = {name: Counted() for name in contestants}
    for number in range(-WARM, TURNS):
        for name, each in contestants.items():
            counted = counts[name] if number >= 0 else Counted()
            watch.now = counted
            mode = configured.model_copy(update={"remember": each.remember})
            with patch("agents.nodes.remember.settings", lambda mode=mode: mode), counted.clock.watching():
                remembered = await turn(each.graph, number % 1_000, each.context, counted)
            if name == "inline" and len(remembered["learned"]) < 3:
                raise AssertionError(f"two facts and what was said were to be learned, not {remembered}")
    return {name: each.row() for name, each in counts.items()}


def _spread(values: list[float]) -> dict[str, float]:
    return {"p50": round(median(values), 1), "p95": round(quantiles(values, n=20)[-1], 1)}


@asynccontextmanager
async def graphs(configured: Settings) -> AsyncIterator[Started]:
    async def never(_: Job) -> None:
        """The marks tell what waits; nothing of it is measured here."""

    context = ChatContext(user_id=USER)
    async with (
        open_store(configured) as store,
        open_checkpointer(configured) as saver,
        bare_graph(configured) as bare,
        postgres_address(configured) as address,
        await plain(address) as conn,
    ):
        assert isinstance(store, PostgresStore)
        inline: Chat = compile_chat(saver, store)
        background: Chat = compile_chat(saver, store, Tasks(never, HOURS))
        async with floor_graph(conn, saver, store.embeddings) as floor:
            yield Started(
                store,
                conn,
                {
                    "inline": Contestant(inline, context),
                    "background": Contestant(background, context, "background"),
                    "floor": Contestant(floor),
                    "bare": Contestant(bare),
                },
            )


async def measure(*, peers: bool = True) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mnemograph-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        configured = load_settings(data_dir=Path(folder) / "data", profile="test", model="offline")
        rows, have = [], 0
        watch = Watch()
        with watch.on():
            async with graphs(configured) as started:
                for size in SIZES:
                    say(f"filling up to {size:,} memories …")
                    await fill(started.store, have, size)
                    await copy_to_floor(started.conn)
                    rows.append({"memories": size, **await one_size(started.contestants, watch, configured)})
                    have = size
    result: dict[str, Any] = {"benchmark": "cost", "turns": TURNS, "rows": rows}
    return result | ({"peers": await asyncio.to_thread(remembered_by_peers)} if peers else {})


COUNTS: Final = (
    "model calls",
    "extraction calls",
    "extraction prompt characters",
    "embedding calls",
    "texts embedded",
    "statements",
)
NAMES: Final = {
    "inline": "ours, inline",
    "background": "ours, background",
    "floor": "floor, three nodes by hand",
    "bare": "bare graph, AsyncPostgresSaver",
}


def render(result: dict[str, Any]) -> str:
    """The result as tables in Markdown."""
    lines = [f"| | {' | '.join(COUNTS)} |", "|---" * (len(COUNTS) + 1) + "|"]
    for name, title in NAMES.items():
        asked = result["rows"][0][name]["a_turn"]
        lines.append(f"| {title} | {' | '.join(f'{asked.get(each, 0):g}' for each in COUNTS)} |")
    for peer in result.get("peers", []):
        counts = [peer.get("a_turn", {}).get(each, "") for each in COUNTS]
        lines.append(f"| {peer['name']} | {' | '.join(map(str, counts))} |")
    lines += [
        "",
        "| memories | | until the reply, p50 ms | p95 | × bare | turn, p50 ms | p95 | × bare | where, ms a turn |",
        "|---" * 9 + "|",
    ]
    for row in result["rows"]:
        bare = row["bare"]
        for name, title in NAMES.items():
            each = row[name]
            reply, whole = each["until_reply_ms"], each["turn_ms"]
            where = ", ".join(f"{part} {ms}" for part, ms in each["where_ms"].items())
            lines.append(
                f"| {row['memories']:,} | {title} "
                f"| {reply['p50']} | {reply['p95']} | {reply['p50'] / bare['until_reply_ms']['p50']:.2f} "
                f"| {whole['p50']} | {whole['p95']} | {whole['p50'] / bare['turn_ms']['p50']:.2f} | {where} |"
            )
    lines += ["", *(f"{peer['name']}: {peer['said']}" for peer in result.get("peers", []))]
    return "\n".join(lines).rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--no-peers", action="store_true", help="install and measure nobody else's")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    result = asyncio.run(measure(peers=not given.no_peers))
    print(json.dumps(result) if given.json else render(result))


if __name__ == "__main__":
    main()

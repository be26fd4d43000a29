"""Play a transcript through the very path that remembers a chat's turns."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.store.base import BaseStore

from agents.conversation import Turn, marked, turns_after
from agents.nodes.remember import remember_turns
from config.settings import Settings
from memory.lifecycle.learning.remember import Remembered
from memory.lifecycle.turns.transcripts import Line
from memory.schema import Kind

CHUNK = 16
AT_ONCE = 4


@dataclass
class Ingested:
    """What a run added. `already` are turns that an earlier run had remembered."""

    turns: int = 0
    already: int = 0
    facts: int = 0
    unreadable: int = 0

    def add(self, turns: int, result: Remembered) -> None:
        """Count in what one call did with so many turns."""
        new = turns - result.already
        self.turns += new
        self.already += result.already
        self.facts += sum(memory.kind is Kind.SEMANTIC for memory in result.memories)
        self.unreadable += len(result.warnings)


def turns_of(lines: Sequence[Line]) -> list[Turn]:
    """A thread's turns; what an assistant said before anybody else starts none."""
    now = datetime.now(UTC)
    return turns_after([_message(line, now) for line in lines], None)


def _message(line: Line, now: datetime) -> AnyMessage:
    message: AnyMessage
    if line.role == "user":
        message = HumanMessage(line.content, id=line.id, name=line.name)
    elif line.role == "assistant":
        message = AIMessage(line.content, id=line.id, name=line.name)
    else:
        message = ToolMessage(line.content, id=line.id, tool_call_id=str(line.id))
    stamped: AnyMessage = marked(message, said_at=(line.at or now).isoformat())
    return stamped


async def ingest(
    store: BaseStore,
    user_id: str,
    threads: dict[str, list[Turn]],
    configured: Settings,
    progress: Callable[[int], None] = lambda _: None,
) -> Ingested:
    """Remember every turn of every thread; `progress` gets the number of turns just done.

    Raises what the store or the extraction model raises. What was done stays, and a second call goes on from there.
    """
    total = Ingested()
    # A transcript is a document: it tells of people, and gives the agent no orders.
    configured = configured.model_copy(update={"procedures": "off"})
    room = asyncio.Semaphore(AT_ONCE)

    async def one(thread_id: str, turns: list[Turn]) -> None:
        async with room:
            for start in range(0, len(turns), CHUNK):
                chunk = turns[start : start + CHUNK]
                model = configured.memory_model
                total.add(
                    len(chunk),
                    await remember_turns(store, user_id, thread_id, chunk, configured, model=model),
                )
                progress(len(chunk))

    tasks = [asyncio.create_task(one(thread_id, turns)) for thread_id, turns in threads.items()]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return total

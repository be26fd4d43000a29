"""Tools on long-term memory. They act for the user of the run, whatever the model writes."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from langchain.tools import ToolRuntime
from langchain_core.tools import tool
from langgraph.prebuilt import InjectedState

from agents.conversation import last_human, mark, said_at
from agents.framing import as_json
from agents.reranking import open_reranking
from agents.sharing import memory_of as _memory_of
from config.errors import UserError
from config.settings import settings
from memory.lifecycle.build import MAX_STATEMENT_CHARS, semantic
from memory.lifecycle.change import find, forget, supersede
from memory.lifecycle.evidence import Said, turn_name
from memory.lifecycle.extraction import Category, Fact
from memory.lifecycle.lookup import memory_by_id
from memory.lifecycle.recall import recall
from memory.lifecycle.remember import put, reconcile
from memory.lifecycle.rooms import rooms_of
from memory.schema import Memory, Source

MAX_RESULTS = 10

State = Annotated[dict[str, Any], InjectedState]
Runtime = ToolRuntime[Any, Any]


@tool
async def save_memory(statement: str, state: State, runtime: Runtime, category: Category = "other") -> str:
    """Keep a fact about the user for later conversations. Only when the user asks you to remember something.

    Args:
        statement: The fact in the third person, complete on its own: "The user lives in Porto."
        category: What it is about.
    """
    store, user_id = _memory_of(runtime)
    new, known = await reconcile(store, user_id, [_stated(statement, category, state, runtime)])
    await store.abatch([put(user_id, memory) for memory in (*new, *known)])
    memory = (*new, *known)[0]
    return f"{'Saved' if new else 'Already known'}: {memory.text} (id {memory.id})"


@tool
async def search_memory(query: str, runtime: Runtime) -> str:
    """Search what is remembered of the user. Gives a JSON array of them, each with its id.

    Args:
        query: What to look for, in plain words.
    """
    store, user_id = _memory_of(runtime)
    reranking, _ = await open_reranking(runtime, settings())
    found = await recall(store, user_id, query, limit=MAX_RESULTS, reranking=reranking)
    rows = [
        item.model_dump(mode="json", include={"id", "kind", "text", "said_at", "source"}) for item in found
    ]
    return as_json(rows) if rows else "Nothing is remembered about this."


@tool
async def correct_memory(memory_id: str, statement: str, state: State, runtime: Runtime) -> str:
    """Replace a memory that is wrong or has changed. The old one is kept as history and no longer recalled.

    Args:
        memory_id: The id of the memory to replace.
        statement: What holds now, in the third person: "The user lives in Porto."
    """
    store, user_id = _memory_of(runtime)
    old = await find(store, user_id, memory_id)
    stated = _stated(statement, old.category, state, runtime, supersedes=old.id)
    _, known = await reconcile(store, user_id, [stated])
    new = known[0] if known and known[0].id != old.id else stated
    await supersede(store, user_id, old, new, datetime.now(UTC))
    return f"Corrected: {new.text}"


@tool
async def forget_memory(memory_id: str, runtime: Runtime) -> str:
    """Forget a memory for good, with the words it rests on. Only when the user asks for it.

    Args:
        memory_id: The id of the memory to forget.
    """
    store, user_id = _memory_of(runtime)
    for room in await rooms_of(store, user_id):
        if known := await memory_by_id(room, user_id, memory_id):
            await forget(room, user_id, known)
            return "Forgotten."
    memory = await find(store, user_id, memory_id)
    await forget(store, user_id, memory)
    return "Forgotten."


def _stated(
    statement: str, category: str, state: dict[str, Any], runtime: Runtime, supersedes: str | None = None
) -> Memory:
    """A memory that rests on the user's newest message."""
    human = last_human(state["messages"])
    if human is None or not statement.strip():
        raise UserError("There is nothing to keep: give the fact as a sentence.")
    if len(statement) > MAX_STATEMENT_CHARS:
        raise UserError(f"A memory is at most {MAX_STATEMENT_CHARS} characters; give the fact alone.")
    now = datetime.now(UTC)
    said = Said(str(human.id), "user", str(human.text), said_at(human, now), human.name)
    fact = Fact.model_construct(
        statement=statement,
        category=cast(Category, category),
        importance=0.8,
        quote=said.text,
        message_id=said.id,
    )
    thread_id = str(runtime.config["configurable"]["thread_id"])
    return semantic(
        thread_id,
        said,
        fact,
        run_id=mark(human).get("run_id"),
        turn=turn_name(thread_id, said.id),
        now=now,
        source=_source(statement, said.text),
        supersedes=supersedes,
    )


def _source(statement: str, said: str) -> Source:
    """The user's word where most of the statement's words are theirs, else the agent's inference."""
    stems = {word[:4] for word in re.findall(r"\w{3,}", said.casefold())}
    words = [word for word in re.findall(r"\w{3,}", statement.casefold()) if word not in ("the", "user")]
    borne_out = sum(word[:4] in stems for word in words)
    return Source.USER if borne_out * 2 >= len(words) else Source.AGENT

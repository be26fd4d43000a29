"""Extraction in the background: the facts of turns whose words are kept already.

On a LangGraph server it runs on a thread of its own, derived from the conversation's; in a terminal as a task. What is
to be done stands in the store (memory/lifecycle/turns/pending.py), so that nothing is lost with a run.
"""

import asyncio
import hashlib
import hmac
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from langchain_core.messages import AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from typing_extensions import NotRequired, TypedDict  # noqa: UP035 - the schema for Studio needs them

from agents.context import ChatContext
from agents.conversation import Turn, mark, speaker, turns_to_remember
from agents.identity import current_context, current_user
from agents.nodes.remember import remember_turns
from config.errors import UserError
from config.settings import Settings, settings
from memory.lifecycle.reading.lookup import memory_by_id
from memory.lifecycle.sharing.rooms import pending_everywhere
from memory.lifecycle.turns.pending import cancel
from memory.long_term.statements.began import since
from memory.long_term.statements.writes import ConflictError
from memory.short_term.factory import serving_checkpointer

log = logging.getLogger(__name__)

GRAPH = "extraction"
ATTEMPTS = 3
_DERIVED = uuid.UUID("6d6e656d-6f67-5261-8068-6578747261c7")


class ExtractionState(TypedDict):
    """Which conversation, and what came of it. No words: the derived thread says nothing of what was said."""

    thread: str
    """The conversation's thread."""
    extracted: NotRequired[int]
    """Turns whose facts were written."""
    waiting: NotRequired[int]
    """Turns of the conversation that still wait, such as undone ones."""


def derived(thread_id: str, user_id: str, secret: str = "") -> str:
    """The thread on which this user's turns of a conversation are extracted.

    With a `secret` nobody else can tell its id beforehand, and take it before the server does.
    """
    name = f"{thread_id}:{user_id}"
    if secret:
        name = hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()
    return str(uuid.uuid5(_DERIVED, name))


def secrets_of(user_id: str, configured: Settings) -> list[str]:
    """What the server shares with this user alone, which each of its processes knows: their keys, the newest last."""
    if configured.auth != "keys":
        return []
    return [key for key, user in configured.keys_by_user().items() if user == user_id]


async def extract_turns(
    saver: BaseCheckpointSaver[Any],
    store: BaseStore,
    user_id: str,
    thread_id: str,
    configured: Settings,
    *,
    model: str | None = None,
) -> int:
    """Write the facts of this user's turns that wait in the conversation, turn by turn; returns how many it was.

    Raises what the store, the checkpointer or the extraction model raises; turns before the failing one are done.
    """
    began = datetime.now(UTC)
    pending = {
        each.human_id: (place, each.id) for place, each in await pending_everywhere(store, user_id, thread_id)
    }
    if not pending:
        return 0
    messages = await _messages(saver, thread_id)
    own = (None, speaker(thread_id, user_id))
    turns = [
        t
        for t in turns_to_remember(messages, None)
        if t.human.id in pending and mark(t.human).get("by") in own
    ]
    chosen = model or configured.memory_model

    async def remember(turn: Turn) -> int:
        with since(began):  # of somebody who is erased meanwhile nothing is written
            async with asyncio.timeout(configured.remember_timeout_s):
                result = await remember_turns(
                    store, user_id, thread_id, [turn], configured, model=chosen, only_waiting=True
                )
        return 1 - result.already

    done = [str(turn.human.id) for turn in turns if await _past_conflicts(partial(remember, turn))]
    open_ones = {str(message.id) for message in messages} - {str(turn.human.id) for turn in turns}
    for human_id, (place, each) in pending.items():
        if human_id not in {*done, *open_ones}:
            await _drop(place, user_id, each)
    return len(done)


async def _drop(place: BaseStore, user_id: str, left: str) -> None:
    """A turn that left its conversation, or whose words were forgotten, teaches nothing; one undone may be redone."""
    episode = await memory_by_id(place, user_id, left)
    if episode is None or episode.undone is None:
        await cancel(place, user_id, [left])


async def _messages(saver: BaseCheckpointSaver[Any], thread_id: str) -> list[AnyMessage]:
    thread: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    found = await saver.aget_tuple(thread)
    return list(found.checkpoint["channel_values"].get("messages") or []) if found else []


async def _past_conflicts(attempt: Callable[[], Awaitable[int]]) -> int:
    """Words that change while they are extracted are read anew, some times."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await attempt()
        except ConflictError:
            continue
    return await attempt()


async def extract(state: ExtractionState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Extract as the user of the run, whatever its input says: only their own turns have marks of theirs."""
    configured = settings()
    user_id = current_user(runtime, configured)
    if runtime.store is None:
        raise UserError("Long-term memory is not available in this run.")
    thread_id = str(state["thread"])
    model = current_context(runtime).extraction_model
    async with serving_checkpointer(configured) as saver:
        done = await extract_turns(saver, runtime.store, user_id, thread_id, configured, model=model)
    return {"extracted": done, "waiting": len(await pending_everywhere(runtime.store, user_id, thread_id))}


def build() -> StateGraph[ExtractionState, ChatContext, Any, Any]:
    builder = StateGraph(ExtractionState, context_schema=ChatContext)
    builder.add_node("extract", extract)
    builder.add_edge(START, "extract")
    builder.add_edge("extract", END)
    return builder


graph = build().compile(name=GRAPH)

"""A thread's history, forks and replays, through the graph's own state: on every checkpointer alike."""

import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.types import StateSnapshot

from agents.context import ChatContext
from agents.conversation import mark, marked, speaker
from config.errors import UserError
from graphs.chat import Chat
from graphs.threads import say_whose
from graphs.undo import LAST_NODE, at, past_the_reducers
from memory.short_term.timeline import Difference, Step, difference, id_of, named, steps

MOST = 500


class NoSuchThreadError(UserError):
    """There is no such thread, or nothing in it."""

    def __init__(self) -> None:
        super().__init__("There is no such conversation: `mnemograph threads list` shows yours.")


async def snapshots(chat: Chat, thread_id: str, limit: int = MOST) -> list[StateSnapshot]:
    """The newest states of a thread, newest first, at most `limit`. Raises NoSuchThreadError."""
    found = [each async for each in chat.aget_state_history(at(thread_id), limit=limit)]
    if not found:
        raise NoSuchThreadError
    return found


async def history(chat: Chat, thread_id: str, limit: int = MOST) -> list[Step]:
    """What each step did, newest first."""
    found = await snapshots(chat, thread_id, limit + 1)
    return steps(found)[:limit]


async def diff(
    chat: Chat, thread_id: str, before: str | None = None, after: str | None = None
) -> dict[str, Difference]:
    """What differs between two checkpoints, named by the beginning or the end of their ids.

    Without `after` the newest one is meant, without `before` the one before the newest turn, or before what undid or
    redid it. Raises NoSuchThreadError and NoSuchCheckpointError.
    """
    found = await snapshots(chat, thread_id)
    by_id = {id_of(each): each for each in found}
    new = by_id[named(list(by_id), after)] if after else found[0]
    old = by_id[named(list(by_id), before)] if before else _before_the_turn(found)
    return difference(old.values if old else {}, new.values)


def _before_the_turn(found: list[StateSnapshot]) -> StateSnapshot | None:
    """The state that the newest turn began from, or the one that an undo or a redo was written on."""
    for number, each in enumerate(found):
        told: Mapping[str, Any] = each.metadata or {}
        if told.get("source") == "input":
            return each
        if told.get("timeline") in ("undo", "redo"):
            return found[number + 1] if number + 1 < len(found) else None
    return None


async def checkpoint(chat: Chat, thread_id: str, which: str) -> StateSnapshot:
    """One checkpoint by the beginning or the end of its id. Raises UserError."""
    found = await snapshots(chat, thread_id)
    by_id = {id_of(each): each for each in found}
    return by_id[named(list(by_id), which)]


async def replay(chat: Chat, user_id: str, thread_id: str, which: str) -> AsyncIterator[tuple[str, Any]]:
    """Run on from a checkpoint, as LangGraph replays: (node, what it wrote) as it happens.

    The steps behind the checkpoint run anew and become the thread's newest; the earlier ones stay in the history.
    """
    start = await checkpoint(chat, thread_id, which)
    if not start.next:
        raise UserError("Nothing runs on from this checkpoint: name one whose `next` is not empty.")
    config = at(thread_id, id_of(start), user_id=user_id)
    context = ChatContext(user_id=user_id)
    async for part in chat.astream(None, config, context=context, stream_mode="updates"):
        for node, update in part.items():
            yield node, update if isinstance(update, dict) else {}


async def fork(
    chat: Chat,
    user_id: str,
    thread_id: str,
    which: str | None = None,
    target: str | None = None,
    *,
    told: Mapping[str, str] | None = None,
) -> str:
    """A new thread that begins with this one's state, at a checkpoint or now; returns its id.

    What was said before the fork is remembered in its own thread, and not a second time. `told` is what the new one
    says of itself beside its user.
    """
    start = await checkpoint(chat, thread_id, which) if which else (await snapshots(chat, thread_id, 1))[0]
    new = target or str(uuid.uuid4())
    if (await chat.aget_state(at(new))).metadata is not None:
        raise UserError(f"The thread {new} exists already: fork into a new one.")
    values = {name: value for name, value in start.values.items() if name != "undone"}
    messages = [_moved(message, thread_id, new, user_id) for message in values.get("messages") or []]
    if messages:
        values["remembered_to"] = str(messages[-1].id)
    whose = {**(told or {}), "user_id": user_id}
    place = at(new, **whose, timeline="fork", forked_from=thread_id, forked_at=id_of(start))
    exact = past_the_reducers(chat, {**values, "messages": messages})
    await chat.aupdate_state(place, exact, as_node=LAST_NODE)
    await say_whose(chat, at(new, **whose), user_id)
    return new


def _moved(message: Any, source: str, target: str, user_id: str) -> Any:
    """Who said a message is told per thread."""
    if isinstance(message, HumanMessage) and mark(message).get("by") == speaker(source, user_id):
        return marked(message, by=speaker(target, user_id))
    return message


async def export(chat: Chat, thread_id: str) -> dict[str, Any]:
    """All of a thread as JSON: its state now, its messages, and what each step did, oldest first."""
    found = await snapshots(chat, thread_id)
    head = found[0]
    values = {name: value for name, value in head.values.items() if name != "messages"}
    messages = [message.model_dump(mode="json") for message in head.values.get("messages") or []]
    told = [step.as_json() for step in reversed(steps(found))]
    return {"thread_id": thread_id, "messages": messages, "state": values, "steps": told}

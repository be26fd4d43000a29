"""Undo and redo of whole turns: the thread goes back, and so does what the turn taught.

An undo takes the memories back first and then writes the thread's earlier state on top of its history; a redo does
it the other way round. So whatever a crash leaves is a turn in the thread whose memories are away: doing it again
finishes it, and `mend` gives such memories back when nobody does.
"""

import asyncio
import logging
import weakref
from collections import Counter
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.channels.binop import BinaryOperatorAggregate
from langgraph.store.base import BaseStore
from langgraph.types import StateSnapshot

from agents.conversation import last_human, mark, speaker
from agents.sharing import places_of_turn
from agents.state import Undone
from config.errors import UserError
from graphs.chat import Chat
from memory.lifecycle.changing.undo import EVIDENCE, bring_back, take_back
from memory.lifecycle.reading.lookup import all_of
from memory.lifecycle.sharing.rooms import rooms_of
from memory.lifecycle.turns.evidence import turn_name
from memory.schema import Kind, Status
from memory.short_term.timeline import id_of

log = logging.getLogger(__name__)

MOST_STEPS = 10_000
LAST_NODE = "approve"
"""A state that is written as if by this node leaves nothing to run."""

NOTHING_TO_UNDO = "There is nothing to undo in this conversation."
NOTHING_TO_REDO = "There is nothing to redo: only what was undone last, and before a new message, can be."
ANOTHERS = "The last turn of this conversation is another person's: only they can undo it."
GONE = "The state before this turn is no longer kept, so the turn cannot be undone."
GONE_AFTER = "The state with this turn is no longer kept, so the turn cannot be redone."
WENT_ON = "The conversation went on meanwhile: look at it again, and then try again."

_locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()


@dataclass(frozen=True)
class Changed:
    """A turn that was undone or redone.

    Attributes:
        turn: its human message's id.
        said: what that message said.
        counts: how many memories left recall, or came back, by kind; under EVIDENCE those that stayed all the same.
        checkpoint_id: the thread's newest checkpoint now.
        finished: nothing more was done than to finish what a crash had left of an earlier redo.
    """

    turn: str
    said: str
    counts: Counter[str]
    checkpoint_id: str
    finished: bool = False

    @property
    def memories(self) -> int:
        """How many left recall, or came back."""
        return self.counts.total() - self.counts[EVIDENCE]

    @property
    def kinds(self) -> dict[str, int]:
        return {kind.value: self.counts[kind.value] for kind in Kind if self.counts[kind.value]}


def of_thread(thread_id: str) -> asyncio.Lock:
    """Held while this process changes the thread from outside of a run."""
    return _locks.setdefault(thread_id, asyncio.Lock())


def at(thread_id: str, checkpoint_id: str | None = None, **metadata: Any) -> RunnableConfig:
    """A thread, or one of its checkpoints."""
    place = {"thread_id": thread_id, "checkpoint_ns": ""}
    where = {**place, "checkpoint_id": checkpoint_id} if checkpoint_id else place
    return {"configurable": where, "metadata": metadata} if metadata else {"configurable": where}


async def undo(chat: Chat, user_id: str, thread_id: str) -> Changed:
    """Take the newest turn back. Done again after a crash, it finishes the same turn.

    Raises UserError when there is none, it is another person's, or the state before it is no longer kept.
    """
    async with of_thread(thread_id):
        head = await chat.aget_state(at(thread_id))
        human = last_human(head.values.get("messages") or [])
        if human is None:
            raise UserError(NOTHING_TO_UNDO)
        if mark(human).get("by") not in (None, speaker(thread_id, user_id)):
            raise UserError(ANOTHERS)
        before = await _before(chat, head, str(human.id))
        turn = turn_name(thread_id, str(human.id))
        taken: Counter[str] = Counter()
        for each in _places(chat, user_id, human):
            taken += await take_back(each, user_id, turn)
        entry = Undone(turn=str(human.id), checkpoint=id_of(head))
        undone = [*(head.values.get("undone") or []), entry]
        written = await write_over(chat, head, {**before, "undone": undone}, user_id=user_id, timeline="undo")
        return Changed(entry["turn"], str(human.text), taken, written)


async def redo(chat: Chat, user_id: str, thread_id: str) -> Changed:
    """Bring back the turn that was undone last; first of all what a crash left away of the newest turn.

    Raises UserError when there is none, or its state is no longer kept.
    """
    async with of_thread(thread_id):
        head = await chat.aget_state(at(thread_id))
        human = last_human(head.values.get("messages") or [])
        if human is not None and (back := await _back(chat, user_id, thread_id, human)):
            return Changed(str(human.id), str(human.text), back, id_of(head), finished=True)
        undone: list[Undone] = list(head.values.get("undone") or [])
        if not undone:
            raise UserError(NOTHING_TO_REDO)
        entry = undone.pop()
        target = await chat.aget_state(at(thread_id, entry["checkpoint"]))
        said = [m for m in target.values.get("messages") or [] if m.id == entry["turn"]]
        if not said:
            raise UserError(GONE_AFTER)
        if mark(said[0]).get("by") not in (None, speaker(thread_id, user_id)):
            raise UserError(ANOTHERS)
        wanted = {**target.values, "undone": undone}
        written = await write_over(chat, head, wanted, user_id=user_id, timeline="redo")
        back = await _back(chat, user_id, thread_id, said[0])
        return Changed(entry["turn"], str(said[0].text), back, written)


async def mend(chat: Chat, user_id: str) -> int:
    """Give back the memories of turns that are in their threads: a crash left them away. Returns how many."""
    store = store_of(chat)
    return sum([await _mend(chat, each, user_id) for each in (store, *await rooms_of(store, user_id))])


async def _mend(chat: Chat, store: BaseStore, user_id: str) -> int:
    away: dict[str, set[str]] = {}
    async for memory in all_of(store, user_id, Kind.EPISODIC, {"status": Status.RETRACTED.value}):
        if memory.undone:
            away.setdefault(memory.provenance.thread_id, set()).add(memory.turn)
    back = 0
    for thread_id, turns in away.items():
        async with of_thread(thread_id):
            try:
                head = await chat.aget_state(at(thread_id))
            except Exception as error:  # noqa: BLE001 - a thread whose last step failed keeps up no other
                log.warning("thread %s cannot be read: %s: %s", thread_id, type(error).__name__, error)
                continue
            for message in head.values.get("messages") or []:
                turn = turn_name(thread_id, str(message.id))
                if isinstance(message, HumanMessage) and turn in turns:
                    back += (await bring_back(store, user_id, turn)).total()
    return back


async def _back(chat: Chat, user_id: str, thread_id: str, human: AnyMessage) -> Counter[str]:
    turn = turn_name(thread_id, str(human.id))
    back: Counter[str] = Counter()
    for each in _places(chat, user_id, human):
        back += await bring_back(each, user_id, turn)
    return back


def _places(chat: Chat, user_id: str, human: AnyMessage) -> list[BaseStore]:
    return places_of_turn(store_of(chat), user_id, human)


def store_of(chat: Chat) -> BaseStore:
    if chat.store is None:
        raise UserError("This conversation has no long-term memory.")
    return chat.store


async def _before(chat: Chat, head: StateSnapshot, human_id: str) -> dict[str, Any]:
    """The values of the nearest earlier state without this message."""
    snapshot = head
    for _ in range(MOST_STEPS):
        if all(message.id != human_id for message in snapshot.values.get("messages") or []):
            return dict(snapshot.values)
        if snapshot.parent_config is None:
            break
        snapshot = await chat.aget_state(snapshot.parent_config)
        if snapshot.metadata is None:
            break
    raise UserError(GONE)


async def write_over(
    chat: Chat, head: StateSnapshot, wanted: dict[str, Any], *, user_id: str, **metadata: Any
) -> str:
    """Write a state on top of the thread's history, as it is and past the reducers; returns its checkpoint's id.

    Raises UserError when the thread's newest checkpoint is no longer `head`.
    """
    thread_id = str(head.config["configurable"]["thread_id"])
    now = await chat.aget_state(at(thread_id))
    if id_of(now) != id_of(head):
        raise UserError(WENT_ON)
    values: dict[str, Any] = {}
    for name in dict.fromkeys([*head.values, *wanted]):
        current = head.values.get(name)
        value = wanted[name] if name in wanted else _empty(current)
        if value != current:
            values[name] = value
    place = at(thread_id, id_of(head), user_id=user_id, **metadata)
    written = await chat.aupdate_state(place, past_the_reducers(chat, values), as_node=LAST_NODE)
    return str(written["configurable"]["checkpoint_id"])


def _empty(value: Any) -> Any:
    """What stands for a key that an earlier state did not have: a channel cannot be taken away."""
    empty: Any = type(value)
    return empty()


def past_the_reducers(chat: Chat, values: dict[str, Any]) -> dict[str, Any]:
    """An update that puts these values in the place of what is there."""
    # As a dictionary, which a strict serde reads; LangGraph's Overwrite is the same to its channels.
    return {
        name: {"__overwrite__": value}
        if isinstance(chat.channels.get(name), BinaryOperatorAggregate)
        else value
        for name, value in values.items()
    }

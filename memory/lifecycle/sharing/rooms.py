"""Where an agent remembers a turn: among the user's memories if it was granted to write them, else in its own room.

Either way it is a store, so that remembering, undoing and forgetting are the same functions as for a user.
"""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from memory.lifecycle.sharing.grants import Action, asking, read
from memory.lifecycle.sharing.sharing import SharedStore, is_open
from memory.lifecycle.turns.pending import Pending, pending_of
from memory.long_term.rows.readers import Reader
from memory.long_term.statements.operations import under_its_conditions
from memory.long_term.wrappers.wrapper import Wrapper
from memory.namespaces import ROOMS, decode_label, memory_namespace, owner_namespace, room_namespace
from memory.schema import Kind

MAX_ROOMS: Final = 100
LEARNED: Final = (Kind.SEMANTIC, Kind.EPISODIC)
"""What a turn teaches; who may write one of them alone keeps both to itself, so that a turn stays one transaction."""


@dataclass(frozen=True)
class Place:
    """`store`: where a turn's memories belong; None where they are already, in a place that is closed by now.

    `own`: in the agent's room, which keeps no copy of what the agent is only shown. `procedures`: whether how things
    are done may be proposed there.
    """

    store: BaseStore | None
    own: bool = False
    procedures: bool = True


async def place_for(store: BaseStore, reader: Reader, episode_id: str, turn: str, now: datetime) -> Place:
    """Where this agent's turn is to be remembered, which stays the same once its episode is there."""
    shared = memory_namespace(reader.user_id, Kind.EPISODIC)
    own = (*room_namespace(reader.user_id, reader.agent), Kind.EPISODIC.value)
    ops: list[Op] = [
        asking(reader.home),
        GetOp(shared, episode_id, refresh_ttl=False),
        GetOp(own, episode_id, refresh_ttl=False),
    ]
    granted, in_shared, in_own = await store.abatch(ops)
    grants = read(cast(list[SearchItem], granted))
    writes = {
        kind: is_open(grants, reader, memory_namespace(reader.user_id, kind), Action.WRITE, now)
        for kind in Kind
    }
    may = all(writes[kind] for kind in LEARNED)
    if in_shared is not None and not may:
        return Place(None)
    if in_own is not None or not may:
        return Place(Signed(OwnRoom(store, reader), reader.agent, {turn}), own=True)
    shared_store = Signed(SharedStore(store, reader), reader.agent, {turn})
    return Place(shared_store, procedures=writes[Kind.PROCEDURAL])


async def rooms_of(store: BaseStore, user_id: str) -> list["OwnRoom"]:
    """The rooms of all agents that keep something of this user."""
    above = (*owner_namespace(user_id), ROOMS)
    found = await store.alist_namespaces(prefix=above, max_depth=len(above) + 1, limit=MAX_ROOMS)
    return [
        OwnRoom(store, Reader(user_id, decode_label(each[-1]))) for each in found if len(each) > len(above)
    ]


async def pending_everywhere(
    store: BaseStore, user_id: str, thread_id: str | None = None
) -> list[tuple[BaseStore, Pending]]:
    """Where and what of a user's turns still waits for its facts, agents' rooms included; of one thread or of all."""
    places: list[BaseStore] = [store, *await rooms_of(store, user_id)]
    return [(place, each) for place in places for each in await pending_of(place, user_id, thread_id)]


async def are_its_own(room: BaseStore, user_id: str, ids: Collection[str]) -> bool:
    """Whether all memories of these ids are in the agent's room, so that none of them was only shown to it."""
    ops = [
        GetOp(memory_namespace(user_id, kind), each, refresh_ttl=False) for each in set(ids) for kind in Kind
    ]
    found = {item.key for item in await room.abatch(ops) if isinstance(item, Item)} if ops else set()
    return found >= set(ids)


class OwnRoom(Wrapper):
    """An agent's room of one user as if it were all that the user has; nothing else is there."""

    def __init__(self, inner: BaseStore, reader: Reader) -> None:
        alone = Reader(reader.user_id, reader.agent, alone=True)
        super().__init__(SharedStore(inner, alone))
        self.agent = reader.agent
        self._home = reader.home
        self._room = room_namespace(reader.user_id, reader.agent)

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        return [self._out(result) for result in await self.inner.abatch([self._into(op) for op in ops])]

    def _into(self, op: Op) -> Op:
        if isinstance(op, PutOp):
            made = PutOp(self._inside(op.namespace), *op[1:])
            return under_its_conditions(made, op)
        if isinstance(op, GetOp):
            return op._replace(namespace=self._inside(op.namespace))
        if isinstance(op, SearchOp):
            return op._replace(namespace_prefix=self._inside(op.namespace_prefix))
        raise ValueError("An agent's room has no list of namespaces; search it by kind.")

    def _inside(self, namespace: tuple[str, ...]) -> tuple[str, ...]:
        if tuple(namespace[: len(self._home)]) != self._home:
            raise ValueError(f"{namespace!r} is not of the user whose room this is.")
        return (*self._room, *namespace[len(self._home) :])

    def _out(self, result: Result) -> Any:
        if isinstance(result, list):
            return [self._outside(item) if isinstance(item, Item) else item for item in result]
        return self._outside(result) if isinstance(result, Item) else result

    def _outside(self, item: Item) -> Item:
        made = copy.copy(item)
        made.namespace = (*self._home, *item.namespace[len(self._room) :])
        return made


class Signed(Wrapper):
    """Writes of the memories of some turns name the agent that learned them."""

    def __init__(self, inner: BaseStore, agent: str, turns: Collection[str]) -> None:
        super().__init__(inner)
        self._agent = agent
        self._turns = frozenset(turns)

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        return await self.inner.abatch([self._signed(op) for op in ops])

    def _signed(self, op: Op) -> Op:
        if not isinstance(op, PutOp) or op.value is None or op.value.get("turn") not in self._turns:
            return op
        came = op.value.get("provenance")
        if not isinstance(came, Mapping) or came.get("agent"):
            return op
        value = {**op.value, "provenance": {**came, "agent": self._agent}}
        made = PutOp(op.namespace, op.key, value, op.index, op.ttl)
        return under_its_conditions(made, op)

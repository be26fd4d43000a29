"""Who keeps memories of a person: their own agent, and each agent of a team that has a room of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from langgraph.store.base import BaseStore

from config.errors import UserError
from memory.lifecycle.learning.decisions import TurnDecisions, decisions_in, decisions_of
from memory.lifecycle.reading.browsing import NoSuchMemoryError, Position, Wanted, browse, named
from memory.lifecycle.reading.lookup import memories_by_id, memory_by_id
from memory.lifecycle.sharing.rooms import rooms_of
from memory.namespaces import Namespace, memory_namespace, room_namespace
from memory.schema import Memory


@dataclass(frozen=True)
class Whose:
    """Whose memories are meant, and kept by whom: None for all, "" for the user's own, else the agent of this name."""

    user_id: str
    agent: str | None = None


@dataclass(frozen=True)
class Keeper:
    """An agent's room, or under the name "" what is the user's own; its store holds nothing else."""

    user_id: str
    agent: str
    store: BaseStore

    def namespace(self, kind: str) -> Namespace:
        """Where in the whole store its memories of this kind are."""
        if self.agent:
            return (*room_namespace(self.user_id, self.agent), kind)
        return memory_namespace(self.user_id, kind)


@dataclass(frozen=True)
class Found:
    """A memory, and who keeps it."""

    memory: Memory
    keeper: Keeper


@dataclass(frozen=True)
class Listed:
    """`next` None: that was all."""

    found: list[Found]
    next: Position | None = None


async def keepers(store: BaseStore, whose: Whose) -> list[Keeper]:
    """The user's own place first, then the rooms by the names of their agents.

    Raises UserError where the agent that is named keeps nothing of this user.
    """
    own = Keeper(whose.user_id, "", store)
    if whose.agent == "":
        return [own]
    rooms = [Keeper(whose.user_id, each.agent, each) for each in await rooms_of(store, whose.user_id)]
    rooms.sort(key=lambda each: each.agent)
    if whose.agent is None:
        return [own, *rooms]
    named_so = [each for each in rooms if each.agent == whose.agent]
    if not named_so:
        names = ", ".join(each.agent for each in rooms) or "none does"
        raise UserError(f"No agent {whose.agent[:64]!r} keeps anything of its own of this user: {names}.")
    return named_so


async def browse_all(
    places: Sequence[Keeper], wanted: Wanted, *, limit: int, after: Position | None = None
) -> Listed:
    """The memories of this sort, keeper by keeper and there as `browse` gives them."""
    found: list[Found] = []
    names = [each.agent for each in places]
    if after and after.keeper not in names:
        raise UserError(f"A listing goes on after what `next` said, not after {str(after)[:64]!r}.")
    first = names.index(after.keeper) if after else 0
    for number, keeper in enumerate(places[first:]):
        # One more tells whether there is more.
        page = await browse(
            keeper.store,
            keeper.user_id,
            wanted,
            limit=max(1, limit - len(found)),
            after=None if number else after,
        )
        if page.memories and len(found) >= limit:
            return Listed(found, Position.beginning(keeper.agent))
        found += [Found(memory, keeper) for memory in page.memories]
        if page.next:
            return Listed(found, page.next.of(keeper.agent))
    return Listed(found)


async def still_there(places: Sequence[Keeper], ids: Sequence[str]) -> list[Found]:
    """Of these ids the memories that have words, keeper by keeper: what was forgotten is not among them."""
    return [
        Found(memory, keeper)
        for keeper in places
        for memory in await memories_by_id(keeper.store, keeper.user_id, ids)
        if not memory.emptied
    ]


async def named_among(places: Sequence[Keeper], memory_id: str) -> Found:
    """The one memory whose id this is, or begins with this. Raises UserError as `browsing.named` does."""
    for keeper in places:
        if whole := await memory_by_id(keeper.store, keeper.user_id, memory_id):
            return Found(whole, keeper)
    found: list[Found] = []
    missing: NoSuchMemoryError | None = None
    for keeper in places:
        try:
            found.append(Found(await named(keeper.store, keeper.user_id, memory_id), keeper))
        except NoSuchMemoryError as error:
            missing = error
    if len(found) > 1:
        raise UserError(f"Several memories' ids begin with {memory_id[:64]!r}: give more of it.")
    if not found and missing is not None:
        raise missing
    return found[0]


async def decisions_among(
    places: Sequence[Keeper], *, limit: int, turn: str = ""
) -> list[tuple[str, TurnDecisions]]:
    """The newest turns' decisions first, or those of one turn, each with the agent in whose room they are."""
    found = [
        (keeper.agent, each)
        for keeper in places
        for each in (
            await decisions_in(keeper.store, keeper.user_id, turn)
            if turn
            else await decisions_of(keeper.store, keeper.user_id, limit=limit)
        )
    ]
    return sorted(found, key=lambda each: each[1].at, reverse=True)[:limit]

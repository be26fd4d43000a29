"""How far turns are remembered: whether their episodes are in the store, undone, or still without their facts."""

from collections.abc import Sequence
from dataclasses import dataclass

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from memory.lifecycle.learning.build import episode_id
from memory.lifecycle.turns.evidence import Evidence
from memory.lifecycle.turns.pending import marks, unmarked
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status


@dataclass(frozen=True)
class Standing:
    """A turn's first episode as it was read, and its version: 0 for none, None where the store has no versions."""

    episode: Memory | None = None
    version: int | None = 0
    pending: bool = False

    @property
    def is_undone(self) -> bool:
        """Its turn was taken back: said again, it is a new one."""
        return self.episode is not None and self.episode.undone is not None

    @property
    def waits(self) -> bool:
        """Its words are kept, and its facts are still to come; of what was forgotten, none are."""
        return self.pending and not self.is_undone and self.is_active

    @property
    def is_active(self) -> bool:
        return self.episode is not None and self.episode.status is Status.ACTIVE

    @property
    def is_done(self) -> bool:
        """Nothing of it is missing any more."""
        return self.episode is not None and not self.is_undone and not self.waits

    def completed(self, first: Memory) -> list[Memory]:
        """Of a turn that waits, what the facts add to its words: the summary that `first` has."""
        return [self.episode.model_copy(update={"summary": first.summary})] if self.episode else []

    def settled(self, user_id: str) -> list[PutOp]:
        """What takes away the mark that facts are to come, where there is one."""
        return [unmarked(user_id, self.episode.id)] if self.pending and self.episode else []


async def standings(store: BaseStore, user_id: str, turns: Sequence[Evidence]) -> list[Standing]:
    """Of each of these turns."""
    ops = looks(user_id, turns)
    return read(await store.abatch(ops)) if ops else []


def looks(user_id: str, turns: Sequence[Evidence]) -> list[GetOp]:
    """The reads that tell it."""
    ids = [episode_id(evidence) for evidence in turns]
    places = [memory_namespace(user_id, Kind.EPISODIC), marks(user_id)]
    return [GetOp(place, each, refresh_ttl=False) for place in places for each in ids]


def read(found: Sequence[object]) -> list[Standing]:
    """What such reads found."""
    half = len(found) // 2
    return [_read(episode, mark) for episode, mark in zip(found[:half], found[half:], strict=True)]


def _read(episode: object, mark: object) -> Standing:
    if not isinstance(episode, Item):
        return Standing()
    return Standing(
        Memory.from_value(episode.value), getattr(episode, "version", None), isinstance(mark, Item)
    )

"""How far turns are remembered: whether their episodes are in the store, undone, or still without their facts."""

from collections.abc import Sequence
from dataclasses import dataclass

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from memory.lifecycle.build import episode_id
from memory.lifecycle.evidence import Evidence
from memory.lifecycle.pending import marks, unmarked
from memory.long_term.operations import PutIf
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Status


@dataclass(frozen=True)
class Standing:
    """A turn's episode as it was read. `version` is None where the store has none."""

    episode: Memory
    pending: bool
    version: int | None

    @property
    def is_undone(self) -> bool:
        """Its turn was taken back: said again, it is a new one."""
        return self.episode.undone is not None

    @property
    def waits(self) -> bool:
        """Its facts are still to come."""
        return self.pending and not self.is_undone and self.episode.status is Status.ACTIVE

    @property
    def is_done(self) -> bool:
        """Nothing of it is missing any more; what was forgotten is not missing."""
        return not self.is_undone and not self.waits

    def settled(self, user_id: str) -> list[PutOp]:
        """What takes away the mark that facts are to come, where there is one."""
        return [unmarked(user_id, self.episode.id)] if self.pending else []

    def finished(self, user_id: str, summary: str) -> list[PutOp]:
        """What completes a turn whose words are kept: refused when they were changed since they were read."""
        episode = self.episode.model_copy(update={"summary": summary})
        op = PutOp(memory_namespace(user_id, episode.kind), episode.id, episode.to_value())
        return [op if self.version is None else PutIf(op, self.version), *self.settled(user_id)]


async def standings(store: BaseStore, user_id: str, turns: Sequence[Evidence]) -> dict[str, Standing]:
    """Of the turns whose episodes are in the store, by the episodes' ids."""
    if not turns:
        return {}
    ids = [episode_id(evidence) for evidence in turns]
    places = [memory_namespace(user_id, Kind.EPISODIC), marks(user_id)]
    found = await store.abatch([GetOp(place, each, refresh_ttl=False) for place in places for each in ids])
    there = [item for item in found[: len(ids)] if isinstance(item, Item)]
    waiting = {item.key for item in found[len(ids) :] if isinstance(item, Item)}
    return {
        item.key: Standing(Memory.from_value(item.value), item.key in waiting, getattr(item, "version", None))
        for item in there
    }

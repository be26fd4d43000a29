"""Where turns are remembered, and what of them: among the user's memories, or in the room of a specialist."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final

from langgraph.store.base import BaseStore

from agents.conversation import Turn
from agents.sharing import agent_of, reader_of
from memory.lifecycle.learning.build import episode_id
from memory.lifecycle.sharing.rooms import Place, are_its_own, place_for
from memory.lifecycle.turns.evidence import Evidence
from memory.long_term.rows.readers import Reader

LOOKING: Final = ("search_memory",)
"""Tools that show memories beside those that were recalled."""


@dataclass(frozen=True)
class Placed:
    """Some turns as evidence, in their order, and the place where they belong."""

    place: Place
    evidence: list[Evidence]


async def placed(
    store: BaseStore, user_id: str, told: Sequence[tuple[Turn, Evidence]], now: datetime
) -> AsyncIterator[Placed]:
    """The turns in their order: those of the user's own agent together, each of a specialist's for itself.

    Raises what the store raises.
    """
    for agent, some in groupby(told, key=lambda each: agent_of(each[0].human)):
        if not agent:
            yield Placed(Place(store), [evidence for _, evidence in some])
            continue
        for turn, evidence in some:
            yield await _of_a_specialist(store, reader_of(user_id, agent), turn, evidence, now)


async def _of_a_specialist(
    store: BaseStore, reader: Reader, turn: Turn, evidence: Evidence, now: datetime
) -> Placed:
    """A reply from what was only shown to the specialist is not kept in its room: it would outlive the grant."""
    place = await place_for(store, reader, episode_id(evidence), evidence.turn, now)
    if place.store is not None and place.own:
        evidence = replace(evidence, before="", before_in="")
        searched = any(turn.called(tool) for tool in LOOKING)
        if searched or not await are_its_own(place.store, reader.user_id, evidence.used):
            evidence = replace(evidence, said=tuple(each for each in evidence.said if each.role == "user"))
    return Placed(place, [evidence])

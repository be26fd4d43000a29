"""Mark the words of episodes whose facts no longer hold, or hold again: what there is to write beside the facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from langgraph.store.base import BaseStore, PutOp, SearchOp

from memory.lifecycle.learning.clusters import SUMMARY
from memory.lifecycle.learning.stand_ins import dissolve, stood_for
from memory.lifecycle.learning.withdrawn import remarked, standing_of
from memory.lifecycle.reading.lookup import MAX_OF_ONE_TURN
from memory.lifecycle.reading.neighbours import Neighbour, knows_strategies, looked_up, own_words
from memory.long_term.statements.operations import options
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Source, Status

REPEATS: Final = 50
"""Messages that are looked at for the agent's saying a fact again in other turns."""


@dataclass
class Marked:
    """The episodes as they are from now on, by id, on the versions that were read; and `gone`, which deletes."""

    episodes: dict[str, Neighbour] = field(default_factory=dict)
    gone: list[PutOp] = field(default_factory=list)


async def marked(
    store: BaseStore, user_id: str, facts: Iterable[Memory], known: Mapping[str, Memory] | None = None
) -> Marked:
    """What the statuses of these facts make of the words that they rest on. Reads, and writes nothing.

    `known` are memories that are about to be written, by id: they count as they are there. A summary of what never
    held goes, and what else it stood for comes back. One that is wrong itself says nothing of the words it sums up.
    """
    result = Marked()
    for fact in (each for each in facts if each.kind is Kind.SEMANTIC and each.category != SUMMARY):
        await _mark(result, store, user_id, fact, known or {})
    return result


async def _mark(
    result: Marked, store: BaseStore, user_id: str, fact: Memory, known: Mapping[str, Memory]
) -> None:
    told = [fact, *(each for each in await stood_for(store, user_id, [fact]) if each.kind is Kind.SEMANTIC)]
    turns = list(dict.fromkeys(turn for each in told for turn in (each.turn, *each.also)))
    found = {each.memory.id: each for each in await looked_up(store, _searches(store, user_id, told, turns))}
    if standing_of(fact) is Status.RETRACTED:
        gone, freed = await dissolve(store, user_id, turns=turns)
        result.gone += gone
        result.episodes |= {each.id: Neighbour(each) for each in freed if each.id not in known}
    found |= {name: Neighbour(each) for name, each in known.items() if each.turn in turns}
    found |= result.episodes
    ids = {each.id for each in told}
    for each in found.values():
        episode = each.memory
        if episode.kind is Kind.EPISODIC and (episode.turn in turns or _repeats(episode, ids)):
            after = remarked(episode, fact, told)
            if after is not episode:
                result.episodes[after.id] = Neighbour(after, each.version)


def _searches(store: BaseStore, user_id: str, told: Sequence[Memory], turns: Sequence[str]) -> list[SearchOp]:
    place = memory_namespace(user_id, Kind.EPISODIC)
    ops = [SearchOp(place, filter={"turn": turn}, limit=MAX_OF_ONE_TURN, refresh_ttl=False) for turn in turns]
    if knows_strategies(store):
        asked = options("keyword")
        ops += [
            SearchOp(place, query=words, filter=asked, limit=REPEATS, refresh_ttl=False)
            for each in told
            if (words := own_words(each.text))
        ]
    return ops


def _repeats(episode: Memory, ids: set[str]) -> bool:
    """Whether it is the agent's, who had the fact before it."""
    return episode.provenance.source is Source.AGENT and bool(ids & set(episode.used))

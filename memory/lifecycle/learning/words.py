"""Keep what was said in turns at once, word for word and without a model; their facts come later."""

from collections.abc import Sequence
from datetime import datetime

from langgraph.store.base import BaseStore, PutOp

from memory.lifecycle.learning.build import episode_id, episodes
from memory.lifecycle.learning.remember import put
from memory.lifecycle.learning.standing import standings
from memory.lifecycle.reading.lookup import of_turn
from memory.lifecycle.turns.evidence import Evidence
from memory.lifecycle.turns.pending import marked
from memory.namespaces import memory_namespace
from memory.schema import Memory


async def keep_words(
    store: BaseStore, user_id: str, turns: Sequence[Evidence], *, now: datetime
) -> list[Memory]:
    """Write the turns' episodes, with a mark that facts are to come, in one transaction; returns what is new.

    A turn whose words are kept already is left alone. One that leaves no words behind has no facts to come.
    """
    kept: list[Memory] = []
    ops: list[PutOp] = []
    for evidence, before in zip(turns, await standings(store, user_id, turns), strict=True):
        if before.is_done or before.waits:
            continue
        said = episodes(evidence, "", now)
        kept += said
        ops += [put(user_id, memory) for memory in said]
        if not evidence.private:
            ops.append(marked(user_id, episode_id(evidence), evidence, now))
        if before.is_undone:
            written = {memory.id for memory in said}
            ops += [
                PutOp(memory_namespace(user_id, memory.kind), memory.id, None)
                for memory in await of_turn(store, user_id, evidence.turn)
                if memory.undone and memory.id not in written
            ]
    if ops:
        await store.abatch(ops)
    return kept

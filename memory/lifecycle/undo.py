"""Take back what a turn taught, and bring it back. Each is one write, and doing it again changes nothing.

What is taken back stays, retracted, with what it was. A memory that other turns bear out as well stays active and
loses this turn's evidence alone. What the turn forgot stays forgotten.
"""

from langgraph.store.base import BaseStore, PutOp

from memory.lifecycle.lookup import all_of, memory_by_id, of_turn
from memory.lifecycle.remember import MAX_ALSO, put, reconcile
from memory.lifecycle.stand_ins import dissolve
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Source, Status, TakenBack


async def take_back(store: BaseStore, user_id: str, turn: str) -> int:
    """The turn's memories leave recall. Returns how many left or lost evidence; 0 when they had before.

    Raises what the store raises; then nothing is taken back, where the store's batches are transactions.
    """
    # A summary that holds the turn's words goes; what else it stood for comes back.
    gone, freed = await dissolve(store, user_id, turns=(turn,))
    writes = {memory.id: memory for memory in freed}
    for memory in await of_turn(store, user_id, turn):
        if memory.undone is None and memory.also:
            writes[memory.id] = await _moved(store, user_id, memory, memory.also[0])
        elif memory.undone is None:
            earlier = await _superseded(store, user_id, memory, writes)
            known = writes.get(memory.id, memory)
            closed_at = earlier.validity.valid_to if earlier else None
            writes[memory.id] = known.model_copy(
                update={
                    "status": Status.RETRACTED,
                    "undone": TakenBack(status=known.status, closed_at=closed_at),
                }
            )
            if earlier:
                writes[earlier.id] = _reopened(writes.get(earlier.id, earlier))
    async for memory in all_of(store, user_id, Kind.SEMANTIC):
        if turn in memory.also:
            known = writes.get(memory.id, memory)
            writes[memory.id] = _without_evidence(known, turn)
    if writes:
        await store.abatch([*gone, *(put(user_id, memory) for memory in writes.values())])
    return len(writes) - sum(memory.turn != turn for memory in freed)


async def bring_back(store: BaseStore, user_id: str, turn: str) -> int:
    """What `take_back` took. Returns how many memories came back or got evidence back; 0 when none was away.

    A statement that was learned again meanwhile is one memory, which the turn bears out as well.
    """
    away = {memory.id: memory for memory in await of_turn(store, user_id, turn) if memory.undone}
    restored = {memory.id: _restored(memory) for memory in away.values()}
    async for memory in all_of(store, user_id, Kind.SEMANTIC):
        if turn in memory.undone_also and memory.undone:
            away[memory.id] = memory
            restored[memory.id] = _restored(await _moved(store, user_id, memory, turn))
        elif turn in memory.undone_also:
            restored[memory.id] = _with_evidence(memory, turn)
    facts = [restored[each] for each in away if restored[each].kind is Kind.SEMANTIC]
    merged, again = await _known_again(store, user_id, facts, restored)
    for memory in again:
        restored[memory.id] = _with_evidence(memory, turn)
    for memory in merged:
        twin = next(each for each in again if each.fingerprint == memory.fingerprint)
        restored[twin.id] = _with_all_evidence(restored[twin.id], restored.pop(memory.id))
    for memory_id in away.keys() & restored.keys():
        await _close_earlier(store, user_id, away[memory_id], restored)
    ops = [put(user_id, memory) for memory in restored.values()]
    ops += [PutOp(memory_namespace(user_id, memory.kind), memory.id, None) for memory in merged]
    if ops:
        await store.abatch(ops)
    return len(restored)


async def _known_again(
    store: BaseStore, user_id: str, facts: list[Memory], restored: dict[str, Memory]
) -> tuple[list[Memory], list[Memory]]:
    """Those that an active memory says as well, and these memories."""
    active = [memory for memory in facts if memory.status is Status.ACTIVE]
    _, again = await reconcile(store, user_id, active)
    said = {memory.fingerprint for memory in again}
    # What is restored already has the evidence of the turn, which the store does not know yet.
    return [m for m in active if m.fingerprint in said], [restored.get(m.id, m) for m in again]


async def _close_earlier(store: BaseStore, user_id: str, memory: Memory, restored: dict[str, Memory]) -> None:
    """The memory that this one superseded ceases to hold again, unless something else took its place."""
    if not memory.supersedes or not memory.undone or not memory.undone.closed_at:
        return
    earlier = restored.get(memory.supersedes) or await memory_by_id(store, user_id, memory.supersedes)
    if earlier and earlier.validity.superseded_by is None:
        restored[earlier.id] = _closed(earlier, memory)


async def _moved(store: BaseStore, user_id: str, memory: Memory, turn: str) -> Memory:
    """It rests on this turn instead of its own: on the turn's own words, where they are known."""
    said = [
        each
        for each in await of_turn(store, user_id, turn)
        if each.kind is Kind.EPISODIC and each.provenance.source is Source.USER
    ]
    provenance = said[0].provenance if said else memory.provenance.model_copy(update={"quote": ""})
    others = [each for each in memory.also if each != turn]
    undone = [each for each in memory.undone_also if each != turn]
    return memory.model_copy(
        update={
            "turn": turn,
            "also": others,
            "undone_also": [*undone, memory.turn][-MAX_ALSO:],
            "provenance": provenance,
        }
    )


async def _superseded(
    store: BaseStore, user_id: str, memory: Memory, writes: dict[str, Memory]
) -> Memory | None:
    """The memory whose place this one took."""
    if not memory.supersedes:
        return None
    found = writes.get(memory.supersedes) or await memory_by_id(store, user_id, memory.supersedes)
    return found if found and found.validity.superseded_by == memory.id else None


def _reopened(memory: Memory) -> Memory:
    validity = memory.validity.model_copy(update={"valid_to": None, "superseded_by": None})
    return _with_status(memory, Status.ACTIVE).model_copy(update={"validity": validity})


def _closed(memory: Memory, by: Memory) -> Memory:
    closed_at = by.undone.closed_at if by.undone else None
    validity = memory.validity.model_copy(update={"valid_to": closed_at, "superseded_by": by.id})
    return _with_status(memory, Status.SUPERSEDED).model_copy(update={"validity": validity})


def _with_status(memory: Memory, status: Status) -> Memory:
    """The status that it has, or that it will have again once its own turn is redone."""
    if memory.undone:
        return memory.model_copy(update={"undone": memory.undone.model_copy(update={"status": status})})
    return memory.model_copy(update={"status": status})


def _restored(memory: Memory) -> Memory:
    status = memory.undone.status if memory.undone else memory.status
    return memory.model_copy(update={"status": status, "undone": None})


def _without_evidence(memory: Memory, turn: str) -> Memory:
    also = [each for each in memory.also if each != turn]
    undone = [*(each for each in memory.undone_also if each != turn), turn][-MAX_ALSO:]
    return memory.model_copy(update={"also": also, "undone_also": undone})


def _with_evidence(memory: Memory, turn: str) -> Memory:
    also = memory.also if turn in (memory.turn, *memory.also) else [*memory.also, turn][-MAX_ALSO:]
    undone = [each for each in memory.undone_also if each != turn]
    return memory.model_copy(update={"also": also, "undone_also": undone})


def _with_all_evidence(memory: Memory, twin: Memory) -> Memory:
    """What bears out either of two memories that say the same bears out the one that stays."""
    also = [each for each in dict.fromkeys([*memory.also, *twin.also]) if each != memory.turn]
    undone = [each for each in dict.fromkeys([*memory.undone_also, *twin.undone_also]) if each not in also]
    return memory.model_copy(update={"also": also[-MAX_ALSO:], "undone_also": undone[-MAX_ALSO:]})

"""Take back what a turn taught, and bring it back. Each is one write, and doing it again changes nothing.

What is taken back stays, retracted, with what it was. A memory that other turns bear out as well stays active and
loses this turn's evidence alone. What the turn forgot stays forgotten.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from langgraph.store.base import BaseStore, PutOp

from memory.lifecycle.language.parts import is_part
from memory.lifecycle.learning.reconcile import MAX_ALSO, said_again
from memory.lifecycle.learning.remember import put
from memory.lifecycle.learning.stand_ins import dissolve
from memory.lifecycle.learning.withdrawing import marked
from memory.lifecycle.reading.lookup import all_of, memory_by_id, of_turn
from memory.lifecycle.reading.neighbours import twins
from memory.long_term.statements.began import begins_now
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Replaced, Source, Status, TakenBack

EVIDENCE: Final = "evidence"
"""Counted beside the kinds: memories that stay, since other turns bear them out as well."""


@begins_now
async def take_back(store: BaseStore, user_id: str, turn: str) -> Counter[str]:
    """The turn's memories leave recall. Returns how many by kind, and how many lost EVIDENCE; empty on a second time.

    Raises what the store raises; then nothing is taken back, where the store's batches are transactions.
    """
    # A summary that holds the turn's words goes; what else it stood for comes back.
    gone, freed = await dissolve(store, user_id, turns=(turn,))
    writes = {memory.id: memory for memory in freed}
    counts: Counter[str] = Counter()
    held = await _with_evidence_of_several(store, user_id)
    for memory in await of_turn(store, user_id, turn):
        if memory.undone is None and memory.also:
            counts[EVIDENCE] += 1
            writes[memory.id] = await _moved(store, user_id, memory, memory.also[0])
        elif memory.undone is None:
            counts[memory.kind.value] += 1
            known = writes.get(memory.id, memory)
            facts = [each for each in held if each.kind is Kind.SEMANTIC]
            replaced = await _replaced(store, user_id, memory, facts, writes)
            writes[memory.id] = known.model_copy(
                update={
                    "status": Status.RETRACTED,
                    "undone": TakenBack(
                        status=known.status, replaced=[_as_replaced(each) for each in replaced]
                    ),
                }
            )
            heir = memory.validity.superseded_by
            writes |= {each.id: _given_up(writes.get(each.id, each), heir) for each in replaced}
            for each in replaced if heir is None else ():
                writes |= _whole_again(writes[each.id], [one for one in facts if is_part(one, each)], writes)
    for memory in held:
        if turn in memory.also:
            known = writes.get(memory.id, memory)
            counts[EVIDENCE] += 1
            writes[memory.id] = _without_evidence(known, turn)
    if writes:
        # What holds again gives its words back.
        marks = await marked(store, user_id, list(writes.values()), writes)
        writes |= {each.memory.id: each.memory for each in marks.episodes.values()}
        await store.abatch([*gone, *marks.gone, *(put(user_id, memory) for memory in writes.values())])
    return counts


@begins_now
async def bring_back(store: BaseStore, user_id: str, turn: str) -> Counter[str]:
    """What `take_back` took. Returns how many came back by kind, and how many got EVIDENCE back; empty for none.

    A statement that was learned again meanwhile is one memory, which the turn bears out as well.
    """
    away = {memory.id: memory for memory in await of_turn(store, user_id, turn) if memory.undone}
    restored = {memory.id: _restored(memory) for memory in away.values()}
    for memory in await _with_evidence_of_several(store, user_id):
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
    counts = Counter(each.kind.value if each.id in away else EVIDENCE for each in restored.values())
    for memory_id in away.keys() & restored.keys():
        await _replace_again(store, user_id, away[memory_id], restored)
    marks = await marked(store, user_id, list(restored.values()), restored)
    restored |= {each.memory.id: each.memory for each in marks.episodes.values()}
    ops = [*marks.gone, *(put(user_id, memory) for memory in restored.values())]
    ops += [PutOp(memory_namespace(user_id, memory.kind), memory.id, None) for memory in merged]
    if ops:
        await store.abatch(ops)
    return counts


async def _with_evidence_of_several(store: BaseStore, user_id: str) -> list[Memory]:
    """Memories of the kinds that more than one turn may bear out."""
    kinds = (Kind.SEMANTIC, Kind.PROCEDURAL)
    return [memory for kind in kinds async for memory in all_of(store, user_id, kind)]


async def _known_again(
    store: BaseStore, user_id: str, facts: list[Memory], restored: dict[str, Memory]
) -> tuple[list[Memory], list[Memory]]:
    """Those that an active memory says as well, and these memories."""
    active = [memory for memory in facts if memory.status is Status.ACTIVE]
    again = await twins(store, user_id, active)
    known = {
        m.fingerprint: said_again(again[m.fingerprint].memory, m.turn)
        for m in active
        if m.fingerprint in again
    }
    # What is restored already has the evidence of the turn, which the store does not know yet.
    return [m for m in active if m.fingerprint in known], [restored.get(m.id, m) for m in known.values()]


async def _replace_again(store: BaseStore, user_id: str, memory: Memory, restored: dict[str, Memory]) -> None:
    """The memories whose place this one had cede it again, unless something else took it."""
    for was in _had(memory):
        earlier = restored.get(was.id) or await memory_by_id(store, user_id, was.id)
        if earlier and earlier.validity.superseded_by in (None, memory.validity.superseded_by):
            restored[earlier.id] = _closed(earlier, was, memory.id)
            for name in earlier.stands_for:
                part = restored.get(name) or await memory_by_id(store, user_id, name)
                if part and part.supersedes == earlier.id:
                    restored |= _apart_again(restored[earlier.id], part)


def _had(memory: Memory) -> list[Replaced]:
    if memory.undone is None:
        return []
    if memory.undone.replaced or not memory.supersedes or not memory.undone.closed_at:
        return memory.undone.replaced
    return [Replaced(id=memory.supersedes, valid_to=memory.undone.closed_at)]


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


async def _replaced(
    store: BaseStore, user_id: str, memory: Memory, facts: Sequence[Memory], writes: dict[str, Memory]
) -> list[Memory]:
    """The memories whose place this one took; `facts` are all of the user's."""
    found = [writes.get(each.id, each) for each in facts if each.validity.superseded_by == memory.id]
    if memory.supersedes and memory.supersedes not in {each.id for each in facts}:
        other = writes.get(memory.supersedes) or await memory_by_id(store, user_id, memory.supersedes)
        found += [other] if other and other.validity.superseded_by == memory.id else []
    return found


def _as_replaced(memory: Memory) -> Replaced:
    status = memory.undone.status if memory.undone else memory.status
    return Replaced(id=memory.id, status=status, valid_to=memory.validity.valid_to, reason=memory.reason)


def _given_up(memory: Memory, heir: str | None) -> Memory:
    """What was replaced holds again, unless another took the place of what replaced it: then that one's it is."""
    if heir is None:
        return _reopened(memory)
    return memory.model_copy(update={"validity": memory.validity.model_copy(update={"superseded_by": heir})})


def _reopened(memory: Memory) -> Memory:
    validity = memory.validity.model_copy(update={"valid_to": None, "superseded_by": None})
    return _with_status(memory, Status.ACTIVE).model_copy(update={"validity": validity, "reason": ""})


def _whole_again(memory: Memory, parts: Sequence[Memory], writes: dict[str, Memory]) -> dict[str, Memory]:
    """A memory that holds again says what was kept of it, and stands for that."""
    merged = [_with_status(writes.get(each.id, each), Status.MERGED) for each in parts]
    stands_for = [*dict.fromkeys([*memory.stands_for, *(each.id for each in merged)])]
    whole = memory.model_copy(update={"stands_for": stands_for})
    return {each.id: each for each in [whole, *merged]}


def _apart_again(memory: Memory, part: Memory) -> dict[str, Memory]:
    others = [each for each in memory.stands_for if each != part.id]
    ended = memory.model_copy(update={"stands_for": others})
    return {each.id: each for each in [ended, _with_status(part, Status.ACTIVE)]}


def _closed(memory: Memory, was: Replaced, by: str) -> Memory:
    validity = memory.validity.model_copy(update={"valid_to": was.valid_to, "superseded_by": by})
    return _with_status(memory, was.status).model_copy(update={"validity": validity, "reason": was.reason})


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

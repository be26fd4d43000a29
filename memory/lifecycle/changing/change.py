"""Correct and forget single memories. What was true once is kept as history; what is forgotten is gone."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from langgraph.store.base import BaseStore, PutOp

from config.errors import UserError
from memory.lifecycle.changing.runs import scrubbed
from memory.lifecycle.language.beginnings import is_dated
from memory.lifecycle.language.parts import is_part
from memory.lifecycle.language.repeats import Wanted
from memory.lifecycle.learning.build import FORGOTTEN
from memory.lifecycle.learning.decisions import empty_decisions
from memory.lifecycle.learning.reconcile import closed
from memory.lifecycle.learning.remember import ATTEMPTS, put, put_marked
from memory.lifecycle.learning.stand_ins import dissolve, stood_for
from memory.lifecycle.learning.withdrawing import marked
from memory.lifecycle.reading.lookup import MAX_OF_ONE_TURN, all_of, memory_by_id, of_turn, upon
from memory.lifecycle.reading.neighbours import Neighbour, versioned
from memory.long_term.statements.began import begins_now
from memory.long_term.statements.writes import ConflictError
from memory.namespaces import memory_namespace
from memory.schema import Kind, Look, Memory, Source, Status, fingerprint


async def find(store: BaseStore, user_id: str, memory_id: str) -> Memory:
    """One memory of this user. Raises UserError when the user has none of that id, whoever else may."""
    found = await memory_by_id(store, user_id, memory_id)
    if found is None:
        raise UserError(f"There is no memory with the id {memory_id[:64]!r}; search for it again.")
    return found


@begins_now
async def supersede(
    store: BaseStore,
    user_id: str,
    old: Memory,
    new: Memory,
    now: datetime,
    *,
    wrong: bool = False,
    kept: Sequence[Memory] = (),
) -> None:
    """Put `new` in the place of `old`, which stays as history, in one write; a repetition changes nothing.

    `wrong`: `old` never held, and is retracted; else it was true until now. `kept` is what of `old` holds on. Raises
    UserError when something else took the place of `old` before, or does so at the same time.
    """
    for _ in range(ATTEMPTS):
        current = await versioned(store, user_id, old.id) or Neighbour(old)
        try:
            await _supersede(store, user_id, current, new, now, wrong=wrong, kept=kept)
        except ConflictError:
            continue
        return
    raise UserError(f"The memory {old.id!r} is being changed by somebody else; try again.")


async def _supersede(
    store: BaseStore,
    user_id: str,
    current: Neighbour,
    new: Memory,
    now: datetime,
    *,
    wrong: bool,
    kept: Sequence[Memory],
) -> None:
    old = current.memory
    by = old.validity.superseded_by
    if by is not None and by != new.id:
        raise UserError(f"The memory {old.id!r} was replaced before; search for the one that holds now.")
    if by is not None:
        return
    if new.id == old.id:
        again = put(user_id, new.model_copy(update={"supersedes": old.supersedes}))
        await store.abatch([upon(store, again, current.version)])
        return
    past = closed(old, new, "corrects" if wrong else "outdates")
    if not wrong and not is_dated(new):
        past = past.model_copy(update={"validity": past.validity.model_copy(update={"valid_to": now})})
    writes = {new.id: new, **{each.id: each for each in kept}}
    for later, earlier in pairwise([past, *await _earlier(store, user_id, old)]):
        # Said, taken back and said again in one turn: it leaves its earlier place in the chain.
        if earlier.id == new.id:
            writes[later.id] = later.model_copy(update={"supersedes": earlier.supersedes})
    past = writes.pop(past.id, past)
    ops = [put(user_id, memory) for memory in writes.values()]
    ops += put_marked(store, user_id, await marked(store, user_id, [past]))
    await store.abatch([upon(store, put(user_id, past), current.version), *ops])


@begins_now
async def retract(
    store: BaseStore, user_id: str, memory: Memory, reason: str, look: Look | None = None
) -> None:
    """It leaves recall as one that never held, and stays as history with the reason; a repetition changes nothing.

    So do the words that taught it. Raises UserError when somebody changes it all the while.
    """
    for _ in range(ATTEMPTS):
        current = await versioned(store, user_id, memory.id) or Neighbour(memory)
        if current.memory.status is Status.RETRACTED:
            return
        looks = current.memory.looked_at(look) if look else current.memory.looks
        update = {"status": Status.RETRACTED, "reason": reason, "looks": looks}
        gone = current.memory.model_copy(update=update)
        if await put_upon(store, user_id, gone, current.version):
            return
    raise UserError(f"The memory {memory.id!r} is being changed by somebody else; try again.")


async def put_upon(store: BaseStore, user_id: str, memory: Memory, version: int | None) -> bool:
    """Write it upon the version that was read, with the marks on its words; False where that is no more."""
    marks = put_marked(store, user_id, await marked(store, user_id, [memory]))
    try:
        await store.abatch([upon(store, put(user_id, memory), version), *marks])
    except ConflictError:
        return False
    return True


@begins_now
async def forget(store: BaseStore, user_id: str, memory: Memory) -> int:
    """Delete a memory, what it took the place of, and its words in every episode where they were said.

    Returns how many memories went. The emptied episodes stay, so that no turn is remembered a second time; what was
    decided in those turns goes.
    """
    found = await _with_what_it_replaced(store, user_id, memory)
    found += await stood_for(store, user_id, found)
    gone = list({each.id: each for each in found}.values())
    # Of several writes of one memory the last counts.
    ops = await _from_consolidation(store, user_id, gone)
    ops += await _echoes(store, user_id, gone)
    turns = dict.fromkeys(turn for each in gone for turn in (each.turn, *each.also))
    ops += [empty_decisions(user_id, turn) for turn in turns]
    for each in gone:
        if each.kind is not Kind.EPISODIC:
            ops.append(PutOp(memory_namespace(user_id, each.kind), each.id, None))
        for turn in (each.turn, *each.also):
            for other in await of_turn(store, user_id, turn):
                if other.kind is Kind.EPISODIC:
                    ops.append(put(user_id, emptied(other)))
                elif other.id not in {item.id for item in gone}:
                    ops.append(put(user_id, _without_quote(other)))
    await store.abatch(ops)
    return len(gone)


async def _from_consolidation(store: BaseStore, user_id: str, gone: list[Memory]) -> list[PutOp]:
    """Summaries of what goes go with it, and what else they stood for comes back; notes of runs lose its words."""
    ids = {memory.id for memory in gone}
    turns = {turn for memory in gone for turn in (memory.turn, *memory.also)}
    ops, freed = await dissolve(store, user_id, gone=ids, turns=turns)
    return [*ops, *(put(user_id, each) for each in freed), *await scrubbed(store, user_id, ids, turns)]


async def _echoes(store: BaseStore, user_id: str, gone: list[Memory]) -> list[PutOp]:
    """What was said with these memories before the agent, or in their words, emptied; without what was asked there."""
    ids = {memory.id for memory in gone}
    turns = {turn for memory in gone for turn in (memory.turn, *memory.also)}
    kept = [memory async for memory in all_of(store, user_id, Kind.EPISODIC)]
    # Past the event loop: somebody's whole history is read for the words.
    changed = await asyncio.to_thread(_without_words, kept, ids, turns, Wanted(_words_of(gone)))
    return [put(user_id, memory) for memory in changed]


def _without_words(kept: list[Memory], ids: set[str], turns: set[str], wanted: Wanted) -> list[Memory]:
    """The episodes that say some of what is wanted, without it."""
    repeating = {
        each.id for each in kept if ids & set(each.used) or wanted.in_any([each.detail or each.text])
    }
    repeated = {memory.turn for memory in kept if memory.id in repeating}
    changed: list[Memory] = []
    for memory in kept:
        update: dict[str, str] = {}
        if memory.summary and (memory.turn in repeated or wanted.in_any([memory.summary])):
            update["summary"] = ""
        if memory.asked and (memory.asked_in in turns or wanted.in_any([memory.asked])):
            update |= {"asked": "", "asked_in": ""}
        if memory.id in repeating:
            changed.append(emptied(memory))
        elif update:
            changed.append(memory.model_copy(update=update))
    return changed


def _words_of(gone: list[Memory]) -> list[str]:
    """The user's own words for what goes."""
    said = (each.detail for each in gone if each.provenance.source is Source.USER)
    return [*said, *(each.provenance.quote for each in gone)]


async def _with_what_it_replaced(store: BaseStore, user_id: str, memory: Memory) -> list[Memory]:
    """The memory first, then what is kept of it, and all whose place these took, in one step or in several."""
    gone = {each.id: each for each in [memory, *await _earlier(store, user_id, memory)]}
    replaced: dict[str, list[Memory]] = {}
    async for each in all_of(store, user_id, Kind.SEMANTIC):
        if is_part(each, memory):
            gone[each.id] = each
        if each.validity.superseded_by:
            replaced.setdefault(each.validity.superseded_by, []).append(each)
    open_ids = list(gone)
    while open_ids:
        fresh = [each for each in replaced.get(open_ids.pop(), []) if each.id not in gone]
        gone |= {each.id: each for each in fresh}
        open_ids += [each.id for each in fresh]
    return list(gone.values())


async def _earlier(store: BaseStore, user_id: str, memory: Memory) -> list[Memory]:
    """The chain of memories that this one took the place of, newest first."""
    chain: list[Memory] = []
    while (previous := (chain[-1] if chain else memory).supersedes) and len(chain) < MAX_OF_ONE_TURN:
        found = await memory_by_id(store, user_id, previous)
        if found is None or previous in {memory.id, *(known.id for known in chain)}:
            break
        chain.append(found)
    return chain


def emptied(memory: Memory) -> Memory:
    """It stays as the mark that its turn was remembered; an undone one stays undone."""
    undone = memory.undone and memory.undone.model_copy(update={"status": Status.RETRACTED})
    return memory.model_copy(
        update={
            "text": FORGOTTEN,
            "detail": "",
            "summary": "",
            "asked": "",
            "asked_in": "",
            "status": Status.RETRACTED,
            "undone": undone,
            "withdrawn": [],
            "looks": [],
            "fingerprint": fingerprint(""),
        }
    )


def _without_quote(memory: Memory) -> Memory:
    provenance = memory.provenance.model_copy(update={"quote": ""})
    return memory.model_copy(update={"provenance": provenance})

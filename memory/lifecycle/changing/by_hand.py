"""What a person changes by hand, outside of any conversation. Nothing is lost: history stays, with why it changed."""

from datetime import UTC, datetime
from typing import Any, cast

from langgraph.store.base import BaseStore

from config.errors import UserError
from memory.lifecycle.changing import approval
from memory.lifecycle.changing.change import put_upon, supersede
from memory.lifecycle.changing.change import retract as take_from_recall
from memory.lifecycle.learning.build import MAX_STATEMENT_CHARS, semantic
from memory.lifecycle.learning.reconcile import said_again
from memory.lifecycle.learning.remember import ATTEMPTS, put
from memory.lifecycle.reading.lookup import upon
from memory.lifecycle.reading.neighbours import Neighbour, twins, versioned
from memory.lifecycle.turns.evidence import Said
from memory.lifecycle.turns.extraction import Category, Fact
from memory.long_term.statements.began import begins_now
from memory.long_term.statements.writes import ConflictError
from memory.schema import Kind, Look, Memory, Status

BY_HAND = "by-hand"
"""Stands for the thread of what was never said in one."""
MAX_REASON_CHARS = 500
WAITING = (Status.QUARANTINED, Status.PROPOSED)

APPROVED = "Approved by a person."
REJECTED = "Rejected by a person."
RESTORED = "A person says that it holds after all."
WRONG = "A person says that it is wrong."
KNOWN = "Approved by a person; another memory says the same."


@begins_now
async def edit(
    store: BaseStore, user_id: str, old: Memory, statement: str, now: datetime, *, wrong: bool = False
) -> Memory:
    """Put the person's statement in the place of a fact, which stays as history; gives what holds now.

    `wrong`: the fact never held; else it was true until now. The same edit again changes nothing. Raises UserError on
    what is neither fact nor procedure, or no statement, or was replaced before.
    """
    if old.kind is Kind.PROCEDURAL:
        return await approval.edit(store, user_id, old.id, statement, now)
    if old.kind is not Kind.SEMANTIC:
        raise UserError(
            f"The memory {old.id!r} is no fact, and what was said stays as it was said: retract or forget it instead."
        )
    statement = statement.strip()
    if not statement:
        raise UserError("There is nothing to keep: give the fact as a sentence.")
    if len(statement) > MAX_STATEMENT_CHARS:
        raise UserError(f"A memory is at most {MAX_STATEMENT_CHARS} characters; give the fact alone.")
    stated = _stated(old, statement, now)
    known = (await twins(store, user_id, [stated])).get(stated.fingerprint)
    new = said_again(known.memory, stated.turn) if known and known.memory.id != old.id else stated
    await supersede(store, user_id, old, new, now, wrong=wrong)
    return new


def _stated(old: Memory, statement: str, now: datetime) -> Memory:
    """Keyed by what it replaces and what it says; the person's words are its evidence."""
    said = Said(old.id, "user", statement, now, None)
    fact = Fact.model_construct(
        statement=statement,
        category=cast(Category, old.category),
        importance=max(old.importance, 0.8),
        quote=statement,
        message_id=said.id,
    )
    made = semantic(BY_HAND, said, fact, run_id=None, turn=f"{BY_HAND}:{old.id}", now=now, supersedes=old.id)
    return made.model_copy(update={"subject": old.subject, "pinned": old.pinned})


async def retract(store: BaseStore, user_id: str, memory: Memory, reason: str) -> Memory:
    """It never was so: it is no longer recalled, and stays as history with the reason.

    Raises UserError when it has given its place to another memory, which then is the one to look at.
    """
    if memory.status is Status.SUPERSEDED:
        raise UserError(f"The memory {memory.id!r} was replaced before; retract the one that holds now.")
    why = _reason(reason, WRONG)
    look = Look(at=datetime.now(UTC), did="retracted", reason=why)
    await take_from_recall(store, user_id, memory, why, look)
    found = await versioned(store, user_id, memory.id)
    return found.memory if found else memory


@begins_now
async def restore(store: BaseStore, user_id: str, memory: Memory) -> Memory:
    """What was retracted by mistake holds again, and so do the words that taught it.

    Raises UserError when it is not retracted, was replaced or undone, there are no words left of it, or another memory
    says the same.
    """
    if memory.kind is Kind.PROCEDURAL or not _was_retracted(memory):
        raise UserError(
            f"The memory {memory.id!r} cannot be restored: only what was retracted by itself comes back."
        )
    known = (await twins(store, user_id, [memory])).get(memory.fingerprint)
    if known is not None and known.memory.id != memory.id:
        raise UserError(
            f"The memory {known.memory.id!r} says the same by now, so there is nothing to restore."
        )
    for _ in range(ATTEMPTS):
        current = await versioned(store, user_id, memory.id) or Neighbour(memory)
        if not _was_retracted(current.memory):
            return current.memory
        looks = current.memory.looked_at(Look(at=datetime.now(UTC), did="restored", reason=RESTORED))
        update = {"status": Status.ACTIVE, "reason": RESTORED, "looks": looks}
        holds = current.memory.model_copy(update=update)
        if await put_upon(store, user_id, holds, current.version):
            return holds
    raise UserError(f"The memory {memory.id!r} was changed by somebody else meanwhile: look at it again.")


def _was_retracted(memory: Memory) -> bool:
    """By itself: nothing took its place, its turn was not undone, and nobody forgot its words."""
    alone = memory.undone is None and memory.validity.superseded_by is None
    has_words = memory.kind is not Kind.EPISODIC or bool(memory.detail)
    return memory.status is Status.RETRACTED and alone and has_words


@begins_now
async def approve(store: BaseStore, user_id: str, memory: Memory, now: datetime) -> Memory:
    """A memory that waited for a look holds from now on; its provenance still says where it came from.

    A procedure takes the place of the one before it. Raises UserError when it waits for nobody.
    """
    _require_waiting(memory)
    if memory.kind is Kind.PROCEDURAL:
        return await approval.approve(store, user_id, memory.id, now)
    known = (await twins(store, user_id, [memory])).get(memory.fingerprint)
    if memory.kind is not Kind.SEMANTIC or known is None:
        look = Look(at=now, did="approved", reason=APPROVED)
        return await _changed(store, user_id, memory, look, status=Status.ACTIVE, reason=APPROVED)
    look = Look(at=now, did="approved", reason=KNOWN)
    await _changed(store, user_id, memory, look, status=Status.RETRACTED, reason=KNOWN)
    borne_out = said_again(known.memory, memory.turn)
    await store.abatch([upon(store, put(user_id, borne_out), known.version)])
    return borne_out


@begins_now
async def reject(store: BaseStore, user_id: str, memory: Memory, now: datetime, reason: str = "") -> Memory:
    """It is never recalled, and stays with the reason. Raises UserError when it waits for nobody."""
    _require_waiting(memory)
    if memory.kind is Kind.PROCEDURAL:
        return await approval.reject(store, user_id, memory.id, now, reason)
    look = Look(at=now, did="rejected", reason=_reason(reason, REJECTED))
    return await _changed(store, user_id, memory, look, status=Status.RETRACTED, reason=look.reason)


@begins_now
async def pin(store: BaseStore, user_id: str, memory: Memory, *, pinned: bool) -> Memory:
    """Whether it may fade and be pruned."""
    return memory if memory.pinned is pinned else await _changed(store, user_id, memory, pinned=pinned)


def _require_waiting(memory: Memory) -> None:
    if memory.status not in WAITING:
        raise UserError(
            f"The memory {memory.id!r} waits for nobody: it is {memory.status.value}, and only a quarantined or "
            "proposed one is approved or rejected."
        )


def _reason(given: str, usual: str) -> str:
    plain = " ".join(given.split())
    if len(plain) > MAX_REASON_CHARS:
        raise UserError(f"A reason has at most {MAX_REASON_CHARS} characters; this one has {len(plain):,}.")
    return plain or usual


async def _changed(
    store: BaseStore, user_id: str, memory: Memory, look: Look | None = None, **changes: Any
) -> Memory:
    """Raises UserError when somebody changes it all the while, or gave it another status meanwhile."""
    for _ in range(ATTEMPTS):
        current = await versioned(store, user_id, memory.id) or Neighbour(memory)
        if current.memory.status is not memory.status:
            break
        looks = {"looks": current.memory.looked_at(look)} if look else {}
        changed = current.memory.model_copy(update=changes | looks)
        try:
            await store.abatch([upon(store, put(user_id, changed), current.version)])
        except ConflictError:
            continue
        return changed
    raise UserError(f"The memory {memory.id!r} was changed by somebody else meanwhile: look at it again.")

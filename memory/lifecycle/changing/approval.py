"""Decide about procedures: approve, reject, edit, roll back. Each is one write, and doing it again changes nothing."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from langgraph.store.base import BaseStore

from config.errors import UserError
from memory.lifecycle.learning.build import kept
from memory.lifecycle.learning.procedures import MAX_INSTRUCTION_CHARS
from memory.lifecycle.learning.remember import put
from memory.lifecycle.reading.browsing import NoSuchMemoryError
from memory.lifecycle.reading.lookup import all_of, all_with_versions, as_memories, procedure_ops, upon
from memory.lifecycle.reading.versions import approved, edited, lineages, rejected, rolled_back
from memory.long_term.statements.began import begins_now
from memory.long_term.statements.writes import ConflictError
from memory.schema import Kind, Memory, Status

MIN_SHORT = 4
MAX_WHY_CHARS = 200
ATTEMPTS = 4
"""How often a decision is made anew, where others change the same procedures meanwhile."""


async def procedures_of(store: BaseStore, user_id: str) -> list[Memory]:
    """Every procedure of this user's with all its versions, whatever its status, in no order."""
    return [memory async for memory in all_of(store, user_id, Kind.PROCEDURAL)]


@begins_now
async def to_ask(store: BaseStore, user_id: str) -> list[Memory]:
    """The proposals that were made behind a turn and that nobody was asked about: they count as asked from now on.

    Of two conversations that ask at once, one gets each.
    """
    found = await store.abatch(procedure_ops(user_id, Status.PROPOSED))
    known, versions = as_memories(found)
    asked: list[Memory] = []
    for memory in (each for each in known if each.unasked):
        done = memory.model_copy(update={"unasked": False})
        with suppress(ConflictError):
            await store.abatch([upon(store, put(user_id, done), versions.get(done.id))])
            asked.append(done)
    return asked


async def versions_of(store: BaseStore, user_id: str, which: str | None = None) -> list[list[Memory]]:
    """Procedures with their versions, each oldest first; or those of the one that `which` names.

    Raises UserError when the user has no procedure of that id.
    """
    found = lineages(await procedures_of(store, user_id))
    if which is None:
        return found
    wanted = named([memory for lineage in found for memory in lineage], which)
    return [lineage for lineage in found if any(memory.id == wanted.id for memory in lineage)]


def named(known: Sequence[Memory], which: str) -> Memory:
    """A procedure by its id or the beginning of it. Raises UserError when it means none, or several."""
    whole = [memory for memory in known if memory.id == which]
    found = whole or [m for m in known if len(which) >= MIN_SHORT and m.id.startswith(which)]
    if not found:
        raise NoSuchMemoryError(
            f"There is no procedure with the id {which[:64]!r}: `mnemograph procedures list --all` shows them."
        )
    if len(found) > 1:
        raise UserError(f"Several procedures begin with {which[:64]!r}: give more of the id.")
    return found[0]


async def approve(store: BaseStore, user_id: str, which: str, now: datetime) -> Memory:
    """It shapes replies from the next turn on. Returns it. Raises UserError."""
    return await _decided(store, user_id, which, lambda memory, known: approved(memory, known, now))


async def reject(store: BaseStore, user_id: str, which: str, now: datetime, why: str = "") -> Memory:
    """A proposal is refused, or what was in force no longer is. Returns it. Raises UserError."""
    reason = kept(why.strip(), MAX_WHY_CHARS)
    return await _decided(store, user_id, which, lambda memory, _: rejected(memory, now, reason))


async def edit(store: BaseStore, user_id: str, which: str, text: str, now: datetime) -> Memory:
    """In other words, in force as a new version. Returns that. Raises UserError."""
    instruction = _instruction(text)

    def decide(memory: Memory, known: Sequence[Memory]) -> list[Memory]:
        # The same edit once more, as after an answer that was lost, changes nothing.
        done = [each for each in known if each.id == memory.validity.superseded_by]
        return done if done and done[0].text == instruction else edited(memory, instruction, known, now)

    return await _decided(store, user_id, which, decide)


async def roll_back(store: BaseStore, user_id: str, which: str, now: datetime) -> Memory:
    """The version before is in force again, in place of the one that is. Returns it. Raises UserError."""
    return await _decided(store, user_id, which, lambda memory, known: rolled_back(memory, known, now))


async def _decided(
    store: BaseStore,
    user_id: str,
    which: str,
    decide: Callable[[Memory, Sequence[Memory]], list[Memory]],
) -> Memory:
    """What was decided, written on what it was decided on; decided anew where somebody came between."""
    for _ in range(ATTEMPTS):
        known, versions = await all_with_versions(store, user_id, Kind.PROCEDURAL)
        memory = named(known, which)
        writes = decide(memory, known)
        if not writes:
            return memory
        try:
            await store.abatch([upon(store, put(user_id, each), versions.get(each.id, 0)) for each in writes])
        except ConflictError:
            continue
        return writes[0]
    raise UserError("This procedure is being changed by somebody else; try again.")


def _instruction(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise UserError("The procedure is empty: write how you want things done.")
    if len(plain) > MAX_INSTRUCTION_CHARS:
        raise UserError(f"A procedure has at most {MAX_INSTRUCTION_CHARS} characters: say it in fewer words.")
    return kept(plain, MAX_INSTRUCTION_CHARS)

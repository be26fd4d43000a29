"""Decide about procedures: approve, reject, edit, roll back. Each is one write, and doing it again changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from langgraph.store.base import BaseStore

from config.errors import UserError
from memory.lifecycle.build import kept
from memory.lifecycle.lookup import all_of
from memory.lifecycle.procedures import MAX_INSTRUCTION_CHARS
from memory.lifecycle.remember import put
from memory.lifecycle.versions import approved, edited, lineages, rejected, rolled_back
from memory.schema import Kind, Memory

MIN_SHORT = 4


async def procedures_of(store: BaseStore, user_id: str) -> list[Memory]:
    """Every procedure of this user's with all its versions, whatever its status, in no order."""
    return [memory async for memory in all_of(store, user_id, Kind.PROCEDURAL)]


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
        raise UserError(
            f"There is no procedure with the id {which[:64]!r}: `mnemograph procedures list --all` shows them."
        )
    if len(found) > 1:
        raise UserError(f"Several procedures begin with {which[:64]!r}: give more of the id.")
    return found[0]


async def approve(store: BaseStore, user_id: str, which: str, now: datetime) -> Memory:
    """It shapes replies from the next turn on. Returns it. Raises UserError."""
    known = await procedures_of(store, user_id)
    memory = named(known, which)
    return await _written(store, user_id, memory, approved(memory, known, now))


async def reject(store: BaseStore, user_id: str, which: str, now: datetime, why: str = "") -> Memory:
    """A proposal is refused, or what was in force no longer is. Returns it. Raises UserError."""
    memory = named(await procedures_of(store, user_id), which)
    return await _written(store, user_id, memory, rejected(memory, now, kept(why.strip(), 200)))


async def edit(store: BaseStore, user_id: str, which: str, text: str, now: datetime) -> Memory:
    """In other words, in force as a new version. Returns that. Raises UserError."""
    instruction = _instruction(text)
    known = await procedures_of(store, user_id)
    memory = named(known, which)
    before = {each.id: each for each in known}
    again = before.get(memory.validity.superseded_by or "")
    if again is not None and again.text == instruction:
        return again
    return await _written(store, user_id, memory, edited(memory, instruction, known, now))


async def roll_back(store: BaseStore, user_id: str, which: str, now: datetime) -> Memory:
    """The version before is in force again, in place of the one that is. Returns it. Raises UserError."""
    known = await procedures_of(store, user_id)
    memory = named(known, which)
    return await _written(store, user_id, memory, rolled_back(memory, known, now))


async def _written(store: BaseStore, user_id: str, memory: Memory, writes: list[Memory]) -> Memory:
    if writes:
        await store.abatch([put(user_id, each) for each in writes])
    return writes[0] if writes else memory


def _instruction(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise UserError("The procedure is empty: write how you want things done.")
    if len(plain) > MAX_INSTRUCTION_CHARS:
        raise UserError(f"A procedure has at most {MAX_INSTRUCTION_CHARS} characters: say it in fewer words.")
    return kept(plain, MAX_INSTRUCTION_CHARS)

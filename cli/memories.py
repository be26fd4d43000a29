"""`mnemograph memories`: look at what is remembered, correct it, take it along, or have it erased."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from langgraph.store.base import BaseStore

from cli.console import out, plain
from cli.conversation import when
from cli.threads import as_json
from config.errors import UserError
from config.settings import Settings
from memory.lifecycle.changing.by_hand import approve, edit, pin, reject, restore, retract
from memory.lifecycle.changing.change import forget
from memory.lifecycle.reading.browsing import Wanted, lineage
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.sharing.keepers import Found, Whose, browse_all, decisions_among, keepers, named_among
from memory.long_term.factory import open_store
from memory.schema import Memory, Status, Validity
from memory.text import shorten

SHORT = 8
COLOURS: Mapping[Status, str] = {
    Status.ACTIVE: "green",
    Status.QUARANTINED: "yellow",
    Status.PROPOSED: "yellow",
    Status.RETRACTED: "red",
    Status.SUPERSEDED: "dim",
    Status.MERGED: "dim",
}


@asynccontextmanager
async def _the(configured: Settings, whose: Whose, memory_id: str) -> AsyncIterator[Found]:
    async with open_store(configured) as store:
        yield await named_among(await keepers(store, whose), memory_id)


def as_row(memory: Memory, agent: str) -> dict[str, Any]:
    """`agent` is the one in whose room it is, "" for what is the user's own."""
    return {"agent": agent, **memory.model_dump(mode="json")}


def line_of(memory: Memory, agent: str = "") -> str:
    """A memory on one line, with its status where it is not recalled, and the agent that keeps it for itself."""
    text = memory.text if memory.kind != "episodic" else memory.summary or memory.text
    why = f" [dim]({plain(memory.reason)})[/]" if memory.reason else ""
    named = "emptied" if memory.emptied else memory.status.value
    status = "" if memory.status is Status.ACTIVE else f" [{COLOURS[memory.status]}]{named}[/]"
    pinned = " [cyan]pinned[/]" if memory.pinned else ""
    said = f"[dim]{when(memory.provenance.said_at)} {memory.provenance.source.value}[/]"
    room = f" [magenta]{plain(agent)}[/]" if agent else ""
    return f"{memory.id[:SHORT]}  {said}{room}{status}{pinned}  {plain(shorten(text, 100))}{why}"


async def list_memories(
    configured: Settings, whose: Whose, wanted: Wanted, limit: int, offset: int, *, machine: bool
) -> int:
    async with open_store(configured) as store:
        page = await browse_all(await keepers(store, whose), wanted, limit=offset + limit)
    found = page.found[offset:]
    if machine:
        as_json([as_row(each.memory, each.keeper.agent) for each in found])
        return 0
    for each in found:
        out.print(line_of(each.memory, each.keeper.agent), soft_wrap=True)
    if not found:
        out.print("Nothing like this is remembered.")
    return 0


async def search_memories(
    configured: Settings, whose: Whose, query: str, limit: int, *, machine: bool
) -> int:
    """As the agent recalls, with how each was found: the user's own recalls what is in the rooms as well."""
    async with open_store(configured) as store:
        place = (await keepers(store, whose))[0].store
        found = await recall(place, whose.user_id, query, limit=limit)
    if machine:
        as_json([each.model_dump(mode="json") for each in found])
        return 0
    for each in found:
        said = f"[dim]{when(each.said_at)} {plain(each.source)}[/]"
        out.print(
            f"{each.id[:SHORT]}  {said}  {plain(shorten(each.text, 100))} [dim]({plain(each.why)})[/]",
            soft_wrap=True,
        )
    if not found:
        out.print("Nothing is remembered about this.")
    return 0


async def show_decisions(configured: Settings, whose: Whose, limit: int, *, machine: bool) -> int:
    """What became of each candidate of the newest turns, and why."""
    async with open_store(configured) as store:
        found = await decisions_among(await keepers(store, whose), limit=limit)
    if machine:
        as_json([{"agent": agent, **turn.model_dump(mode="json")} for agent, turn in found])
        return 0
    for agent, turn in found:
        room = f", [magenta]{plain(agent)}[/]" if agent else ""
        said = f"[dim]{when(turn.at)}, conversation {plain(turn.thread_id[:SHORT])}[/]"
        out.print(f"{said}{room}", soft_wrap=True)
        for each in turn.decisions:
            of = f" [dim](of {each.of[:SHORT]})[/]" if each.of else ""
            told = f"{plain(shorten(each.statement, 100))} [dim]({plain(each.reason)})[/]{of}"
            out.print(f"    {each.what} {each.memory[:SHORT]} {told}".replace("  ", " "), soft_wrap=True)
    if not found:
        out.print("Nothing has been decided yet.")
    return 0


async def show_memory(configured: Settings, whose: Whose, memory_id: str, *, machine: bool) -> int:
    async with _the(configured, whose, memory_id) as found:
        memory, agent = found.memory, found.keeper.agent
        if machine:
            as_json(as_row(memory, agent))
            return 0
        out.print(f"[bold]{plain(memory.text)}[/]", soft_wrap=True)
        for name, value in [*_told(memory), *([("kept by", agent)] if agent else [])]:
            out.print(f"[dim]{name}:[/] {plain(str(value))}", soft_wrap=True)
    return 0


def _told(memory: Memory) -> Sequence[tuple[str, Any]]:
    came, holds = memory.provenance, memory.validity
    rows: Sequence[tuple[str, Any]] = (
        ("id", memory.id),
        ("kind", memory.kind.value),
        ("status", memory.status.value),
        ("why", memory.reason),
        ("subject", memory.subject),
        ("category", memory.category),
        ("importance", f"{memory.importance:g}"),
        ("pinned", "yes" if memory.pinned else ""),
        ("said by", came.speaker or came.source.value),
        ("learned by", came.agent),
        ("said", when(came.said_at)),
        ("recorded", when(came.recorded_at)),
        ("holds from", when(holds.valid_from) if holds.valid_from != holds.valid_to else ""),
        ("held until", when(holds.valid_to) if holds.valid_to else ""),
        ("in the words", came.quote or memory.detail),
        ("no longer so", "; ".join(mark.words for mark in memory.withdrawn)),
        ("conversation", came.thread_id),
        ("said again in", f"{len(memory.also)} later turns" if memory.also else ""),
        ("took the place of", memory.supersedes),
        ("gave its place to", holds.superseded_by),
        ("stands for", ", ".join(memory.stands_for)),
    )
    return [(name, value) for name, value in rows if value]


def stood(held: Validity) -> str:
    """From when until when; what ended and has no known beginning only has its end."""
    until = f"until {when(held.valid_to)}" if held.valid_to else ""
    since = f"from {when(held.valid_from)}" if held.valid_from != held.valid_to else ""
    return f"{since} {until}".strip()


async def show_history(configured: Settings, whose: Whose, memory_id: str, *, machine: bool) -> int:
    """What it superseded and what took its place, the earliest first; and what persons did with each."""
    async with _the(configured, whose, memory_id) as found:
        memory, agent = found.memory, found.keeper.agent
        chain = await lineage(found.keeper.store, whose.user_id, memory)
    if machine:
        as_json([as_row(each, agent) for each in chain])
        return 0
    for each in chain:
        here = "→" if each.id == memory.id else " "
        out.print(f"{here} [dim]{stood(each.validity)}[/]", soft_wrap=True)
        out.print(f"    {line_of(each, agent)}", soft_wrap=True)
        if each.provenance.quote:
            out.print(
                f"    [dim]in the words:[/] {plain(shorten(each.provenance.quote, 120))}", soft_wrap=True
            )
        for look in each.looks:
            out.print(f"    [dim]{look.did} {when(look.at)}:[/] {plain(look.reason)}", soft_wrap=True)
    return 0


Does = Callable[[BaseStore, str, Memory], Awaitable[Memory]]
"""Changes a memory of a user's where it is kept, and gives what came of it."""


async def _change(
    configured: Settings, whose: Whose, memory_id: str, did: str, does: Does, *, machine: bool
) -> int:
    async with _the(configured, whose, memory_id) as found:
        keeper = found.keeper
        made = await does(keeper.store, whose.user_id, found.memory)
    if machine:
        as_json(as_row(made, keeper.agent))
    else:
        out.print(f"{did}: {line_of(made, keeper.agent)}", soft_wrap=True)
    return 0


async def edit_memory(
    configured: Settings, whose: Whose, memory_id: str, statement: str, *, wrong: bool, machine: bool
) -> int:
    async def does(store: BaseStore, user_id: str, memory: Memory) -> Memory:
        return await edit(store, user_id, memory, statement, datetime.now(UTC), wrong=wrong)

    return await _change(configured, whose, memory_id, "Holds now", does, machine=machine)


async def retract_memory(
    configured: Settings, whose: Whose, memory_id: str, reason: str, *, machine: bool
) -> int:
    async def does(store: BaseStore, user_id: str, memory: Memory) -> Memory:
        return await retract(store, user_id, memory, reason)

    return await _change(configured, whose, memory_id, "Retracted", does, machine=machine)


async def restore_memory(configured: Settings, whose: Whose, memory_id: str, *, machine: bool) -> int:
    return await _change(configured, whose, memory_id, "Holds again", restore, machine=machine)


async def approve_memory(
    configured: Settings, whose: Whose, memory_id: str, reason: str | None, *, machine: bool
) -> int:
    """Approve a memory that waits for a look; with a reason, reject it."""

    async def does(store: BaseStore, user_id: str, memory: Memory) -> Memory:
        now = datetime.now(UTC)
        if reason is None:
            return await approve(store, user_id, memory, now)
        return await reject(store, user_id, memory, now, reason)

    did = "Approved" if reason is None else "Rejected"
    return await _change(configured, whose, memory_id, did, does, machine=machine)


async def pin_memory(
    configured: Settings, whose: Whose, memory_id: str, *, pinned: bool, machine: bool
) -> int:
    async def does(store: BaseStore, user_id: str, memory: Memory) -> Memory:
        return await pin(store, user_id, memory, pinned=pinned)

    return await _change(
        configured, whose, memory_id, "Pinned" if pinned else "Unpinned", does, machine=machine
    )


async def forget_memory(configured: Settings, whose: Whose, memory_id: str, *, machine: bool) -> int:
    async with _the(configured, whose, memory_id) as found:
        gone = await forget(found.keeper.store, whose.user_id, found.memory)
    if machine:
        as_json({"agent": found.keeper.agent, "id": found.memory.id, "forgotten": gone})
    else:
        out.print(f"Forgotten, with its words in every memory: {gone} of its history.")
        out.print(
            "The conversation in which it was said keeps its messages: see `mnemograph threads`.", style="dim"
        )
    return 0


def moment(text: str | None, option: str) -> datetime | None:
    """A time that a person gave, in this machine's zone where it names none. Raises UserError."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise UserError(f"{option} is {text[:40]!r}: give a day or a time, such as 2026-11-25.") from None

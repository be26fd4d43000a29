"""`mnemograph procedures`: how you want things done, decided on and gone back in."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from langgraph.store.base import BaseStore
from rich.table import Table

from cli.console import out, plain
from cli.conversation import when
from cli.threads import as_json
from config.settings import Settings
from memory.lifecycle.changing.approval import approve, edit, reject, roll_back, versions_of
from memory.long_term.factory import open_store
from memory.schema import Memory, Status
from memory.text import shorten

SHORT, WIDTH = 8, 90
STANDING = (Status.ACTIVE, Status.PROPOSED, Status.QUARANTINED)
NONE = "No procedures yet: say in a conversation how you want things done from now on."


async def list_procedures(configured: Settings, user_id: str, *, every: bool, machine: bool) -> int:
    """Those in force and those that wait; with `every` all versions of all."""
    async with open_store(configured) as store:
        lineages = await versions_of(store, user_id)
    rows = [
        (number, len(lineage), memory)
        for lineage in lineages
        for number, memory in reversed(list(enumerate(lineage, start=1)))
        if every or (memory.status in STANDING and memory.undone is None)
    ]
    if machine:
        as_json([row_of(memory, number, of) for number, of, memory in rows])
        return 0
    out.print(_table(rows) if rows else NONE)
    return 0


async def show_procedure(configured: Settings, user_id: str, which: str, *, machine: bool) -> int:
    """One procedure with its versions, oldest first."""
    async with open_store(configured) as store:
        [lineage] = await versions_of(store, user_id, which)
    if machine:
        as_json([row_of(memory, number, len(lineage)) for number, memory in enumerate(lineage, start=1)])
        return 0
    for number, memory in enumerate(lineage, start=1):
        out.print(f"[bold]{number}[/] {plain(memory.text)} [dim]({_standing(memory)})[/]", soft_wrap=True)
        said = f"said {when(memory.provenance.said_at)}: “{memory.provenance.quote}”"
        for line in (memory.id, memory.reason, said):
            out.print(f"  [dim]{plain(line)}[/]", soft_wrap=True)
    return 0


async def approve_procedure(configured: Settings, user_id: str, which: str, *, machine: bool) -> int:
    return await _decide(configured, lambda store, now: approve(store, user_id, which, now), machine=machine)


async def reject_procedure(configured: Settings, user_id: str, which: str, why: str, *, machine: bool) -> int:
    return await _decide(
        configured, lambda store, now: reject(store, user_id, which, now, why), machine=machine
    )


async def edit_procedure(configured: Settings, user_id: str, which: str, text: str, *, machine: bool) -> int:
    return await _decide(
        configured, lambda store, now: edit(store, user_id, which, text, now), machine=machine
    )


async def roll_procedure_back(configured: Settings, user_id: str, which: str, *, machine: bool) -> int:
    return await _decide(
        configured, lambda store, now: roll_back(store, user_id, which, now), machine=machine
    )


async def _decide(
    configured: Settings, work: Callable[[BaseStore, datetime], Awaitable[Memory]], *, machine: bool
) -> int:
    async with open_store(configured) as store:
        memory = await work(store, datetime.now(UTC))
    if machine:
        as_json(row_of(memory))
    else:
        out.print(
            f"{plain(memory.text)} [dim]({_standing(memory)}) {plain(memory.reason)}[/]", soft_wrap=True
        )
    return 0


def row_of(memory: Memory, version: int | None = None, of: int | None = None) -> dict[str, Any]:
    """A procedure for machines; `version` of `of`, where they are known."""
    came = memory.provenance
    numbered = {"version": version, "versions": of} if version else {}
    return {
        "id": memory.id,
        "text": memory.text,
        "status": memory.status.value,
        "undone": memory.undone is not None,
        "reason": memory.reason,
        **numbered,
        "supersedes": memory.supersedes,
        "instead_of": memory.instead_of or None,
        "valid_from": memory.validity.valid_from,
        "valid_to": memory.validity.valid_to,
        "quote": came.quote,
        "said_at": came.said_at,
        "thread_id": came.thread_id,
        "message_ids": came.message_ids,
    }


def _table(rows: Sequence[tuple[int, int, Memory]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "status", "version", "procedure", "said"):
        table.add_column(name, overflow="fold")
    for number, of, memory in rows:
        table.add_row(
            memory.id[:SHORT],
            _standing(memory),
            f"{number} of {of}",
            plain(shorten(memory.text, WIDTH)),
            when(memory.provenance.said_at),
        )
    return table


def _standing(memory: Memory) -> str:
    return "undone" if memory.undone else memory.status.value

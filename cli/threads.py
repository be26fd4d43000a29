"""`mnemograph threads`: look at conversations, go back in them, and tidy up."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agents.conversation import Message
from cli.console import out, plain
from cli.conversation import thread_uuid, when
from config.errors import UserError
from config.settings import Settings
from graphs.chat import Chat, open_chat
from graphs.maintenance import maintain, policy_of
from graphs.threads import owner_of_thread, threads_of
from graphs.timeline import checkpoint, diff, export, fork, history, replay, snapshots
from graphs.undo import Changed, redo, undo
from memory.schema import Kind
from memory.short_term.timeline import Difference, Step, id_of, readable, shown
from memory.text import shorten

SHORT = 8


@asynccontextmanager
async def _opened(configured: Settings, user_id: str, thread: str | None) -> AsyncIterator[tuple[Chat, str]]:
    """The chat, and the thread that is meant: the user's newest one when none is named."""
    async with open_chat(configured) as chat:
        thread_id = thread_uuid(thread) if thread else await _newest(chat, user_id)
        owner = await owner_of_thread(chat, thread_id)
        if owner not in (None, user_id):
            raise UserError(
                f"The thread {thread_id} is not {user_id!r}'s: `mnemograph threads list` shows yours."
            )
        yield chat, thread_id


async def _newest(chat: Chat, user_id: str) -> str:
    found = await threads_of(chat, user_id, 1)
    if not found:
        raise UserError("There are no conversations yet: begin one with `mnemograph chat`.")
    return found[0].thread_id


def as_json(value: Any) -> None:
    # Past rich, which would wrap lines and read markup.
    out.file.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


async def list_threads(configured: Settings, user_id: str, limit: int, *, machine: bool) -> int:
    async with open_chat(configured) as chat:
        found = await threads_of(chat, user_id, limit)
    if machine:
        as_json(
            [
                {
                    "thread_id": thread.thread_id,
                    "at": thread.ts.isoformat(),
                    "first_human": thread.first_human,
                    "last_human": thread.last_human,
                }
                for thread in found
            ]
        )
        return 0
    for thread in found:
        out.print(f"{thread.thread_id}  [dim]{when(thread.ts)}[/]  {plain(shorten(thread.first_human, 60))}")
    if not found:
        out.print("There are no conversations yet.")
    return 0


async def show(
    configured: Settings, user_id: str, thread: str | None, which: str | None, *, machine: bool
) -> int:
    """The state of a thread, now or at a checkpoint."""
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        state = (
            await checkpoint(chat, thread_id, which) if which else (await snapshots(chat, thread_id, 1))[0]
        )
        values = dict(state.values)
        if machine:
            messages = [message.model_dump(mode="json") for message in values.pop("messages", [])]
            as_json({"thread_id": thread_id, "checkpoint": id_of(state), "messages": messages, **values})
            return 0
        out.print(f"[dim]{thread_id} at {id_of(state)}[/]")
        for message in values.pop("messages", []):
            out.print(_line(message))
        for name, value in values.items():
            for item in value if isinstance(value, list) else [value] if value else []:
                out.print(f"[dim]{plain(name)}:[/] {plain(shown(item))}")
    return 0


def _line(message: Message) -> str:
    calls = ", ".join(call["name"] for call in getattr(message, "tool_calls", []))
    said = plain(shorten(str(message.text), 200)) + (f"[yellow]→ {plain(calls)}[/]" if calls else "")
    return f"[bold]{message.type:>6}[/] {said}"


async def show_history(
    configured: Settings, user_id: str, thread: str | None, limit: int, *, machine: bool
) -> int:
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        found = await history(chat, thread_id, limit)
    if machine:
        as_json([step.as_json() for step in found])
        return 0
    out.print(f"[dim]{thread_id}, newest first[/]")
    for step in found:
        out.print(head_of(step))
        for name, each in step.changes.items():
            counted = [
                f"{sign}{len(rows)}"
                for sign, rows in (("+", each.added), ("-", each.removed), ("~", each.changed))
                if rows
            ]
            out.print(f"      [dim]{plain(name)} {' '.join(counted)}[/]")
    return 0


def head_of(step: Step) -> str:
    did = " + ".join(step.nodes) or step.source
    goes_on = f" [dim]→ {', '.join(step.next)}[/]" if step.next else ""
    return f"{step.checkpoint_id}  [dim]{when(step.at)}[/] [cyan]{plain(did)}[/]{goes_on}"


async def show_diff(
    configured: Settings,
    user_id: str,
    thread: str | None,
    between: tuple[str | None, str | None],
    *,
    machine: bool,
) -> int:
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        found = await diff(chat, thread_id, *between)
    if machine:
        as_json({name: each.as_json() for name, each in found.items()})
    else:
        print_changes(found)
    return 0


def print_changes(changes: Mapping[str, Difference]) -> None:
    colours = {"+": "green", "-": "red", "~": "yellow"}
    lines = readable(changes)
    for line in lines:
        out.print(f"  [{colours[line[0]]}]{plain(line)}[/]")
    if not lines:
        out.print("  [dim]nothing differs[/]")


async def step_through(
    configured: Settings, user_id: str, thread: str | None, run_from: str | None, *, wait: bool
) -> int:
    """Show each step of a thread, oldest first; with `run_from` run on from that checkpoint instead."""
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        if run_from:
            async for node, update in replay(chat, user_id, thread_id, run_from):
                out.print(f"[cyan]{plain(node)}[/]")
                for message in update.get("messages") or []:
                    out.print(f"  {_line(message)}")
            return 0
        for number, step in enumerate(reversed(await history(chat, thread_id)), start=1):
            out.print(f"[bold]{number}[/] {head_of(step)}")
            print_changes(step.changes)
            if wait and out.input("[dim]Enter for the next step, q to stop [/]").strip() == "q":
                break
    return 0


async def fork_thread(configured: Settings, user_id: str, thread: str | None, which: str | None) -> int:
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        new = await fork(chat, user_id, thread_id, which)
    out.print(new)
    return 0


async def go_back(configured: Settings, user_id: str, thread: str | None) -> int:
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        out.print(told("Undone", await undo(chat, user_id, thread_id)))
        out.print(f"`mnemograph threads redo {thread_id}` brings it back.", style="dim")
    return 0


async def go_forward(configured: Settings, user_id: str, thread: str | None) -> int:
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        out.print(told("Redone", await redo(chat, user_id, thread_id)))
    return 0


def told(what: str, changed: Changed) -> str:
    """One line: the turn, and what became of its memories."""
    said = plain(shorten(changed.said, 80))
    if changed.finished:
        return f"An earlier undo or redo was cut off; its memories are back ({changed.memories}): {said}"
    did = "left recall" if what == "Undone" else "came back"
    return f"{what}: {said} [dim]({moved(changed.kinds) or 'no memory'} {did})[/]"


def moved(kinds: Mapping[str, int]) -> str:
    """In words, such as "1 fact and the words of the turn": how many messages the words were tells nobody anything."""
    names = ((Kind.SEMANTIC, "fact"), (Kind.PROCEDURAL, "instruction"))
    parts = [f"{kinds[kind]} {name}{'s' * (kinds[kind] > 1)}" for kind, name in names if kinds.get(kind)]
    parts += ["the words of the turn"] if kinds.get(Kind.EPISODIC) else []
    return " and ".join([", ".join(parts[:-1]), *parts[-1:]] if len(parts) > 1 else parts)


async def export_thread(configured: Settings, user_id: str, thread: str | None, target: Path | None) -> int:
    async with _opened(configured, user_id, thread) as (chat, thread_id):
        found = await export(chat, thread_id)
    if target is None:
        as_json(found)
        return 0
    _write(target, json.dumps(found, ensure_ascii=False, indent=2, default=str))
    out.print(f"Written to {plain(str(target))}: {len(found['steps'])} steps.")
    return 0


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror}): name another file.") from error


async def prune_threads(configured: Settings, *, dry_run: bool, machine: bool) -> int:
    """Everybody's threads, by the settings."""
    if not policy_of(configured):
        raise UserError(
            "Everything is kept: set MNEMOGRAPH_KEEP_STEPS_OF, MNEMOGRAPH_KEEP_CHECKPOINTS, "
            "MNEMOGRAPH_KEEP_CHECKPOINTS_DAYS or MNEMOGRAPH_KEEP_THREADS_DAYS to what may go."
        )
    found = await maintain(configured, dry_run=dry_run)
    if machine:
        as_json({"dry_run": dry_run, **asdict(found)})
        return 0
    did = "would go" if dry_run else "went"
    out.print(
        f"{found.looked_at} threads looked at: {found.threads} whole threads and {found.checkpoints} checkpoints "
        f"{did}, {found.bytes / 1024:,.0f} KB.",
        soft_wrap=True,
    )
    if found.kept_anyway:
        out.print(f"[yellow]{found.kept_anyway} more stay: this checkpointer deletes whole runs alone.[/]")
    return 0

"""`mnemograph memories …`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.belongings import erase_everything, export_user, import_user
from cli.console import configured, fail, run
from cli.memories import (
    approve_memory,
    edit_memory,
    forget_memory,
    list_memories,
    moment,
    pin_memory,
    restore_memory,
    retract_memory,
    search_memories,
    show_decisions,
    show_history,
    show_memory,
)
from cli.options import User, user_of
from config.errors import UserError
from memory.lifecycle.reading.browsing import Wanted
from memory.lifecycle.sharing.keepers import Whose
from memory.schema import Kind, Source, Status

app = typer.Typer(name="memories", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="ID", help="A memory's id, or the first characters of it.")]
Machine = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many.")]
Agent = Annotated[
    str | None,
    typer.Option(
        "--agent", help='In this agent\'s own room alone; "" is yours alone. Default: yours and all rooms.'
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]


@app.callback()
def memories() -> None:
    """Look at what is remembered, correct it, take it along, or have it erased."""


@app.command("list")
def list_(
    *,
    kind: Annotated[list[Kind] | None, typer.Option(help="Of this kind; may be given again.")] = None,
    status: Annotated[list[Status] | None, typer.Option(help="With this status; may be given again.")] = None,
    source: Annotated[list[Source] | None, typer.Option(help="From this source; may be given again.")] = None,
    since: Annotated[str | None, typer.Option(help="Said at this time or later, such as 2026-11-25.")] = None,
    until: Annotated[str | None, typer.Option(help="Said before this time.")] = None,
    emptied: Annotated[
        bool, typer.Option("--emptied", help="Also what is left of what was forgotten: that it was.")
    ] = False,
    limit: Limit = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many to leave out at the beginning.")] = 0,
    json: Machine = False,
    agent: Agent = None,
    user: User = None,
) -> None:
    """What is remembered, with its status and why: also what was corrected or waits for your look."""
    found = configured()
    try:
        times = moment(since, "--since"), moment(until, "--until")
    except UserError as error:
        fail(error)
    wanted = Wanted(tuple(kind or ()), tuple(status or ()), tuple(source or ()), *times, emptied)
    run(list_memories(found, Whose(user_of(found, user), agent), wanted, limit, offset, machine=json))


@app.command("search")
def search(
    query: str, limit: Limit = 10, json: Machine = False, agent: Agent = None, user: User = None
) -> None:
    """Find memories as the agent does."""
    found = configured()
    run(search_memories(found, Whose(user_of(found, user), agent), query, limit, machine=json))


@app.command("show")
def show(memory: Which, json: Machine = False, agent: Agent = None, user: User = None) -> None:
    """All of one memory: the words it rests on, where they were said, and when it holds."""
    found = configured()
    run(show_memory(found, Whose(user_of(found, user), agent), memory, machine=json))


@app.command("history")
def history(memory: Which, json: Machine = False, agent: Agent = None, user: User = None) -> None:
    """What a memory took the place of, what took its place, and what was done with it by hand: when and why."""
    found = configured()
    run(show_history(found, Whose(user_of(found, user), agent), memory, machine=json))


@app.command("decisions")
def decisions(limit: Limit = 20, json: Machine = False, agent: Agent = None, user: User = None) -> None:
    """Why something was or was not kept: what the newest turns gave, and what became of each."""
    found = configured()
    run(show_decisions(found, Whose(user_of(found, user), agent), limit, machine=json))


@app.command("edit")
def edit(
    memory: Which,
    statement: Annotated[str, typer.Argument(help='What holds, as a sentence: "The user lives in Porto."')],
    *,
    wrong: Annotated[
        bool, typer.Option("--wrong", help="It never was so; else it was true until now.")
    ] = False,
    json: Machine = False,
    agent: Agent = None,
    user: User = None,
) -> None:
    """Put your own words in the place of a fact; the old one stays as history."""
    found = configured()
    run(edit_memory(found, Whose(user_of(found, user), agent), memory, statement, wrong=wrong, machine=json))


@app.command("retract")
def retract(
    memory: Which, reason: Reason = "", json: Machine = False, agent: Agent = None, user: User = None
) -> None:
    """A memory is wrong and never was so: it is no longer recalled, and stays as history."""
    found = configured()
    run(retract_memory(found, Whose(user_of(found, user), agent), memory, reason, machine=json))


@app.command("restore")
def restore(memory: Which, json: Machine = False, agent: Agent = None, user: User = None) -> None:
    """A memory that was retracted by mistake is recalled again, with the words that taught it."""
    found = configured()
    run(restore_memory(found, Whose(user_of(found, user), agent), memory, machine=json))


@app.command("approve")
def approve(memory: Which, json: Machine = False, agent: Agent = None, user: User = None) -> None:
    """A memory that waits for your look is recalled from now on."""
    found = configured()
    run(approve_memory(found, Whose(user_of(found, user), agent), memory, None, machine=json))


@app.command("reject")
def reject(
    memory: Which, reason: Reason = "", json: Machine = False, agent: Agent = None, user: User = None
) -> None:
    """A memory that waits for your look is never recalled."""
    found = configured()
    run(approve_memory(found, Whose(user_of(found, user), agent), memory, reason, machine=json))


@app.command("pin")
def pin(
    memory: Which,
    off: Annotated[bool, typer.Option("--off", help="Let it fade again.")] = False,
    json: Machine = False,
    agent: Agent = None,
    user: User = None,
) -> None:
    """A memory never fades and is never pruned."""
    found = configured()
    run(pin_memory(found, Whose(user_of(found, user), agent), memory, pinned=not off, machine=json))


@app.command("forget")
def forget(memory: Which, json: Machine = False, agent: Agent = None, user: User = None) -> None:
    """A memory goes for good, with its history and its words in every other memory; the conversation keeps its own."""
    found = configured()
    run(forget_memory(found, Whose(user_of(found, user), agent), memory, machine=json))


@app.command("export")
def export(
    to: Annotated[Path | None, typer.Option("--to", help="The file to write; default: the terminal.")] = None,
    json: Machine = False,
    user: User = None,
) -> None:
    """Everything of yours as one JSON file (docs/export.md)."""
    found = configured()
    run(export_user(found, user_of(found, user), to, machine=json))


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="An export.")],
    procedures_in_force: Annotated[
        bool,
        typer.Option(
            "--procedures-in-force",
            help="Of a file that nobody else had: its procedures are in force, and wait for no approval.",
        ),
    ] = False,
    json: Machine = False,
    user: User = None,
) -> None:
    """Bring an export back, for the same user or another; what is there already stays as it is."""
    found = configured()
    run(import_user(found, user_of(found, user), source, in_force=procedures_in_force, machine=json))


@app.command("erase")
def erase(
    to: Annotated[
        Path | None, typer.Option("--to", help="Where to export before; default: a new file here.")
    ] = None,
    no_export: Annotated[bool, typer.Option("--no-export", help="Keep nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Machine = False,
    user: User = None,
) -> None:
    """Everything of yours goes for good, from every place; it is counted before, exported, and looked for after."""
    found = configured()
    run(erase_everything(found, user_of(found, user), to, export=not no_export, sure=yes, machine=json))

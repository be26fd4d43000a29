"""`mnemograph threads …`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import configured, run
from cli.options import User, user_of
from cli.threads import (
    export_thread,
    fork_thread,
    go_back,
    go_forward,
    list_threads,
    prune_threads,
    show,
    show_diff,
    show_history,
    step_through,
)

app = typer.Typer(name="threads", no_args_is_help=True)

Thread = Annotated[str | None, typer.Argument(help="The thread's id; the default is your newest one.")]
Machine = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
Limit = Annotated[int, typer.Option(min=1, max=500, help="How many.")]
At = Annotated[str | None, typer.Option("--at", help="A checkpoint, by the beginning or end of its id.")]


@app.callback()
def threads() -> None:
    """Look at conversations, go back in them, and tidy up."""


@app.command("list")
def list_(limit: Limit = 20, json: Machine = False, user: User = None) -> None:
    """Your conversations, newest first."""
    found = configured()
    run(list_threads(found, user_of(found, user), limit, machine=json))


@app.command("show")
def show_(thread: Thread = None, at: At = None, json: Machine = False, user: User = None) -> None:
    """The state of a conversation, now or at a checkpoint."""
    found = configured()
    run(show(found, user_of(found, user), thread, at, machine=json))


@app.command("history")
def history(thread: Thread = None, limit: Limit = 50, json: Machine = False, user: User = None) -> None:
    """What each step did, newest first."""
    found = configured()
    run(show_history(found, user_of(found, user), thread, limit, machine=json))


@app.command("diff")
def diff(
    thread: Thread = None,
    before: Annotated[
        str | None, typer.Option("--from", help="A checkpoint; default: before the last turn.")
    ] = None,
    after: Annotated[str | None, typer.Option("--to", help="A checkpoint; default: the newest.")] = None,
    json: Machine = False,
    user: User = None,
) -> None:
    """What differs between two checkpoints."""
    found = configured()
    run(show_diff(found, user_of(found, user), thread, (before, after), machine=json))


@app.command("replay")
def replay(
    thread: Thread = None,
    run_from: Annotated[
        str | None, typer.Option("--run", help="Run on from this checkpoint, anew; the history stays.")
    ] = None,
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter after each step.")] = False,
    user: User = None,
) -> None:
    """Step through a conversation, or run on from one of its checkpoints."""
    found = configured()
    run(step_through(found, user_of(found, user), thread, run_from, wait=step))


@app.command("fork")
def fork(thread: Thread = None, at: At = None, user: User = None) -> None:
    """Begin a new conversation with the state of this one; prints its id."""
    found = configured()
    run(fork_thread(found, user_of(found, user), thread, at))


@app.command("undo")
def undo(thread: Thread = None, user: User = None) -> None:
    """Take the last turn back, with what it taught."""
    found = configured()
    run(go_back(found, user_of(found, user), thread))


@app.command("redo")
def redo(thread: Thread = None, user: User = None) -> None:
    """Bring back the turn that was undone last, with what it taught."""
    found = configured()
    run(go_forward(found, user_of(found, user), thread))


@app.command("export")
def export(
    thread: Thread = None,
    to: Annotated[Path | None, typer.Option("--to", help="The file to write; default: the terminal.")] = None,
    user: User = None,
) -> None:
    """A conversation with all its steps, as JSON."""
    found = configured()
    run(export_thread(found, user_of(found, user), thread, to))


@app.command("prune")
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    json: Machine = False,
) -> None:
    """Delete what MNEMOGRAPH_KEEP_STEPS_OF, _KEEP_CHECKPOINTS, _KEEP_CHECKPOINTS_DAYS and _KEEP_THREADS_DAYS let go."""
    run(prune_threads(configured(), dry_run=dry_run, machine=json))

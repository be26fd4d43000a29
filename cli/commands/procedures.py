"""`mnemograph procedures …`."""

from typing import Annotated

import typer

from cli.console import configured, run
from cli.options import User, user_of
from cli.procedures import (
    approve_procedure,
    edit_procedure,
    list_procedures,
    reject_procedure,
    roll_procedure_back,
    show_procedure,
)

app = typer.Typer(name="procedures", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="ID", help="A procedure's id, or the beginning of it.")]
Machine = Annotated[bool, typer.Option("--json", help="JSON for machines.")]


@app.callback()
def procedures() -> None:
    """How you want things done, in every conversation: what is proposed, in force, and was before."""


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="All versions, also those that ended.")] = False,
    json: Machine = False,
    user: User = None,
) -> None:
    """Those in force and those that wait for your approval."""
    found = configured()
    run(list_procedures(found, user_of(found, user), every=every, machine=json))


@app.command("show")
def show(which: Which, json: Machine = False, user: User = None) -> None:
    """One procedure with its versions, and the words that each rests on."""
    found = configured()
    run(show_procedure(found, user_of(found, user), which, machine=json))


@app.command("approve")
def approve(which: Which, json: Machine = False, user: User = None) -> None:
    """From now on it shapes every reply."""
    found = configured()
    run(approve_procedure(found, user_of(found, user), which, machine=json))


@app.command("reject")
def reject(
    which: Which,
    why: Annotated[str, typer.Option("--why", help="Kept with it.")] = "",
    json: Machine = False,
    user: User = None,
) -> None:
    """Refuse a proposed one, or end one that is in force."""
    found = configured()
    run(reject_procedure(found, user_of(found, user), which, why, machine=json))


@app.command("edit")
def edit(
    which: Which,
    text: Annotated[str, typer.Argument(help='In your words, such as "Answer in short sentences."')],
    json: Machine = False,
    user: User = None,
) -> None:
    """A new version in other words, in force at once."""
    found = configured()
    run(edit_procedure(found, user_of(found, user), which, text, machine=json))


@app.command("rollback")
def rollback(which: Which, json: Machine = False, user: User = None) -> None:
    """Put the version before in force again."""
    found = configured()
    run(roll_procedure_back(found, user_of(found, user), which, machine=json))

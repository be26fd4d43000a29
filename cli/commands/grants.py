"""`mnemograph grants …`."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.console import configured, fail, run
from cli.grants import give_grant, list_grants, revoke_grants
from cli.options import User, user_of
from config.errors import UserError
from memory.lifecycle.sharing.grants import Action, Grant, parsed_grantee
from memory.schema import Kind

app = typer.Typer(name="grants", no_args_is_help=True)

Grantee = Annotated[
    str, typer.Argument(help="Who: agent:<name>, team:<name> or user:<id>, such as agent:planner.")
]
Kinds = Annotated[
    list[Kind] | None, typer.Option("--kind", help="Which memories; may be given several times.")
]
Of = Annotated[
    str | None, typer.Option("--of", help="The agent whose own memory is meant, instead of yours.")
]


@app.callback()
def grants() -> None:
    """Who else may read or write your memories: agents, teams, other users."""


@app.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False, user: User = None
) -> None:
    """What you have granted."""
    found = configured()
    run(list_grants(found, user_of(found, user), machine=json))


@app.command("give")
def give(
    grantee: Grantee,
    *,
    kind: Kinds = None,
    write: Annotated[bool, typer.Option("--write", help="To add and change as well as read.")] = False,
    days: Annotated[
        int, typer.Option(min=0, max=36_500, help="For how many days; 0 until it is revoked.")
    ] = 0,
    of: Of = None,
    user: User = None,
) -> None:
    """Let somebody read your facts, or memories of other kinds."""
    found = configured()
    owner = user_of(found, user)
    until = datetime.now(UTC) + timedelta(days=days) if days else None
    kinds = tuple(each.value for each in kind or [Kind.SEMANTIC])
    try:
        named = parsed_grantee(grantee)
    except UserError as error:
        fail(error)
    run(
        give_grant(found, owner, Grant(named, kinds, Action.WRITE if write else Action.READ, until, of or ""))
    )


@app.command("revoke")
def revoke(grantee: Grantee, kind: Kinds = None, of: Of = None, user: User = None) -> None:
    """End what somebody was granted; it holds from the next read on."""
    found = configured()
    kinds = [each.value for each in kind or []]
    run(revoke_grants(found, user_of(found, user), grantee, kinds, of))

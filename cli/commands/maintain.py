"""`mnemograph maintain`."""

from typing import Annotated

import typer

from cli.console import configured, run
from cli.maintain import list_runs, maintain, show_profile, take_back
from cli.options import user_of

app = typer.Typer()


@app.command("maintain")
def maintain_(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = False,
    undo: Annotated[
        str | None, typer.Option("--undo", metavar="RUN", help="Take back what this run did to the memories.")
    ] = None,
    runs: Annotated[bool, typer.Option("--runs", help="List the runs that can be undone.")] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show what matters most of what is known of a user.")
    ] = False,
    user: Annotated[
        str | None, typer.Option("--user", help="This user's memories alone; default: everybody's.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Make memories fewer: merge what says the same, sum up and thin out what is old; prune by the settings."""
    found = configured()
    if undo:
        run(take_back(found, undo, user, machine=json))
    elif profile:
        run(show_profile(found, user_of(found, user)))
    elif runs:
        run(list_runs(found, user, machine=json))
    else:
        run(maintain(found, user, dry_run=dry_run, machine=json))

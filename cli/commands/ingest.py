"""`mnemograph ingest FILE`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import configured, run
from cli.ingest import ingest_file
from cli.options import User, user_of

app = typer.Typer()


@app.command()
def ingest(
    file: Annotated[
        Path,
        typer.Argument(help="JSON lines (thread, role, content, name, timestamp), or conversations.json."),
    ],
    user: User = None,
) -> None:
    """Remember a transcript. Running it again adds nothing."""
    found = configured()
    run(ingest_file(found, user_of(found, user), file))

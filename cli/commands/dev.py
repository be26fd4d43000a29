"""`mnemograph dev`."""

from typing import Annotated

import typer

from cli.console import configured, fail
from cli.dev import dev as serve
from config.errors import UserError

app = typer.Typer()


@app.command()
def dev(
    port: Annotated[int | None, typer.Option(help="The port; the default is MNEMOGRAPH_PORT.")] = None,
    reload: Annotated[bool, typer.Option(help="Start again when a source file changes.")] = True,
) -> None:
    """Serve the agent with `langgraph dev` on the configured memory."""
    found = configured()
    try:
        status = serve(found, port=port, reload=reload)
    except UserError as error:
        fail(error)
    raise typer.Exit(status)

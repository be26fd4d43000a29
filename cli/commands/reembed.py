"""`mnemograph reembed`."""

from typing import Annotated

import typer

from cli.console import configured, run
from cli.reembed import reembed_all

app = typer.Typer()


@app.command()
def reembed(
    forget_old: Annotated[
        bool,
        typer.Option(
            "--forget-old",
            help="Then delete the other models' vectors, when every server was restarted; waits a minute before.",
        ),
    ] = False,
) -> None:
    """Embed every memory by the configured model, while the old vectors serve; run it again to go on."""
    run(reembed_all(configured(), forget_old=forget_old))

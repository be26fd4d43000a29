"""`mnemograph demo`."""

import typer

from cli.console import configured, run
from cli.demo import demo as show

app = typer.Typer()


@app.command()
def demo() -> None:
    """Show in one minute that the agent remembers."""
    run(show(configured()))

"""`mnemograph scale plan`."""

import typer

from cli.console import configured, run
from cli.scale import show_plan

app = typer.Typer(name="scale", no_args_is_help=True)


@app.callback()
def scale() -> None:
    """Grow beyond one machine."""


@app.command()
def plan() -> None:
    """Print the statements that distribute the memories over a Citus cluster; nothing is run."""
    run(show_plan(configured()))

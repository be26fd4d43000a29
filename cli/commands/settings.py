"""`mnemograph settings`."""

import typer

from cli.console import out
from config.example import render

app = typer.Typer()


@app.command()
def settings() -> None:
    """Print every setting with its default and why it exists: the text of .env.example."""
    out.print(render(), markup=False, soft_wrap=True)

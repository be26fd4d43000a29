"""`mnemograph encrypt`."""

import typer

from cli.console import configured, run
from cli.encrypt import encrypt_all

app = typer.Typer()


@app.command()
def encrypt() -> None:
    """Seal what is in clear, and wrap every key with the newest master key; stop what uses the memories first."""
    run(encrypt_all(configured()))

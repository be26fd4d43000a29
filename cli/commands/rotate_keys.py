"""`mnemograph rotate-keys`."""

import typer

from cli.console import configured, run
from cli.rotate_keys import rotate_keys as rotate

app = typer.Typer()


@app.command()
def rotate_keys() -> None:
    """Bring everything under the newest master key, beside running servers; run it again to go on."""
    run(rotate(configured()))

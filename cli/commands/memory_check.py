"""`mnemograph memory-check`: both memories opened once; what is wrong with them is one sentence, and status 2.

`mnemograph dev` runs it beside the starting server, so that it costs no time and `dev` loads none of it.
"""

import typer

from cli.console import configured, run
from config.lifeline import hold_on
from config.settings import Settings
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer

app = typer.Typer(name="memory-check")


async def open_both(configured: Settings) -> None:
    async with open_store(configured), open_checkpointer(configured):
        pass


@app.command()
def memory_check() -> None:
    """Open both memories of the settings."""
    hold_on(grace_s=1.0)
    run(open_both(configured()))

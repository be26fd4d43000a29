"""Both memories opened once, in a process of its own: what is wrong with them is one sentence, and status 2.

It runs while the server starts, so that it costs no time and `mnemograph dev` loads none of it.
"""

import typer

from cli.console import configured, run
from config.lifeline import hold_on
from config.settings import Settings
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer


async def open_both(configured: Settings) -> None:
    async with open_store(configured), open_checkpointer(configured):
        pass


def check() -> None:
    """Open both memories of the settings."""
    hold_on(grace_s=1.0)
    run(open_both(configured()))


if __name__ == "__main__":
    typer.run(check)

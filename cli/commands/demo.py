"""`mnemograph demo`."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.console import configured, run
from cli.demo import demo as show
from cli.demo_team import demo_team as show_team

app = typer.Typer()


class What(StrEnum):
    """What is shown."""

    CHAT = "chat"
    TEAM = "team"


@app.command()
def demo(
    what: Annotated[
        What, typer.Argument(help="chat: one agent that remembers; team: agents that share memories.")
    ] = What.CHAT,
) -> None:
    """Show in one minute that the agent remembers."""
    run(show_team(configured()) if what is What.TEAM else show(configured()))

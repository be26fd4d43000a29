"""`mnemograph chat`."""

from typing import Annotated

import typer

from cli.chat import chat as talk
from cli.console import configured, run
from cli.options import User, user_of

app = typer.Typer()


@app.command()
def chat(
    user: User = None,
    thread: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
) -> None:
    """Talk to the agent in this terminal."""
    found = configured()
    run(talk(found, user_of(found, user), thread))

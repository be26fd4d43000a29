"""Options that several commands share."""

from typing import Annotated

import typer

from cli.console import fail
from config.errors import UserError
from config.settings import Settings
from memory.namespaces import owner_namespace

User = Annotated[str | None, typer.Option("--user", help="Whose memories; the default is MNEMOGRAPH_USER.")]


def user_of(configured: Settings, given: str | None) -> str:
    """The user whose memories are meant; one that cannot be an owner ends the command."""
    user = given or configured.user
    try:
        owner_namespace(user)
    except UserError as error:
        fail(error)
    return user

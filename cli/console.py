"""How the terminal speaks: one console, one way to end on a person's mistake."""

import asyncio
import logging
import warnings
from collections.abc import Coroutine
from typing import Any, NoReturn

import typer
from rich.console import Console

from config.errors import UserError
from config.settings import Settings, settings
from memory.postgres.errors import explain

BAD_INPUT = 2

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def fail(error: BaseException) -> NoReturn:
    """Print one sentence and end; an error that nobody foresaw keeps its traceback."""
    known = error if isinstance(error, UserError) else explain(error)
    if known is None:
        raise error
    err.print(f"[bold red]mnemograph:[/] {_plain(known.sentence)}")
    raise typer.Exit(BAD_INPUT) from None


def run(work: Coroutine[Any, Any, int | None]) -> None:
    """Run a command's work to its end; its number becomes the exit status."""
    try:
        status = asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - `fail` raises what it does not know
        fail(error)
    if status:
        raise typer.Exit(status)


def configured() -> Settings:
    """The settings, with logging set up by them."""
    try:
        found = settings()
    except UserError as error:
        fail(error)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in ("config", "memory", "agents", "graphs", "server", "cli"):
        logging.getLogger(name).setLevel(found.log_level.upper())
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    return found


def _plain(text: str) -> str:
    return text.replace("[", r"\[")

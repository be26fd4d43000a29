"""How the terminal speaks: one console, one way to end on a person's mistake."""

import asyncio
import logging
import warnings
from collections.abc import Coroutine
from typing import Any, NoReturn
from urllib.parse import quote

import typer
from langgraph.errors import InvalidUpdateError
from rich.console import Console
from rich.markup import escape

from config.errors import UserError
from config.invisible import without_invisible
from config.settings import Settings, settings
from memory.long_term.wrappers.sealed_error import SealedError
from memory.postgres.errors import explain

BAD_INPUT = 2
TWO_WROTE = (
    "This conversation's last step does not fit its state: {} "
    "Give the field a reducer in agents/state.py, and send the message again."
)

out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)

# What moves the cursor or talks to the terminal: nobody's stored text may do that.
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def plain(text: str) -> str:
    """Text from elsewhere as it may be printed: no markup of rich's, no control characters, nothing unseen."""
    return escape(without_invisible(text.translate(_CONTROLS)))


def fail(error: BaseException) -> NoReturn:
    """Print one sentence and end; an error that nobody foresaw keeps its traceback."""
    known = sentence_for(error)
    if known is None:
        raise error
    err.print(f"[bold red]mnemograph:[/] {escape(known)}")
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
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of what it then raises
    for name in ("config", "memory", "agents", "graphs", "server", "cli"):
        logging.getLogger(name).setLevel(found.log_level.upper())
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    return found


def sentence_for(error: BaseException) -> str | None:
    """What a person should read of this error; None when nobody foresaw it."""
    if isinstance(error, UserError):
        return error.sentence
    if isinstance(error, SealedError):
        return str(error)
    if isinstance(error, InvalidUpdateError):
        return TWO_WROTE.format(str(error).partition("\n")[0])
    found = settings()
    given = found.postgres.get_secret_value()
    address = f"postgresql:///mnemograph?host={quote(str(found.data_path))}" if given == "embedded" else given
    known = explain(error, address)
    return known.sentence if known else None

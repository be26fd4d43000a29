"""`mnemograph` as a person starts it: a subprocess with nothing of this machine's settings."""

import atexit
import functools
import io
import logging
import os
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from cli import console
from config.settings import settings as configured
from main import main
from tests.services.forked import Parent
from tests.services.postgres import PROJECT

LOGGERS = ("psycopg", "config", "memory", "agents", "graphs", "server", "cli")
OURS = ("MNEMOGRAPH_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "LANGGRAPH_")


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@functools.cache
def _parent() -> Parent:
    """The same one for the whole session."""
    made = Parent(_bare())
    atexit.register(made.close)
    return made


def environment(data: Path, **settings: str) -> dict[str, str]:
    given = {
        "MNEMOGRAPH_DATA_DIR": str(data),
        "MNEMOGRAPH_ENV_FILE": str(data / "none.env"),
        "COLUMNS": "200",
        "TERM": "xterm",
    }
    return {**_bare(), **given, **settings}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "main", *arguments]


def start(data: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments),
        cwd=PROJECT,
        env=environment(data, **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command run to its end, with its exit status and all it wrote."""
    given = environment(data, **settings)
    with (
        Path(os.devnull).open() as nothing,
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        files = [each.fileno() for each in (nothing, out, err)]
        status = _parent().run(arguments, given, files)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, status, out.read(), err.read())


def here(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command run to its end within this process, which has loaded everything: for tests of many short ones."""
    out, err = io.StringIO(), io.StringIO()
    given = {**environment(data, **settings), "PYTEST_CURRENT_TEST": ""}
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    with (
        patch.dict(os.environ, given, clear=True),
        patch.object(sys, "argv", ["mnemograph", *arguments]),
        patch.object(console.out, "_width", 200),
        patch.object(console.err, "_width", 200),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        configured.cache_clear()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(bool(end.code))
        finally:
            configured.cache_clear()
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def finished_on_a_terminal(data: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """The command run to its end: its exit status and what a terminal showed."""
    ours, theirs = os.openpty()
    try:
        status = _parent().run(arguments, environment(data, **settings), [theirs] * 3)
        os.set_blocking(ours, False)
        return status, os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)

"""`mnemograph` as a person starts it: a subprocess with nothing of this machine's settings."""

import os
import subprocess
import sys
from pathlib import Path

from tests.services.postgres import PROJECT

# Reached only when something is broken.
PATIENCE_S = 120.0
OURS = ("MNEMOGRAPH_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "LANGGRAPH_")


def environment(data: Path, **settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    given = {
        "MNEMOGRAPH_DATA_DIR": str(data),
        "MNEMOGRAPH_ENV_FILE": str(data / "none.env"),
        "COLUMNS": "200",
        "TERM": "xterm",
    }
    return {**clean, **given, **settings}


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
    with start(data, *arguments, **settings) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)

"""mem0 and langmem beside us: in a virtual environment of their own, on an embedded Postgres, by a scripted model."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.contestants import say
from benchmarks.peer_turns import READY
from benchmarks.scripted_model import Scripted
from memory.postgres.embedded import EmbeddedServer

PACKAGES: Final = (
    "mem0ai==2.2.1",
    "langmem==0.0.30",
    "langchain-openai",
    "langgraph-checkpoint-postgres",
    "pgvector",
    "psycopg[binary,pool]",
)
PEERS: Final = {"mem0": "mem0ai 2.2.1 with pgvector", "langmem": "langmem 0.0.30, store manager"}
MEMORIES: Final = 1_000
TURNS: Final = 20
INSTALLING_S: Final = 1_800
RUNNING_S: Final = 1_200
PROJECT: Final = Path(__file__).resolve().parents[1]


def remembered_by_peers() -> list[dict[str, Any]]:
    """What each asked for a turn, or one sentence that says why that is not known."""
    with tempfile.TemporaryDirectory(prefix="mnemograph-peers-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        python = Path(folder) / "venv" / "bin" / "python"
        say("installing the peers …")
        failed = _installed(python)
        if failed:
            return [{"name": title, "said": failed} for title in PEERS.values()]
        server = EmbeddedServer(Path(folder) / "data")
        try:
            address = server.acquire()
            return [_measured(python, name, title, address) for name, title in PEERS.items()]
        finally:
            server.release()


def _installed(python: Path) -> str:
    """What went wrong, in a sentence; nothing once the packages are there."""
    commands = (
        [sys.executable, "-m", "venv", str(python.parents[1])],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
    )
    for command in commands:
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=INSTALLING_S)
        except subprocess.TimeoutExpired:
            return f"not measured: it was not installed within {INSTALLING_S:,} s."
        except subprocess.CalledProcessError as error:
            lines = [line for line in error.stderr.splitlines() if line.startswith("ERROR")]
            return f"not measured: it could not be installed ({lines[-1] if lines else command[2]})."
    return ""


def _measured(python: Path, peer: str, title: str, address: str) -> dict[str, Any]:
    say(f"{title}: {MEMORIES:,} memories and {TURNS} turns …")
    scripted = Scripted()
    with psycopg.connect(address, autocommit=True) as connection, scripted.serving():
        connection.execute(f"CREATE DATABASE peer_{peer}")
        own = make_conninfo(address, dbname=f"peer_{peer}")
        with psycopg.connect(own, autocommit=True) as inside:
            inside.execute("CREATE EXTENSION IF NOT EXISTS vector")
        try:
            times = _run(python, peer, own, scripted)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return {"name": title, "said": f"not measured: {type(error).__name__}: {str(error)[-300:]}"}
    a_turn = {name: round(count / TURNS, 1) for name, count in scripted.asked.items()}
    a_turn["extraction calls"] = a_turn["model calls"]
    a_turn["extraction prompt characters"] = a_turn.pop("prompt characters", 0)
    reply, whole = ([row[part] for row in times] for part in (0, 1))
    said = (
        f"recall p50 {median(reply):.1f} ms, recall and remember p50 {median(whole):.1f} ms (p95 "
        f"{quantiles(whole, n=20)[-1]:.1f}) at {MEMORIES:,} memories; "
        "the scripted model answers over HTTP, and no graph runs."
    )
    return {"name": title, "a_turn": a_turn, "said": said}


def _run(python: Path, peer: str, address: str, scripted: Scripted) -> list[list[float]]:
    """Raises ValueError with the end of what it said where it gave no result."""
    command = [
        str(python),
        "-m",
        f"benchmarks.peer_{peer}",
        address,
        scripted.address,
        str(MEMORIES),
        str(TURNS),
    ]
    given = {"MEM0_TELEMETRY": "False", "OPENAI_API_KEY": "none", "LANGSMITH_TRACING": "false"}
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, **given, "MEM0_DIR": home},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        watchdog = threading.Timer(RUNNING_S, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            any(line.strip() == READY for line in process.stdout)
            scripted.asked.clear()  # what was there before the turns costs them nothing
            answer, _ = process.communicate("go\n")
        finally:
            watchdog.cancel()
            process.kill()
        errors.seek(0)
        said = errors.read()
    lines = answer.strip().splitlines()
    if process.returncode or not lines:
        raise ValueError(said.strip().splitlines()[-1] if said.strip() else "it said nothing")
    return list(json.loads(lines[-1]))

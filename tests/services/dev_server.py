"""The real `mnemograph dev` as a subprocess, on a data folder and a port of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.postgres import PATIENCE_S, new_data_folder

ROOT = Path(__file__).resolve().parents[2]
OURS = ("MNEMOGRAPH_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "LANGGRAPH_")


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str


def processes() -> list[Process]:
    """Every process of this machine that is not a zombie."""
    listed = subprocess.run(
        ["ps", "-axwwo", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return [Process(int(r[0]), int(r[1]), r[3]) for r in rows if len(r) == 4 and not r[2].startswith("Z")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class DevServer:
    """Start, stop and kill as often as you like: the data folder stays until `remove`."""

    settings: dict[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=lambda: new_data_folder("mnemograph-dev-"))
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "test.log"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        given = {
            "MNEMOGRAPH_PROFILE": "test",
            "MNEMOGRAPH_DATA_DIR": str(self.folder / "data"),
            "MNEMOGRAPH_ENV_FILE": str(self.folder / "none.env"),
        }
        return {**clean, **given, **self.settings}

    @property
    def root(self) -> Path:
        return ROOT

    def command(self, *arguments: str) -> list[str]:
        command = [sys.executable, "-m", "main", "dev", "--port", str(self.port)]
        return [*command, *(arguments or ("--no-reload",))]

    def launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self, *arguments: str) -> "DevServer":
        self.process = self.launch(*arguments)
        self.wait_until_up()
        return self

    def wait_until_up(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if time.monotonic() > end or self.process is None or self.process.poll() is not None:
                raise AssertionError(f"the server did not come up:\n{self.said()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def pids(self) -> dict[str, int]:
        """dev, server, guard and postmaster, those that there are."""
        everything = processes()
        guard = next((p for p in everything if self._is_guard(p)), None)
        found = {
            "dev": next((p for p in everything if self.process and p.pid == self.process.pid), None),
            "server": next((p for p in everything if self._is_server(p)), None),
            "guard": guard,
            "postmaster": next((p for p in everything if guard and p.parent == guard.pid), None),
        }
        return {name: process.pid for name, process in found.items() if process}

    def kill(self, name: str) -> int:
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        if self.process is not None and pid == self.process.pid:
            self.process.wait()
        return pid

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def leftovers(self, within_s: float = 30.0) -> list[Process]:
        """What still runs of it when the time is up."""
        end = time.monotonic() + within_s
        while (left := self._left()) and time.monotonic() < end:
            time.sleep(0.1)
        return left

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for process in self.leftovers():
            os.kill(process.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _left(self) -> list[Process]:
        known = str(self.folder)
        return [p for p in processes() if known in p.command or self._is_server(p)]

    def _is_guard(self, process: Process) -> bool:
        return "memory.postgres.guard" in process.command and str(self.folder) in process.command

    def _is_server(self, process: Process) -> bool:
        return "langgraph_cli" in process.command and f"--port {self.port} " in process.command


@contextmanager
def running_dev_server(**settings: str) -> Iterator[DevServer]:
    """A server that is up, and gone afterwards; settings by their environment names."""
    server = DevServer(settings)
    try:
        yield server.start()
    finally:
        server.remove()

"""Databases and data folders of a test's own, and client processes to kill."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ClassVar, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from memory.postgres.layout import DataFolder

PROJECT = Path(__file__).resolve().parents[2]
# Long enough for two noisy cores; reached only when something is broken.
PATIENCE_S = 120.0
T = TypeVar("T")
_IN_MEMORY = "/dev/shm"  # noqa: S108 it gets a folder with a name of its own
_ROOM = 4 << 30

_CLIENT = """
import sys, time
from pathlib import Path
from memory.postgres.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.acquire(), flush=True)
time.sleep(float(sys.argv[2]))
"""


class Client:
    """Another process of ours that uses the server of a data folder until it is ended, or so long at most."""

    living: ClassVar[list["Client"]] = []

    def __init__(self, folder: Path, most_s: float = 600) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CLIENT, str(folder), str(most_s)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
        self.living.append(self)
        self._address = ""

    @property
    def address(self) -> str:
        """Waits until the client has the server."""
        if not self._address:
            assert self.process.stdout
            self._address = self.process.stdout.readline().strip()
            assert self._address, self.said()
        return self._address

    def said(self) -> str:
        """What a client that failed had to say."""
        assert self.process.stderr
        return self.process.stderr.read()

    def end(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        self.living.remove(self)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


def others(address: str) -> int:
    """How many other clients are connected to this database."""
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def until(what: Callable[[], T | None], meaning: str) -> T:
    """Waits for a true answer, which it returns; fails with what was meant."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"did not happen: {meaning}")


def processes(folder: Path) -> dict[int, str]:
    """The living guard, postmaster and backends of a data folder: {pid: command}."""
    command = ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listed.stdout.splitlines() if len(line.split(None, 3)) == 4]
    names = (f"memory.postgres.guard {folder}", f"-D {DataFolder(folder).cluster}")
    living = [(int(pid), int(parent), args) for pid, parent, state, args in rows if state[0] != "Z"]
    ours = {pid: args for pid, _, args in living if any(f"{name} " in f"{args} " for name in names)}
    # Backends whose postmaster was killed have another parent by now.
    return ours | {
        pid: args
        for pid, parent, args in living
        if args.startswith("postgres:") and (parent in ours or _works_in(pid, DataFolder(folder).cluster))
    }


def _works_in(pid: int, cluster: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == cluster
    except OSError:
        return False


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # a backend follows its postmaster at once
            os.kill(pid, signal.SIGKILL)


def guard_of(folder: Path) -> int:
    found = [pid for pid, args in processes(folder).items() if "memory.postgres.guard" in args]
    assert len(found) == 1, processes(folder)
    return found[0]


def postmaster_of(folder: Path) -> int:
    return int((DataFolder(folder).cluster / "postmaster.pid").read_text().splitlines()[0])


def gone(folder: Path) -> bool:
    """Waits until no process of the data folder is left."""
    return until(lambda: not processes(folder), f"every process of {folder} ends")


def wipe(folder: Path) -> None:
    """Removes a data folder together with what is kept elsewhere for it."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(DataFolder(folder).pointer.read_text().strip())
    shutil.rmtree(folder)


def new_data_folder(prefix: str = "mnemograph-test-") -> Path:
    """An empty folder that Postgres can reach under root's stand-in, too, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_memory())).resolve()
    folder.chmod(0o711)
    return folder


def _memory() -> str | None:
    """Linux's folder in memory, where that is large: nothing waits for a disk there, and `kill -9` loses nothing."""
    try:
        free = shutil.disk_usage(_IN_MEMORY).free
    except FileNotFoundError:
        return None
    return _IN_MEMORY if free >= _ROOM else None


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder before its first start."""
    folder = new_data_folder()
    yield folder
    for client in [*Client.living]:  # those of a test that failed
        client.end()
    gone(folder)
    wipe(folder)


@contextlib.contextmanager
def new_database(server: str, template: str = "template1") -> Iterator[str]:
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        # Half of what it costs to write every page of the template to the log.
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    address = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    yield address
    drop_database(server, address)


def drop_database(server: str, address: str) -> None:
    """Nobody but a superuser may end the server's own vacuuming there: wait for that."""
    end = time.monotonic() + PATIENCE_S
    with psycopg.connect(server, autocommit=True) as connection:
        while True:
            try:
                connection.execute(f"DROP DATABASE {urlsplit(address).path[1:]} WITH (FORCE)")
            except psycopg.errors.InsufficientPrivilege:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return

"""The Postgres that comes with Mnemograph: started by its first client, gone with its last.

Every client process holds a shared lock on the data folder, which the kernel gives back however the
process ends; a detached guard (guard.py) runs Postgres while anybody holds it.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from config.errors import UserError
from memory.postgres.binaries import find_binaries
from memory.postgres.cluster import DATABASE, ROLE, check_version
from memory.postgres.guard import ALREADY_GUARDED
from memory.postgres.layout import DataFolder
from memory.postgres.locks import FileLock, share_with_owner
from memory.postgres.trouble import folder_trouble

log = logging.getLogger(__name__)

START_LIMIT_S = 60.0
WATCH_S = 0.5
_SOURCE = Path(__file__).resolve().parents[2]
# The guard outlives its starter, so it gets no secrets from its starter's environment.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class EmbeddedServer:
    """One process's claim on the server of one data folder. Thread-safe; claims are independent."""

    def __init__(self, data_dir: Path) -> None:
        # Resolved in acquire: event loops that forbid blocking calls make these objects.
        self._folder = DataFolder(data_dir)
        self._mutex = threading.Lock()
        self._given_up = threading.Event()
        self._claim = FileLock(self._folder.clients_lock)
        self._watcher: threading.Thread | None = None
        self._address: str | None = None

    def acquire(self) -> str:
        """Starts or joins the server and returns its libpq URI; blocks up to START_LIMIT_S.

        Raises UserError when the server cannot be had.
        """
        with self._mutex:
            if self._address is not None:
                return self._address
            self._given_up.clear()
            self._folder = DataFolder(self._folder.path.expanduser().resolve())
            self._claim = FileLock(self._folder.clients_lock)
            try:
                self._address = self._join()
            except OSError as error:
                raise folder_trouble(error, self._folder.path) from error
            finally:
                if self._address is None:
                    self._claim.release()
            self._watcher = threading.Thread(target=self._watch, name="embedded-postgres", daemon=True)
            self._watcher.start()
            return self._address

    def release(self) -> None:
        """Gives up this claim, also one that is just being made; the last one gone stops the server."""
        self._given_up.set()
        with self._mutex:
            watcher, self._watcher = self._watcher, None
            if watcher is not None:
                watcher.join()
            self._address = None
            self._claim.release()

    def _join(self) -> str:
        prepare_folder(self._folder)
        end = time.monotonic() + START_LIMIT_S
        self._until(self._claim.try_shared, end)
        while True:
            start = FileLock(self._folder.start_lock)
            self._until(start.try_exclusive, end)
            try:
                if _guard_is_missing(self._folder):
                    _start_guard(self._folder, end - time.monotonic())
                address = _address(self._folder)
            finally:
                start.release()
            if address is not None:
                return address
            self._pause(end)

    def _until(self, happens: Callable[[], bool], end: float) -> None:
        while not happens():
            self._pause(end)

    def _pause(self, end: float) -> None:
        if self._given_up.wait(0.03):
            raise UserError("Starting the embedded Postgres was given up.")
        if time.monotonic() > end:
            raise UserError(
                f"The embedded Postgres in {self._folder.path} is not ready after {START_LIMIT_S:.0f} s; it "
                f"may still be recovering: try again, and see {self._folder.log}."
            )

    def _watch(self) -> None:
        """Starts a new guard when the guard was killed."""
        said = ""
        while not self._given_up.wait(WATCH_S):
            start = FileLock(self._folder.start_lock)
            try:
                if not self._claim.is_current():
                    log.error("the data folder %s was removed while in use", self._folder.path)
                    return
                if start.try_exclusive() and _guard_is_missing(self._folder):
                    log.warning("the embedded Postgres lost its guard; starting another")
                    _start_guard(self._folder, START_LIMIT_S)
                said = ""
            except (UserError, OSError) as error:
                if str(error) != said:
                    log.error("the embedded Postgres could not be restarted: %s", error)
                said = str(error)
            finally:
                start.release()


def prepare_folder(folder: DataFolder) -> None:
    """Makes the data folder when it is missing. Raises UserError when it cannot be used."""
    if not folder.path.exists():
        folder.path.mkdir(parents=True, exist_ok=True)
        # As root, Postgres runs under another account and has to pass through to its cluster.
        folder.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    if not folder.path.is_dir():
        raise UserError(f"The data folder {folder.path} is a file: name a folder.")
    if not os.access(folder.path, os.R_OK | os.W_OK | os.X_OK):
        raise folder_trouble(PermissionError(), folder.path)
    find_binaries()
    if not folder.cluster.exists():
        return
    owner = folder.cluster.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise UserError(
            f"The database in {folder.path} belongs to user id {owner}: run as root, as who made it, or "
            "choose another data folder."
        )
    check_version(folder.cluster)


def _guard_is_missing(folder: DataFolder) -> bool:
    """To be asked under the start lock only: asking holds the guard's lock for a moment."""
    lock = FileLock(folder.guard_lock)
    free = lock.try_shared()
    lock.release()
    return free


def _start_guard(folder: DataFolder, limit_s: float) -> None:
    """Returns when the new guard has Postgres ready. Raises UserError."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # -P: a folder named `config` or `memory` where we happen to be must not be taken for ours.
    paths = [str(_SOURCE), *(path for path in sys.path if path and Path(path).is_absolute())]
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    try:
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-m", "memory.postgres.guard", str(folder.path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            env=environment,
            start_new_session=True,
            timeout=max(limit_s, 1.0),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return  # it goes on by itself; whoever waits has a deadline of their own
    if ended.returncode == 1 and ended.stdout.strip():
        raise UserError(ended.stdout.strip())
    if ended.returncode not in (0, ALREADY_GUARDED):
        why = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
        raise UserError(f"The guard of the embedded Postgres in {folder.path} did not start ({why}).")
    share_with_owner(folder.log, folder.path)


def _address(folder: DataFolder) -> str | None:
    """The address when the server is up, else None."""
    try:
        state = json.loads(folder.state.read_text(encoding="utf-8"))
        password = folder.password.read_text(encoding="utf-8").strip()
        os.kill(state["pid"], 0)  # a guard that was killed leaves its state behind
    except (FileNotFoundError, ProcessLookupError):
        return None
    sockets = quote(os.fsencode(state["socket"]), safe="")
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={sockets}&port=5432"


_shared: dict[Path, tuple[EmbeddedServer, list[object]]] = {}


@asynccontextmanager
async def embedded_postgres(data_dir: Path) -> AsyncIterator[str]:
    """The server's address; users in one process share one claim. Raises UserError."""
    token = object()
    server, users = _shared.setdefault(data_dir, (EmbeddedServer(data_dir), []))
    users.append(token)

    def enter() -> str:
        # Cancelled before a thread was free for us: a claim made now would never be given up.
        return server.acquire() if token in users else ""

    try:
        yield await asyncio.to_thread(enter)
    finally:
        users.remove(token)
        if not users:
            _shared.pop(data_dir, None)
            await asyncio.to_thread(server.release)

"""The process that keeps Postgres running for as long as anybody uses one data folder.

Started detached as `python -m memory.postgres.guard DATA_DIR`. It prints nothing and exits with 0 as soon
as Postgres takes connections, and stays behind as a daemon; or it prints one sentence and exits with 1.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from config.errors import UserError
from memory.postgres.cluster import Cluster
from memory.postgres.housing import make_private, prepare, socket_folder, write_private
from memory.postgres.layout import DataFolder
from memory.postgres.locks import FileLock, share_with_owner
from memory.postgres.trouble import folder_trouble, start_failure

TICK_S = 0.4
LOG_LIMIT = 2_000_000
ALREADY_GUARDED = 3


class Guard:
    """Runs Postgres as its child, restarts it when it dies and stops it when the last client is gone."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._clients = FileLock(folder.clients_lock)
        self._told_to_stop = False
        self._waker, self._wakes = socket.socketpair()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def run(self, report: Callable[[str], None]) -> None:
        """Returns when everything is stopped; `report` is called once, with "" when Postgres is up."""
        self._listen_to_signals()
        cluster = prepare(self._folder)
        sockets = socket_folder(self._folder, cluster)
        try:
            if not self._bring_up(cluster, sockets):
                raise UserError(self._why_not())
            report("")
            self._watch(cluster, sockets)
        finally:
            self._stop()
            if not self._told_to_stop:  # else clients go on, and the next guard must keep their address
                self._folder.state.unlink(missing_ok=True)
            shutil.rmtree(sockets, ignore_errors=True)

    def _watch(self, cluster: Cluster, sockets: Path) -> None:
        pause_s = 0.05
        while self._wanted():
            if self._process and self._process.poll() is None:
                pause_s = 0.05
                self._wait(TICK_S)
            else:
                # A full disk can take Postgres down again and again until somebody makes room.
                self._wait(pause_s)
                pause_s = min(pause_s * 2, 5.0)
                self._try_again(cluster, sockets)
            bound_log(self._folder.log)

    def _try_again(self, cluster: Cluster, sockets: Path) -> None:
        try:
            make_private(sockets, cluster)
            self._bring_up(cluster, sockets)
        except OSError as error:
            print(f"guard: {error}", file=sys.stderr, flush=True)  # noqa: T201

    def _wanted(self) -> bool:
        """False once told to stop, when the folder was removed, or with the last client gone.

        The clients' lock, once taken, is kept until this process has ended: a client that arrives
        meanwhile waits for it, and then starts the next guard.
        """
        if self._told_to_stop:
            return False
        return not self._clients.try_exclusive() and self._folder.clients_lock.exists()

    def _bring_up(self, cluster: Cluster, sockets: Path) -> bool:
        """Whether Postgres takes connections now; False when it ended instead or is no longer wanted."""
        self._folder.state.unlink(missing_ok=True)
        cluster.end_leftovers()
        self._log_start = self._folder.log.stat().st_size if self._folder.log.exists() else 0
        process = self._process = cluster.launch(sockets)
        while not cluster.is_ready(process.pid):
            if process.poll() is not None or self._told_to_stop:
                return False
            self._wait(0.02)
        state = json.dumps({"pid": os.getpid(), "socket": str(sockets)})
        write_private(self._folder.state, state)
        return True

    def _why_not(self) -> str:
        with self._folder.log.open("rb") as log:
            log.seek(self._log_start)
            return start_failure(log.read().decode(errors="replace"), self._folder.path, self._folder.log)

    def _stop(self) -> None:
        """A fast shutdown; harder when it does not come to an end."""
        process = self._process
        if process is None:
            return
        for number, patience_s in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if process.poll() is None:
                process.send_signal(number)
            try:
                process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
            return

    def _listen_to_signals(self) -> None:
        self._waker.setblocking(False)
        self._wakes.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)

    def _on_stop(self, *_: object) -> None:
        self._told_to_stop = True

    def _wait(self, seconds: float) -> None:
        """Sleeps, and wakes at once when the child ends or a signal comes."""
        if select.select([self._wakes], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                self._wakes.recv(4096)


def bound_log(log: Path, limit: int = LOG_LIMIT) -> None:
    """Keeps two logs of about `limit` bytes; truncating is safe because every writer appends."""
    try:
        if log.stat().st_size > limit:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
    except FileNotFoundError:
        return


def _run(folder: DataFolder, report: Callable[[str], None]) -> int:
    try:
        Guard(folder).run(report)
    except UserError as error:
        report(error.sentence)
        return 1
    except OSError as error:
        report(folder_trouble(error, folder.path).sentence)
        return 1
    return 0


def _become_daemon(folder: DataFolder, lock: FileLock) -> NoReturn:
    """Forks: the parent waits for the outcome and exits with it, the child stays behind."""
    outcome, told = os.pipe()
    if os.fork():
        os.close(told)
        lock.release()  # the child's copy holds it
        with os.fdopen(outcome, "rb") as pipe:
            said = pipe.read().decode()
        if said != "ready":
            print(said or "The guard of the embedded Postgres was ended while it started.")  # noqa: T201
        sys.stdout.flush()
        os._exit(0 if said == "ready" else 1)
    os.close(outcome)
    os.setsid()
    _redirect(folder.log)

    def report(sentence: str) -> None:
        nonlocal told
        if told >= 0:
            with contextlib.suppress(BrokenPipeError):  # whoever asked is gone; others may have come
                os.write(told, (sentence or "ready").encode())
            os.close(told)
            told = -1
        elif sentence:
            print(sentence, file=sys.stderr, flush=True)  # noqa: T201

    os._exit(_run(folder, report))


def _redirect(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    share_with_owner(log, log.parent)
    for source, target in ((nothing, 0), (nothing, 1), (writer, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(writer)


def main(arguments: list[str]) -> NoReturn:
    folder = DataFolder(Path(arguments[0]).resolve())
    try:
        lock = FileLock(folder.guard_lock)
        end = time.monotonic() + 1.0
        while not lock.try_exclusive():  # somebody may only be looking whether it is free
            if time.monotonic() > end:
                raise SystemExit(ALREADY_GUARDED)
            time.sleep(0.02)
        _become_daemon(folder, lock)
    except OSError as error:
        print(folder_trouble(error, folder.path).sentence)  # noqa: T201
        raise SystemExit(1) from error


if __name__ == "__main__":
    main(sys.argv[1:])

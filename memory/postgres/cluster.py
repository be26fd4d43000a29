"""One cluster on disk: making it, launching Postgres on it, and what is left of one that was killed."""

import ctypes
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from config.errors import UserError
from memory.postgres.binaries import MAJOR, Binaries
from memory.postgres.layout import SOCKET_NAME, Account
from memory.postgres.trouble import start_failure

ROLE = "mnemograph"
DATABASE = "mnemograph"

_HBA = "local all all scram-sha-256\n"
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "fsync": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Cluster:
    """A cluster folder, the programs for it and the account that runs them (None: ourselves)."""

    path: Path
    binaries: Binaries
    account: Account | None
    log: Path

    def exists(self) -> bool:
        return (self.path / "PG_VERSION").is_file()

    def create(self, password: str) -> None:
        """Makes the cluster with its role, database and extension; it appears complete or not at all."""
        draft = self.path.with_name(f"{self.path.name}.new-{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        try:
            if self.account:
                os.chown(draft, self.account.uid, self.account.gid)
            self._fill(draft, password)
            draft.rename(self.path)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def sweep(self) -> None:
        """Removes drafts that killed starts left; one that still dies may need a second start for that."""
        for stale in self.path.parent.glob(f"{self.path.name}.new-*"):
            shutil.rmtree(stale, ignore_errors=True)

    def set_password(self, password: str) -> None:
        """Needs no old password; the server must not be running."""
        self._single(self.path, f"ALTER ROLE {ROLE} PASSWORD '{password}';\n")

    def launch(self, socket_folder: Path) -> subprocess.Popen[bytes]:
        """To be called after end_leftovers: what lies in the socket's folder is taken for dead."""
        for stale in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            # Postgres would believe a lock whose pid is a zombie's or, by now, somebody else's.
            (socket_folder / stale).unlink(missing_ok=True)
        quoted = '"' + str(socket_folder).replace('"', '""') + '"'
        settings = _SETTINGS | {"unix_socket_directories": quoted}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.binaries.postgres), "-D", str(self.path), *arguments]
        with self.log.open("ab") as log:
            return self._start(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def is_ready(self, pid: int) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7] == "ready"

    def end_leftovers(self) -> None:
        """Stops what an earlier guard left running on this cluster, and drops a misleading pid file.

        A pid file survives a reboot, and its number may by then belong to an unrelated process of the
        same user, at which Postgres would refuse to start for good.
        """
        steps = ((None, 1.0), (signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        for sent, patience_s in steps:
            end = time.monotonic() + patience_s
            self._tell(sent)
            while (left := self._processes()) and time.monotonic() < end:
                # Backends without a postmaster leave by themselves; a postmaster has to be told.
                if sent is None and self._postmaster() in left:
                    break
                time.sleep(0.02)
            if not left:
                break
        lines = self._pid_file()
        if lines and not self._processes():
            (self.path / "postmaster.pid").unlink(missing_ok=True)

    def _tell(self, sent: signal.Signals | None) -> None:
        """Signals the postmaster, which tells its children; only children without one get it themselves."""
        left = self._processes() if sent else []
        postmaster = self._postmaster()
        for pid in [postmaster] if postmaster in left else left:
            # To a backend SIGINT means to cancel, to the checkpointer something else again.
            stop = signal.SIGQUIT if sent is signal.SIGINT and pid != postmaster else sent
            if pid is not None and stop is not None:
                _send(pid, stop)

    def _fill(self, draft: Path, password: str) -> None:
        self._run(
            str(self.binaries.initdb),
            *("-D", str(draft), "-U", "postgres", "--auth=peer", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        )
        # Opened, not replaced: the file must stay its account's.
        with (draft / "pg_hba.conf").open("w", encoding="ascii") as hba:
            hba.write(_HBA)
        # No superuser: row security does not bind one. template1 gives every new database the extension.
        self._single(
            draft,
            "CREATE EXTENSION vector;\n"
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}';\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n",
        )

    def _single(self, cluster: Path, statements: str) -> None:
        # To stretch a password of 192 random bits protects nothing, and is most of what each connection costs.
        options = (
            "exit_on_error=on",
            "log_min_error_statement=panic",
            "log_checkpoints=off",
            "scram_iterations=1",
        )
        arguments = [part for option in options for part in ("-c", option)]
        command = [str(self.binaries.postgres), "--single", "-D", str(cluster), *arguments, "template1"]
        self._run(*command, stdin=statements)

    def _run(self, *command: str, stdin: str = "") -> None:
        with self.log.open("ab") as log, _remaining(self.log) as said:
            process = self._start(list(command), stdin=subprocess.PIPE, stdout=log, stderr=log)
            process.communicate(stdin.encode())
            if process.returncode != 0:
                raise UserError(start_failure(said(), self.path.parent, self.log))

    def _start(
        self, command: list[str], *, stdin: int, stdout: IO[bytes], stderr: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        as_account: _RunAs = {}
        if self.account:
            as_account = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        # Only here, after the change of user, does the kernel keep the wish to die with the guard;
        # the guard has one thread, so running Python between fork and exec is safe.
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd="/",
            umask=0o077,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            preexec_fn=functools.partial(_die_with, os.getpid()) if _LIBC else None,  # noqa: PLW1509
            **as_account,
        )

    def _pid_file(self) -> list[str]:
        try:
            return [line.strip() for line in (self.path / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _postmaster(self) -> int | None:
        first = (self._pid_file() or [""])[0]
        return int(first) if first.isdecimal() else None

    def _processes(self) -> list[int]:
        """The postmaster and backends that work in this cluster; without /proc the postmaster alone."""
        if sys.platform == "linux":
            return [pid for pid in _all_pids() if _works_in(pid, self.path)]
        pid = self._postmaster()
        return [pid] if pid and str(self.path) in _command_line(pid) else []


def check_version(cluster: Path) -> None:
    """Raises UserError when another major version made the cluster."""
    try:
        version = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if version != str(MAJOR):
        raise UserError(
            f"The data folder {cluster.parent} was made by PostgreSQL {version} and this installation "
            f"carries PostgreSQL {MAJOR}: move the folder away to start empty, or dump it with the "
            "old version first."
        )


@contextmanager
def _remaining(log: Path) -> Iterator[Callable[[], str]]:
    """Gives a function that returns what was added to the log since."""
    start = log.stat().st_size if log.exists() else 0

    def said() -> str:
        with log.open("rb") as file:
            file.seek(min(start, file.seek(0, os.SEEK_END)))
            return file.read().decode(errors="replace")

    yield said


def _die_with(parent: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))
    if os.getppid() != parent:
        os._exit(1)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208


def _works_in(pid: int, cluster: Path) -> bool:
    """Every process of Postgres has its cluster as working folder, and changes only its own title."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return name == "postgres" and Path(f"/proc/{pid}/cwd").readlink() == cluster
    except (OSError, ValueError):
        return False


def _command_line(pid: int) -> str:
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout

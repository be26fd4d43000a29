"""Where the embedded server keeps its things and under whose name it runs: decisions, no writing."""

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the closing NUL included.
SOCKET_PATH_LIMIT = 103
SOCKET_NAME = ".s.PGSQL.5432"
SHARED_HOME = Path("/var/lib/mnemograph")


@dataclass(frozen=True)
class DataFolder:
    """The names inside one data folder; `path` is absolute and resolved."""

    path: Path

    @property
    def clients_lock(self) -> Path:
        """Held shared by every process that uses the server."""
        return self.path / "clients.lock"

    @property
    def start_lock(self) -> Path:
        """Held while somebody looks for a guard or starts one."""
        return self.path / "start.lock"

    @property
    def guard_lock(self) -> Path:
        """Held by the one guard as long as it lives."""
        return self.path / "guard.lock"

    @property
    def state(self) -> Path:
        """Written by the guard while Postgres takes connections: {"pid": int, "socket": str}."""
        return self.path / "server.json"

    @property
    def password(self) -> Path:
        return self.path / "password"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def pointer(self) -> Path:
        """Names the folder that holds the cluster when it could not be kept here."""
        return self.path / "cluster.location"

    @property
    def home(self) -> Path:
        """The folder that holds the cluster: this one, or the one that the pointer names."""
        try:
            return Path(self.pointer.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return self.path

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


@dataclass(frozen=True)
class Entry:
    """What decides whether an account may use a folder or file."""

    uid: int
    gid: int
    mode: int


@dataclass(frozen=True)
class Placement:
    """`account` None: Postgres runs as ourselves. The flags say what must be kept elsewhere."""

    account: Account | None
    move_cluster: bool
    move_binaries: bool


def entries_to(path: Path) -> list[Entry]:
    """The folders from the root down to `path`, and `path` itself."""
    chain = [*reversed(path.parents), path]
    stats = (folder.stat() for folder in chain)
    return [Entry(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) for found in stats]


def may_pass(entries: Iterable[Entry], account: Account) -> bool:
    """Whether the account has the execute bit on every entry."""
    for entry in entries:
        if entry.uid == account.uid:
            bit = stat.S_IXUSR
        elif entry.gid == account.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not entry.mode & bit:
            return False
    return True


def place(
    euid: int,
    stand_in: Account,
    data: Sequence[Entry],
    binary: Sequence[Entry],
    cluster: Entry | None = None,
) -> Placement:
    """Decides under whose name Postgres runs, and what that account cannot reach where it is.

    Args:
        euid: who we are; Postgres refuses to run as root.
        stand_in: an account without rights, for root's own folders.
        data: the folders down to the data folder, which comes last.
        binary: the folders down to the `postgres` file, which comes last.
        cluster: the cluster folder, when there is one already; its owner must run it.
    """
    if euid != 0:
        return Placement(None, move_cluster=False, move_binaries=False)
    if cluster is not None and cluster.uid != 0:
        account = Account(cluster.uid, cluster.gid)
    elif data[-1].uid != 0:
        account = Account(data[-1].uid, data[-1].gid)
    else:
        account = stand_in
    return Placement(account, not may_pass(data, account), not may_pass(binary, account))


def fits_socket(folder: Path) -> bool:
    """Whether a socket in this folder has an address that the kernel and libpq both take."""
    text = os.fsencode(folder / SOCKET_NAME)
    return len(text) <= SOCKET_PATH_LIMIT and b"," not in text  # libpq splits its host at commas


def short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]

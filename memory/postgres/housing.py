"""Makes the places that layout.py decided on: the cluster, its socket's folder, what root must keep apart."""

import contextlib
import json
import os
import pwd
import secrets
import stat
import tempfile
from pathlib import Path

from config.errors import UserError
from memory.postgres.binaries import Binaries, copy_binaries, find_binaries
from memory.postgres.cluster import Cluster, check_version
from memory.postgres.layout import (
    SHARED_HOME,
    Account,
    DataFolder,
    Entry,
    entries_to,
    fits_socket,
    may_pass,
    place,
    short_name,
)
from memory.postgres.locks import share_with_owner


def prepare(folder: DataFolder) -> Cluster:
    """Decides where the cluster lives, and makes it when there is none. Raises UserError."""
    check_version(folder.cluster)
    binaries = find_binaries()
    account = None
    if os.geteuid() == 0:
        account, binaries = _give_up_root(folder, binaries)
    cluster = Cluster(folder.cluster, binaries, account, folder.log)
    cluster.sweep()
    if cluster.exists():
        if not folder.password.exists():
            cluster.end_leftovers()
            password = secrets.token_urlsafe(24)
            cluster.set_password(password)
            write_private(folder.password, password)
    elif folder.password.exists():
        raise UserError(
            f"The database of {folder.path}, kept in {cluster.path}, is gone: restore it, or remove "
            f"{folder.path} to start empty."
        )
    else:
        password = secrets.token_urlsafe(24)
        cluster.create(password)
        write_private(folder.password, password)
    return cluster


def socket_folder(folder: DataFolder, cluster: Cluster) -> Path:
    """A private folder with a short enough path: beside the cluster, else under the temporary folder."""
    owner = _owner(cluster)
    wanted = [cluster.path.with_name("socket")]
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        # After a guard was killed, its clients still know the address that it gave out.
        wanted.insert(0, Path(json.loads(folder.state.read_text(encoding="utf-8"))["socket"]))
    name = f"mnemograph-{owner}-{short_name(folder.path)}"
    wanted += [Path(tempfile.gettempdir(), name), Path("/tmp", name)]  # noqa: S108
    for path in wanted:
        reachable = cluster.account is None or may_pass(entries_to(path.parent), cluster.account)
        if reachable and fits_socket(path) and make_private(path, cluster):
            return path
    path = Path(tempfile.mkdtemp(prefix="mnemograph-", dir="/tmp"))
    if not make_private(path, cluster):
        raise UserError(f"No private folder for the Postgres socket can be made in {path.parent}.")
    return path


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step, readable by its folder's owner only."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    share_with_owner(draft, path.parent)
    draft.replace(path)


def _give_up_root(folder: DataFolder, binaries: Binaries) -> tuple[Account | None, Binaries]:
    """The account that runs Postgres instead of root, and binaries that it can reach."""
    nobody = pwd.getpwnam("nobody")
    chosen = place(
        os.geteuid(),
        Account(nobody.pw_uid, nobody.pw_gid),
        entries_to(folder.path),
        entries_to(binaries.postgres),
        _entry(folder.cluster),
    )
    if chosen.move_binaries:
        _make_shared_home(SHARED_HOME)
        binaries = copy_binaries(binaries, SHARED_HOME)
    if chosen.move_cluster and not folder.pointer.exists():
        # A name of its own, so that a folder made anew in the same place never finds the old one's data.
        home = SHARED_HOME / f"{short_name(folder.path)}-{secrets.token_hex(4)}"
        _make_shared_home(home)
        write_private(folder.pointer, f"{home}\n")
    return chosen.account, binaries


def _entry(path: Path) -> Entry | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Entry(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


def _make_shared_home(path: Path) -> None:
    """Every account may pass through; what is inside protects itself."""
    for folder in dict.fromkeys((SHARED_HOME, path)):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)


def _owner(cluster: Cluster) -> int:
    return cluster.account.uid if cluster.account else os.geteuid()


def make_private(path: Path, cluster: Cluster) -> bool:
    """Whether `path` is now a folder of the account that runs Postgres, and nobody else may enter it."""
    account, owner = cluster.account, _owner(cluster)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    found = path.lstat()
    if account and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        os.chown(path, account.uid, account.gid)
        found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077

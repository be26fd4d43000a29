"""File locks that the kernel gives back when their holder dies, however it dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory flock on one file. The file is never removed: that would let two holders in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def is_current(self) -> bool:
        """Whether the path still names the file that is held (False: the folder was removed)."""
        if self._fd is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._fd), self._path.stat())
        except FileNotFoundError:
            return False

    def _try(self, kind: int) -> bool:
        """Raises OSError when the file itself cannot be opened."""
        if self._fd is not None:
            return True
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            share_with_owner(fd, self._path.parent)
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        return True


def share_with_owner(target: int | Path, folder: Path) -> None:
    """Gives what root made in somebody's folder to that somebody, who may come without root next time."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(target, owner.st_uid, owner.st_gid)

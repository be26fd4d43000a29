"""One `mnemograph dev` a data folder: the LangGraph server keeps files there that two would overwrite."""

import fcntl
import os
import time
from pathlib import Path

from config.errors import UserError

# An earlier server that lost its parent ends within its grace; see config/lifeline.py.
PATIENCE_S = 20.0


class Claim:
    """Two locks: ours, and one that the server inherits and so holds until it is really gone."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError when another one runs on the folder."""
        self._folder = folder
        self._note = folder / "dev.address"
        self._ours = _open(folder / "dev.lock")
        if not _lock(self._ours):
            raise UserError(
                f"Another mnemograph dev runs on the data folder {folder}{self._where()}: use that one, "
                "stop it, or set MNEMOGRAPH_DATA_DIR to another folder."
            )
        self.inherited = _open(folder / "server.lock")
        end = time.monotonic() + PATIENCE_S
        while not _lock(self.inherited):
            if time.monotonic() > end:
                raise UserError(
                    f"An earlier server still runs on the data folder {folder}: end it and try again."
                )
            time.sleep(0.1)

    def note(self, url: str) -> None:
        """Let the next one say where we are."""
        self._note.write_text(url, encoding="utf-8")

    def release(self) -> None:
        self._note.unlink(missing_ok=True)
        os.close(self.inherited)
        os.close(self._ours)

    def _where(self) -> str:
        try:
            return f" at {self._note.read_text(encoding='utf-8')}"
        except OSError:
            return ""


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

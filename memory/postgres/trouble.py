"""Sentences for an embedded server that cannot start: from its log, or from what the system said."""

import errno
import re
from pathlib import Path

from config.errors import UserError

_TROUBLE = re.compile(r"\b(?:PANIC|FATAL|ERROR|error):\s+(.+)")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def start_failure(log: str, folder: Path, log_file: Path) -> str:
    """The sentence for a server that did not start, from what it wrote."""
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return f"The disk that holds {folder} is full: free some space and start again."
    line = telling_line(log) or "it said nothing"
    return f"The embedded Postgres in {folder} did not start ({line}): see {log_file}."


def telling_line(log: str) -> str:
    """The last line that reports trouble, without its time stamp; else the last line; "" of nothing."""
    found = _TROUBLE.findall(log) or log.split("\n")
    lines = [str(line).strip().rstrip(".") for line in found]
    return next((line for line in reversed(lines) if line), "")


def folder_trouble(error: OSError, folder: Path) -> UserError:
    """What the system refused to do in the data folder, for people."""
    if error.errno in _FULL:
        return UserError(f"The disk that holds {folder} is full: free some space and start again.")
    if error.errno in _REFUSED or isinstance(error, PermissionError):
        return UserError(
            f"The data folder {folder} cannot be written: give yourself the right to, or choose another one."
        )
    return UserError(f"The data folder {folder} cannot be used ({error.strerror or error}).")

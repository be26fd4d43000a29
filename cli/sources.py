"""Which files make the server what it is, and whether one of them has changed."""

from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("config", "memory", "agents", "graphs", "server")
KINDS = {".py", ".yaml"}

Stamps = dict[Path, tuple[int, int]]


def _files(root: Path, env_file: Path) -> Iterator[Path]:
    yield root / "langgraph.json"
    yield env_file
    for package in PACKAGES:
        yield from (path for path in (root / package).rglob("*") if path.suffix in KINDS)


def stamps(root: Path, env_file: Path) -> Stamps:
    """(modification time in ns, size) of every file there is."""
    found: Stamps = {}
    for path in _files(root, env_file):
        try:
            stat = path.stat()
        except OSError:
            continue  # gone between the listing and the look
        found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def changed(before: Stamps, after: Stamps) -> list[Path]:
    """The files that appeared, went or were written."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))

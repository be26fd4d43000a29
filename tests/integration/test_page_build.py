"""The committed page is what web/ builds to, byte for byte, in whatever folder and with whichever Node."""

import os
import subprocess
from pathlib import Path

import pytest

from server.page import BUILT

WEB = Path(__file__).resolve().parents[2] / "web"
ABSENT = not (WEB / "node_modules").is_dir() and not os.environ.get("NEEDS_BROWSER")


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


@pytest.mark.skipif(ABSENT, reason="The page cannot be built without web/node_modules: make test brings it.")
def test_a_build_is_what_is_committed(tmp_path: Path) -> None:
    command = [
        WEB / "npm",
        "exec",
        "--",
        "vite",
        "build",
        "--logLevel",
        "warn",
        "--outDir",
        tmp_path / "built",
    ]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    made, committed = files_in(tmp_path / "built"), files_in(BUILT)
    differ = sorted(name for name in made.keys() | committed.keys() if made.get(name) != committed.get(name))
    assert differ == [], "server/static is not what web/ builds to: run `make page` and commit it."

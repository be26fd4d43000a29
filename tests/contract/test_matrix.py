"""The table of the stores can be made."""

import subprocess
import sys


def test_the_matrix_finds_every_test_of_which_a_failure_is_expected() -> None:
    command = [sys.executable, "-m", "tests.contract.matrix", "--collect-only"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "tests collected" in done.stdout

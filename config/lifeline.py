"""A pipe that tells a child that its parent is gone, however the parent ended.

The parent keeps the writing end and never writes; the kernel closes it with the parent, and the child
reads the end.
"""

import os
import signal
import threading
import time

VARIABLE = "_MNEMOGRAPH_LIFELINE"
GRACE_S = 12.0


class Lifeline:
    """The parent's half: hand `reader` to the child by `pass_fds` and `environment` with its environment."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self.environment = {VARIABLE: str(self.reader)}

    def given(self) -> None:
        """The child has its copy: drop ours."""
        os.close(self.reader)

    def cut(self) -> None:
        os.close(self._writer)


def hold_on(grace_s: float = GRACE_S) -> bool:
    """The child's half: end this process when its parent is gone. Whether there is a parent to hold on to."""
    given = os.environ.pop(VARIABLE, "")
    if not given:
        return False
    threading.Thread(target=_until_cut, args=(int(given), grace_s), name="lifeline", daemon=True).start()
    return True


def _until_cut(reader: int, grace_s: float) -> None:
    while os.read(reader, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os._exit(1)

"""Undoes, or redoes, the newest turn of a thread in a process that is killed between its two parts.

`python -m tests.faults.undo_runner undo|redo THREAD USER`
"""

import asyncio
import os
import signal
import sys
from typing import Any

from config.loading import settled
from config.settings import settings
from graphs import undo as undoing
from graphs.chat import open_chat


async def killed(*_: Any, **__: Any) -> None:
    """What stands in the place of the second part."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(step: str, thread_id: str, user_id: str) -> None:
    async with open_chat(settings()) as chat:
        if step == "undo":
            undoing.write_over = killed  # type: ignore[assignment]
            await undoing.undo(chat, user_id, thread_id)
        else:
            undoing.bring_back = _second(undoing.bring_back)
            await undoing.redo(chat, user_id, thread_id)


def _second(original: Any) -> Any:
    """The first call looks whether an earlier redo was cut off; the second one is the part after the checkpoint."""
    calls = 0

    async def bring_back(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            await killed()
        return await original(*args)

    return bring_back


if __name__ == "__main__":
    settled()
    asyncio.run(main(*sys.argv[1:]))

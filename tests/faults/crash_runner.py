"""Runs one turn in a process that kills itself with -9 at its n-th step of persistence, then sends the turn again.

`python -m tests.faults.crash_runner resend|recover` prints one JSON object a failpoint. The process forks, so that
the imports are paid once; a child is killed for real, with its connections open.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import HumanMessage

from agents.context import ChatContext
from cli.conversation import thread_config
from config.settings import settings
from graphs.chat import open_chat
from graphs.recovery import recover
from memory.lifecycle.listing import memories_of
from memory.long_term.postgres_store import PostgresStore
from memory.schema import Kind
from memory.short_term.savers import PostgresSaver

TEXT = "My name is Ana and I live in Porto."
PATCHED = ((PostgresSaver, "aput"), (PostgresSaver, "aput_writes"), (PostgresStore, "abatch"))
MOST = 60


class Failpoint:
    """Counts the steps of persistence; kills this process at the n-th, before or after it is done."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.count, self.armed = at, after, 0, False
        for owner, name in PATCHED:
            setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def step(*args: Any, **kwargs: Any) -> Any:
            self.count += self.armed
            now = self.armed and self.count == self.at
            if now and not self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = await original(*args, **kwargs)
            if now:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step


def user(number: int) -> str:
    return f"user-{number}"


def thread(number: int) -> Any:
    return thread_config(f"00000000-0000-4000-8000-{number:012d}", user(number))


async def crash(number: int, at: int, *, after: bool) -> None:
    failpoint = Failpoint(at, after=after)
    async with open_chat(settings()) as chat:
        failpoint.armed = True
        message = HumanMessage(TEXT, id=f"turn-{number}")
        await chat.ainvoke({"messages": [message]}, thread(number), context=ChatContext(user_id=user(number)))
        failpoint.armed = False


async def repair(number: int, how: str) -> dict[str, Any]:
    async with open_chat(settings()) as chat:
        if how == "resend":
            message = HumanMessage(TEXT, id=f"turn-{number}")
            context = ChatContext(user_id=user(number))
            await chat.ainvoke({"messages": [message]}, thread(number), context=context)
        else:
            await recover(chat, user(number))
        state = await chat.aget_state(thread(number))
        store: Any = chat.store
        memories = await memories_of(store, user(number), kinds=(Kind.SEMANTIC, Kind.EPISODIC))
        return {
            "messages": [[m.type, str(m.text)] for m in state.values.get("messages", [])],
            "memories": sorted(f"{m.kind}: {m.text}" for m in memories),
            "next": list(state.next),
        }


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """(wait status, result) of a forked child that does the work."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, json.dumps(work()).encode())
        except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    return status, json.loads(text) if text else None


def main(how: str) -> None:
    number = 0
    for after in (False, True) if how == "resend" else (False,):
        for at in range(1, MOST):
            number += 1
            status, _ = in_child(lambda: asyncio.run(crash(number, at, after=after)))  # noqa: B023 - run at once
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            outcome, result = in_child(lambda: asyncio.run(repair(number, how)))  # noqa: B023 - run at once
            row = {"at": at, "after": after, "killed": killed, "repaired": outcome == 0, **(result or {})}
            print(json.dumps(row), flush=True)
            if not killed:
                break


if __name__ == "__main__":
    main(sys.argv[1])

"""Runs one turn in a process that kills itself with -9 at its n-th step, then sends the turn again.

A step is one of persistence or the call of the extraction model; with remember=background they go on until the process
ends. `python -m tests.faults.crash_runner resend|recover` prints one JSON object a failpoint. The process forks, so
that the imports are paid once; a child is killed for real, with its connections open. Every failpoint has a user and a
thread of its own: several children work beside each other, and one more, started afterwards, repairs what they left.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.store.base import GetOp, PutOp, SearchOp

from agents.context import ChatContext
from agents.nodes import remember
from cli.conversation import thread_config
from config.loading import settled
from config.settings import settings
from graphs.chat import Chat, open_chat
from graphs.recovery import recover
from memory.lifecycle.reading.listing import memories_of
from memory.lifecycle.turns.pending import pending_of
from memory.long_term.postgres_store import PostgresStore
from memory.schema import Kind
from memory.short_term.postgres.saver import PostgresSaver

TEXT = "My name is Ana and I live in Porto."
PATCHED = ((PostgresSaver, "aput"), (PostgresSaver, "aput_writes"), (PostgresStore, "abatch"))
MOST = 60
AT_ONCE = 4


class Failpoint:
    """Counts the steps; kills this process at the n-th, before or after it is done, when `tell` has its name."""

    def __init__(self, at: int, *, after: bool, tell: Callable[[str], None] = lambda _: None) -> None:
        self.at, self.after, self.count, self.armed = at, after, 0, False
        self.tell = tell
        self.steps: list[str] = []
        for owner, name in PATCHED:
            setattr(owner, name, self._wrapped(name, getattr(owner, name)))
        original = remember.extractor
        remember.extractor = lambda *given: self._wrapped("model", original(*given))  # type: ignore[assignment]

    def _wrapped(self, name: str, original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def step(*args: Any, **kwargs: Any) -> Any:
            self.count += self.armed
            now = self.armed and self.count == self.at
            if self.armed:
                self.steps.append(called(name, args))
            if now:
                self.tell(f"{'after' if self.after else 'before'}: {self.steps[-1]}")
            if now and not self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = await original(*args, **kwargs)
            if now:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step


def called(name: str, args: tuple[Any, ...]) -> str:
    """What a step is, for people."""
    if name != "abatch":
        return {"aput": "checkpoint written", "aput_writes": "a node's writes", "model": "model called"}[name]
    ops = list(args[1])
    if any(isinstance(op, PutOp) for op in ops):
        return "memories written"
    if all(isinstance(op, GetOp) for op in ops):
        return "looked whether it is done"
    asked = any(isinstance(op, SearchOp) and op.query for op in ops)
    return "recalled" if asked else "neighbours or marks fetched"


def user(number: int) -> str:
    return f"user-{number}"


def thread(number: int) -> Any:
    return thread_config(f"00000000-0000-4000-8000-{number:012d}", user(number))


async def crash(
    number: int, at: int, *, after: bool, tell: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Returns the steps that there were, when none of them was the last one."""
    failpoint = Failpoint(at, after=after, tell=tell)
    async with open_chat(settings()) as chat:
        failpoint.armed = True
        await say(chat, number)
    return failpoint.steps


async def say(chat: Chat, number: int) -> None:
    message = HumanMessage(TEXT, id=f"turn-{number}")
    await chat.ainvoke({"messages": [message]}, thread(number), context=ChatContext(user_id=user(number)))


async def repair(chat: Chat, number: int, how: str) -> dict[str, Any]:
    if how != "recover":
        await say(chat, number)
    if how != "resend":
        await recover(chat, user(number))
    state = await chat.aget_state(thread(number))
    store: Any = chat.store
    memories = await memories_of(store, user(number), kinds=(Kind.SEMANTIC, Kind.EPISODIC))
    return {
        "messages": [[m.type, str(m.text)] for m in state.values.get("messages", [])],
        "memories": sorted(f"{m.kind}: {m.text}" for m in memories),
        "next": list(state.next),
        "waiting": len(await pending_of(store, user(number))),
    }


async def repair_all(rows: list[dict[str, Any]], how: str) -> None:
    async with open_chat(settings()) as chat:
        for row in rows:
            print(json.dumps({**row, **await repair(chat, row["number"], how)}), flush=True)


def fork(work: Callable[[], Coroutine[Any, Any, Any]]) -> int:
    """The process id of a child that does the work."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(work())
        except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


def status_of(pid: int) -> int:
    """Waits for a child: its exit status, or the negative number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def crashes(series: int, *, after: bool) -> list[dict[str, Any]]:
    """Every failpoint of a turn in order, and the first few that the turn ended before."""
    rows: list[dict[str, Any]] = []
    while all(row["killed"] for row in rows) and len(rows) < MOST:
        steps = [(at, series + at) for at in range(len(rows) + 1, len(rows) + 1 + AT_ONCE)]
        children = [fork(partial(crash, number, at, after=after)) for at, number in steps]
        statuses = [status_of(pid) for pid in children]
        if not set(statuses) <= {0, -signal.SIGKILL}:
            raise SystemExit(f"a turn failed instead of being killed: {statuses}")
        for (at, number), status in zip(steps, statuses, strict=True):
            rows.append({"number": number, "at": at, "after": after, "killed": status != 0})
    return rows


def main(how: str) -> None:
    # What a step left is what the next one finds: who recovers is killed before each, who sends again after each.
    settings()  # read once, for every child
    settled()
    rows = crashes(0, after=how == "resend")
    raise SystemExit(status_of(fork(partial(repair_all, rows, how))))


if __name__ == "__main__":
    main(sys.argv[1])

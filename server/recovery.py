"""Finish in the background what a crash left, while the server serves.

Everything goes through the server's own queue, in the name of the thread's owner: a direct invoke could
run beside a turn on the same thread, and the later writer would lose the other's messages.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from langgraph.store.memory import InMemoryStore

from agents.later import Job
from config.settings import Settings
from graphs import extraction
from graphs.chat import compile_chat
from graphs.recovery import Leftover, leftovers, tell, touched, unremembered
from memory.lifecycle.sharing.rooms import pending_everywhere
from memory.lifecycle.turns.pending import Pending
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer
from memory.short_term.threads import ThreadQuery, threads_in
from server.as_owner import AsOwner, owner_in
from server.attaching import GRAPH, attach
from server.extraction import Queue

log = logging.getLogger(__name__)

# Another replica may be in the middle of a turn: a thread must have been left alone for this long.
QUIET_FOR = timedelta(minutes=1)
SOON_S = QUIET_FOR.total_seconds() + 15
LATER_S = 900.0
# What is older was seen by the first pass.
LATELY = timedelta(days=1)
# `langgraph dev` writes its rows every ten seconds, and a terminal none: they lack of the newest threads alone.
ATTACHED = 200


@dataclass(frozen=True)
class Found:
    """A thread in the checkpointer; `user` None is whoever the settings name."""

    thread_id: str
    user: str | None
    rest: Leftover | None


async def find_threads(
    configured: Settings, before: datetime, since: datetime | None
) -> tuple[list[Found], list[str]]:
    """The threads touched since then (without it: of any age) that hold a turn that was never remembered.

    And the newest that were touched since then, whose rows the server may have lost, or never had. Beside them the
    ids of the threads that could not be read.
    """
    async with open_checkpointer(configured) as saver:
        newest = await threads_in(saver, ThreadQuery(since=since, limit=ATTACHED))
        newest = [row for row in newest if row.run_metadata.get("graph_id") != extraction.GRAPH]
        chat = compile_chat(saver, InMemoryStore())
        left, broken = await leftovers(chat, unremembered(chat, since=since), before)
    held = {row.thread_id for row, _ in left}
    found = [
        Found(row.thread_id, owner_in(row.run_metadata, configured), rest)
        for row, rest in [*left, *((row, None) for row in newest if row.thread_id not in held)]
    ]
    return found, broken


async def find_pending(configured: Settings, since: datetime | None) -> dict[str, list[Pending]]:
    """What waits for its extraction, by user, of those who had a turn since then (without it: of any age)."""
    if configured.store == "memory":
        return {}
    async with open_checkpointer(configured) as saver:
        owners = {owner_in(row.run_metadata, configured) async for row in touched(saver, since=since)}
    # A thread that nobody signed in for is nobody's where people have to.
    users = {owner or configured.user for owner in owners if owner or configured.auth == "none"}
    async with open_store(configured) as store:
        found = {user: [each for _, each in await pending_everywhere(store, user)] for user in users}
    return {user: waiting for user, waiting in found.items() if waiting}


class Recovery:
    """Speaks to the server that it runs in, without a network."""

    def __init__(self, owner: AsOwner, queue: Queue, configured: Settings) -> None:
        self._owner = owner
        self._queue = queue
        self._configured = configured
        self._broken: set[str] = set()

    async def run(self) -> None:
        """At once, again when what the crash touched last has been quiet for long enough, and then seldom."""
        complete = await self.once(None)
        await asyncio.sleep(SOON_S)
        while True:
            complete = await self.once(datetime.now(UTC) - LATELY if complete else None) or complete
            await asyncio.sleep(LATER_S)

    async def once(self, since: datetime | None) -> bool:
        """One pass over the threads touched since then; a failure is logged and gives False.

        A thread that fails keeps up no other. One that failed before is as it was, and the pass is complete without it.
        """
        try:
            threads, broken = await find_threads(self._configured, datetime.now(UTC) - QUIET_FOR, since)
            # Rows are listed by when they were made.
            broken += [
                each.thread_id for each in reversed(threads) if not await self._done(each, self._attach)
            ]
            broken += [each.thread_id for each in threads if not await self._done(each, self._remember)]
            await self._extract(since)
        except Exception as error:  # noqa: BLE001 - recovery must never stop the server
            log.warning("recovery failed, it is tried again: %s: %s", type(error).__name__, error)
            return False
        known, self._broken = self._broken, self._broken.union(broken)
        return known.issuperset(broken)

    async def _done(self, thread: Found, step: Callable[[Found], Awaitable[None]]) -> bool:
        """False where the step failed, which the log says."""
        try:
            await step(thread)
        except Exception as error:  # noqa: BLE001 - nor may one thread keep up the others
            tell(thread.thread_id, error)
            return False
        return True

    async def _attach(self, thread: Found) -> None:
        """Give a thread the row that a crash may have lost, or that one begun in a terminal never had."""

        async def ask(method: str, path: str, body: dict[str, Any] | None) -> Mapping[str, Any]:
            return await self._owner.ask(method, path, thread.user, body)

        await attach(ask, thread.thread_id)

    async def _remember(self, thread: Found) -> None:
        if thread.rest is None:
            return
        log.info("remembering what a crash left in thread %s", thread.thread_id)
        run = {"assistant_id": GRAPH, "input": thread.rest.input, "multitask_strategy": "enqueue"}
        context = self._owner.context(thread.user)
        await self._owner.post(f"/threads/{thread.thread_id}/runs", thread.user, {**run, "context": context})

    async def _extract(self, since: datetime | None) -> None:
        """Queue what waits for its extraction for longer than it should: its run was lost, or it failed."""
        pause_s = self._configured.remember_after_s
        late = datetime.now(UTC) - QUIET_FOR - timedelta(seconds=pause_s)
        for user, waiting in (await find_pending(self._configured, since)).items():
            threads = dict.fromkeys(each.thread_id for each in waiting if each.since < late)
            for thread_id in threads:
                log.info("extracting what was left of thread %s", thread_id)
                await self._queue.post(Job(user, thread_id, at_once=True))

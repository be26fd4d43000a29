"""Finish in the background what a crash left, while the server serves.

Everything goes through the server's own queue, in the name of the thread's owner: a direct invoke could
run beside a turn on the same thread, and the later writer would lose the other's messages.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from langgraph.store.memory import InMemoryStore
from starlette.types import ASGIApp

from config.settings import Settings
from graphs.chat import compile_chat
from graphs.recovery import Leftover, leftover, unremembered
from memory.short_term.factory import open_checkpointer
from memory.short_term.threads import OWNER, ThreadQuery, threads_in

log = logging.getLogger(__name__)

GRAPH = "agent"
# Another replica may be in the middle of a turn: a thread must have been left alone for this long.
QUIET_FOR = timedelta(minutes=1)
SOON_S = QUIET_FOR.total_seconds() + 15
LATER_S = 900.0
# What is older was seen by the first pass.
LATELY = timedelta(days=1)
# `langgraph dev` writes its rows every ten seconds: a crash loses those of the newest threads alone.
ATTACHED = 200


@dataclass(frozen=True)
class Found:
    """A thread in the checkpointer; `user` None is whoever the settings name."""

    thread_id: str
    user: str | None
    rest: Leftover | None


def owner_in(run_metadata: Mapping[str, Any], configured: Settings) -> str | None:
    """Whose thread it is: with keys, only what server/auth.py marked counts, which no request can overwrite."""
    name = OWNER if configured.auth == "keys" else "user_id"
    return str(run_metadata.get(name) or "") or None


async def find_threads(configured: Settings, before: datetime, since: datetime | None) -> list[Found]:
    """The threads touched since then that hold a turn that was never remembered.

    Without `since`: those of any age, and the newest threads, whose rows the server may have lost.
    """
    async with open_checkpointer(configured) as saver:
        newest = [] if since else await threads_in(saver, ThreadQuery(limit=ATTACHED))
        chat = compile_chat(saver, InMemoryStore())
        rows = [(row, await leftover(chat, row, before)) async for row in unremembered(chat, since=since)]
    left = [(row, rest) for row, rest in rows if rest is not None]
    held = {row.thread_id for row, _ in left}
    return [
        Found(row.thread_id, owner_in(row.run_metadata, configured), rest)
        for row, rest in [*left, *((row, None) for row in newest if row.thread_id not in held)]
    ]


class Recovery:
    """Speaks to the server that it runs in, without a network."""

    def __init__(self, app: ASGIApp, configured: Settings) -> None:
        self._configured = configured
        self._keys = {user: key for key, user in configured.keys_by_user().items()}
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mnemograph")

    async def run(self) -> None:
        """At once, again when what the crash touched last has been quiet for long enough, and then seldom."""
        async with self._client:
            complete = await self.once(None)
            await asyncio.sleep(SOON_S)
            while True:
                complete = await self.once(datetime.now(UTC) - LATELY if complete else None) or complete
                await asyncio.sleep(LATER_S)

    async def once(self, since: datetime | None) -> bool:
        """One pass over the threads touched since then; a failure is logged and gives False."""
        try:
            threads = await find_threads(self._configured, datetime.now(UTC) - QUIET_FOR, since)
            for thread in threads:
                await self._attach(thread)
            for thread in threads:
                if thread.rest is not None:
                    await self._remember(thread, thread.rest)
        except Exception as error:  # noqa: BLE001 - recovery must never stop the server
            log.warning("recovery failed, it is tried again: %s: %s", type(error).__name__, error)
            return False
        return True

    async def _attach(self, thread: Found) -> None:
        """Give a thread back the row that a crash may have lost."""
        metadata = {"graph_id": GRAPH}
        await self._post(
            "/threads",
            thread,
            {"thread_id": thread.thread_id, "if_exists": "do_nothing", "metadata": metadata},
        )

    async def _remember(self, thread: Found, rest: Leftover) -> None:
        log.info("remembering what a crash left in thread %s", thread.thread_id)
        run = {"assistant_id": GRAPH, "input": rest.input, "multitask_strategy": "enqueue"}
        context = {"user_id": thread.user} if thread.user and self._configured.auth == "none" else {}
        await self._post(f"/threads/{thread.thread_id}/runs", thread, {**run, "context": context})

    async def _post(self, path: str, thread: Found, body: dict[str, Any]) -> None:
        headers = {}
        if self._configured.auth == "keys":
            key = self._keys.get(thread.user or "")
            if key is None:  # the owner's key was taken away; nobody else may speak for them
                return
            headers["x-api-key"] = key
        answer = await self._client.post(path, json=body, headers=headers)
        if answer.is_error:
            log.warning("recovery of thread %s: status %d", thread.thread_id, answer.status_code)

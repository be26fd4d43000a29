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
from graphs.recovery import Leftover, leftover, newest_checkpoints
from memory.short_term.factory import open_checkpointer

log = logging.getLogger(__name__)

GRAPH = "agent"
# Another replica may be in the middle of a turn: a thread must have been left alone for this long.
QUIET_FOR = timedelta(minutes=1)
SOON_S = QUIET_FOR.total_seconds() + 15
LATER_S = 900.0


@dataclass(frozen=True)
class Found:
    """A thread in the checkpointer; `user` None is whoever the settings name."""

    thread_id: str
    user: str | None
    rest: Leftover | None


def owner_in(metadata: Mapping[str, Any], configured: Settings) -> str | None:
    """Whose thread a checkpoint is: what the server noted when it was written."""
    name = "langgraph_auth_user_id" if configured.auth == "keys" else "user_id"
    return str(metadata.get(name) or "") or None


async def find_threads(configured: Settings, before: datetime) -> list[Found]:
    """The recent threads, and which of them hold a turn that was never remembered."""
    async with open_checkpointer(configured) as saver:
        chat = compile_chat(saver, InMemoryStore())
        return [
            Found(
                str(found.config["configurable"]["thread_id"]),
                owner_in(found.metadata, configured),
                await leftover(chat, found, before),
            )
            async for found in newest_checkpoints(chat)
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
            await self.once()
            await asyncio.sleep(SOON_S)
            while True:
                await self.once()
                await asyncio.sleep(LATER_S)

    async def once(self) -> None:
        """One pass; a failure is logged and waits for the next pass."""
        try:
            threads = await find_threads(self._configured, datetime.now(UTC) - QUIET_FOR)
            for thread in threads:
                await self._attach(thread)
            for thread in threads:
                if thread.rest is not None:
                    await self._remember(thread, thread.rest)
        except Exception as error:  # noqa: BLE001 - recovery must never stop the server
            log.warning("recovery failed, it is tried again: %s: %s", type(error).__name__, error)

    async def _attach(self, thread: Found) -> None:
        """Give a thread back its row, which `langgraph dev` writes to disk only every ten seconds."""
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

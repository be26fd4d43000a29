"""Conversations that the server has no row of, as those begun in a terminal: who asks for a list gets them attached."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from agents.identity import unnamed_user
from config.settings import settings
from graphs import extraction
from graphs.chat import Chat
from graphs.undo import at
from memory.short_term.threads import ThreadQuery, threads_in
from memory.short_term.whose import USER
from server.attaching import attach

log = logging.getLogger(__name__)

NEWEST: Final = 100
MOST_ATTACHED: Final = 20
PAUSE_S: Final = 4.0
MOST_USERS: Final = 10_000


@dataclass
class _Looking:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0


class Unlisted:
    """Gives them rows, among the newest of a caller's conversations; a user at a time, and not at each request."""

    def __init__(self) -> None:
        self._users: dict[str, _Looking] = {}

    async def look(self, chat: Chat, user_id: str, server: httpx.AsyncClient) -> None:
        """Attach what is the user's, asking as the caller. What fails is logged: a list is shown without it."""
        looking = self._of(user_id)
        async with looking.lock:
            if time.monotonic() < looking.next_at:
                return
            try:
                await _attach(chat, user_id, server)
            except Exception as error:  # noqa: BLE001 - what is listed does not wait for what is not
                log.warning("conversations without a row were not found: %s: %s", type(error).__name__, error)
            looking.next_at = time.monotonic() + PAUSE_S

    @asynccontextmanager
    async def still(self, user_id: str) -> AsyncIterator[None]:
        """Nothing of the user's is attached meanwhile, as while they are erased."""
        async with self._of(user_id).lock:
            yield

    def look_anew(self, user_id: str) -> None:
        """The next list looks at once, as after an import."""
        self._of(user_id).next_at = 0.0

    def _of(self, user_id: str) -> _Looking:
        if user_id not in self._users and len(self._users) >= MOST_USERS:
            self._users = {each: one for each, one in self._users.items() if one.lock.locked()}
        return self._users.setdefault(user_id, _Looking())


async def _attach(chat: Chat, user_id: str, server: httpx.AsyncClient) -> None:

    async def ask(method: str, path: str, body: dict[str, Any] | None) -> Mapping[str, Any]:
        answer = await server.request(method, path, json=body)
        return dict(answer.json()) if answer.is_success else {}

    lacking = await _lacking(chat, user_id, server)
    # Rows are listed by when they were made.
    for thread_id in reversed(lacking[:MOST_ATTACHED]):
        # One that is deleted meanwhile must not come back as a row.
        if await attach(ask, thread_id) and (await chat.aget_state(at(thread_id))).metadata is None:
            await server.delete(f"/threads/{thread_id}")


async def _lacking(chat: Chat, user_id: str, server: httpx.AsyncClient) -> list[str]:
    """Newest first. Where people sign in, the server itself refuses what is another's."""
    unnamed = (USER,) if unnamed_user(settings()) == user_id else ()
    query = ThreadQuery({USER: user_id}, limit=NEWEST, or_without=unnamed)
    rows = await threads_in(chat.checkpointer, query)
    ids = [row.thread_id for row in rows if row.run_metadata.get("graph_id") != extraction.GRAPH]
    if not ids:
        return []
    asked = {"ids": ids, "select": ["thread_id"], "limit": len(ids)}
    answer = await server.post("/threads/search", json=asked)
    answer.raise_for_status()
    listed = {str(row["thread_id"]) for row in answer.json()}
    return [each for each in ids if each not in listed]


unlisted: Final = Unlisted()

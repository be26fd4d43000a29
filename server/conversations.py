"""A caller's conversations over HTTP, the latest first, each with its title: rows of LangGraph's own server."""

import itertools
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from config.settings import settings
from graphs.chat import Chat
from graphs.threads import owner_of_thread
from server.as_caller import as_caller
from server.asked import AWAY, Refused, answered, asked_by, query_of
from server.attaching import GRAPH
from server.ordering import by_last_turn, touched
from server.titles import title_of
from server.unlisted import unlisted

log = logging.getLogger(__name__)

router = APIRouter(prefix="/mnemograph/threads")

READ: Final = 50
MOST_READ: Final = 2_000
"""Rows looked through for one page, where many are others'."""
MOST_KNOWN: Final = 10_000
SEARCH: Final[Mapping[str, Any]] = {
    "metadata": {"graph_id": GRAPH},
    "sort_by": "updated_at",
    "sort_order": "desc",
    "select": ["thread_id", "updated_at", "metadata", "status"],
    # A message is a text, or as agent-chat-ui sends it blocks of which the first is one.
    "extract": {
        "id": "values.messages[0].id",
        "text": "values.messages[0].content",
        "block": "values.messages[0].content[0].text",
    },
}


class Listing(BaseModel):
    """`offset` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    user_id: str | None = None
    limit: int = Field(default=30, ge=1, le=100)
    offset: int = Field(default=0, ge=0)


@router.get("")
async def list_conversations(request: Request) -> Response:
    """A page of them; where nobody signs in, those of the one user who is asked about."""

    async def work() -> Response:
        asked, (chat, user_id) = query_of(request, Listing), asked_by(request)
        found: list[dict[str, Any]] = []
        others, at = False, 0
        more: int | None = None
        async with as_caller(request.app, request.headers) as server:
            if not asked.offset:
                await unlisted.look(chat, user_id, server)
            # From the first on: rows that were attached stand among others than those that they come with.
            async for row in by_last_turn(_rows(server)):
                if len(found) == asked.limit or at == asked.offset + MOST_READ:
                    more = at
                    break
                at += 1
                if at <= asked.offset:
                    continue
                # Where people sign in, LangGraph's server shows no other.
                if settings().auth != "none" or await _whose.of(chat, row) == user_id:
                    found.append(shown(row))
                else:
                    others = True
        return JSONResponse({"threads": found, "next": more, "others": others})

    return await answered(work)


class _Whose:
    """Whose a conversation is, as its newest run says: read once, and again when it was touched."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, str]] = {}

    async def of(self, chat: Chat, row: Mapping[str, Any]) -> str:
        thread_id, touched = str(row["thread_id"]), row.get("updated_at")
        known = self._known.get(thread_id)
        if known is None or known[0] != touched:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = touched, await _owner(chat, thread_id)
            self._known[thread_id] = known
        return known[1]


async def _owner(chat: Chat, thread_id: str) -> str:
    try:
        return await owner_of_thread(chat, thread_id) or settings().user
    except Exception as error:
        log.warning("whose a thread is could not be read: %s", type(error).__name__)
        raise Refused(503, AWAY) from error


_whose = _Whose()


async def _rows(server: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    """All that the caller may see. Raises Refused."""
    for at in itertools.count(0, READ):
        answer = await server.post("/threads/search", json={**SEARCH, "limit": READ, "offset": at})
        if answer.is_error:
            raise Refused(answer.status_code, answer.json().get("detail"))
        rows: list[dict[str, Any]] = answer.json()
        for row in rows:
            yield row
        if len(rows) < READ:
            return


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    extracted = row.get("extracted") or {}
    title = title_of((row.get("metadata") or {}).get("title"), extracted.get("text"), extracted.get("block"))
    told = {name: row.get(name) for name in ("thread_id", "status")}
    return {**told, "updated_at": touched(row).isoformat(), "title": title}

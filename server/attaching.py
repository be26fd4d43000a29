"""A conversation of which the server has no row, as one begun in a terminal, gets one: its title, and its time."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.ordering import LAST_SAID_AT, last_said_at
from server.titles import first_words, title_of

GRAPH = "agent"

Ask = Callable[[str, str, dict[str, Any] | None], Awaitable[Mapping[str, Any]]]
"""Asks the server (method, path, body), as somebody who may see the thread; {} where it refuses."""


async def attach(ask: Ask, thread_id: str) -> bool:
    """False where the thread is not this caller's to open."""
    told = {"thread_id": thread_id, "if_exists": "do_nothing", "metadata": {"graph_id": GRAPH}}
    row = await ask("POST", "/threads", told)
    if not row:
        return False
    # A row keeps what was said only of runs of the server's own, and of the first one from its end on.
    if row.get("values") or row.get("status") == "busy":
        return True
    state = await ask("GET", f"/threads/{thread_id}/state", None)
    messages = (state.get("values") or {}).get("messages") or []
    if messages:
        known = row.get("metadata") or {}
        title = known.get("title") or title_of(first_words(messages))
        metadata = {"title": title, LAST_SAID_AT: last_said_at(messages, state.get("created_at"))}
        # What is there stays as it is: a change makes the row a new one.
        if new := {name: each for name, each in metadata.items() if each and each != known.get(name)}:
            await ask("PATCH", f"/threads/{thread_id}", {"metadata": new})
    return True

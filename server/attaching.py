"""A conversation of which the server has no row, as one begun in a terminal, gets one, with its title."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

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
    named = row.get("values") or row.get("status") == "busy" or (row.get("metadata") or {}).get("title")
    if not named:
        state = await ask("GET", f"/threads/{thread_id}/state", None)
        values = state.get("values") or {}
        if title := title_of(first_words(values.get("messages") or [])):
            await ask("PATCH", f"/threads/{thread_id}", {"metadata": {"title": title}})
    return True

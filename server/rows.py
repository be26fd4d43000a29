"""What a LangGraph server itself keeps of a caller: rows of threads, with their runs, of assistants and of crons."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from fastapi import Request

from config.settings import settings
from memory.short_term.threads import OWNER
from server.as_caller import as_caller
from server.asked import user_of

PAGE = 100
MOST = 100_000
KINDS: Mapping[str, tuple[str, str, str]] = {
    "server threads": ("/threads/search", "/threads", "thread_id"),
    "server assistants": ("/assistants/search", "/assistants", "assistant_id"),
    "server crons": ("/runs/crons/search", "/runs/crons", "cron_id"),
}


async def rows_of(request: Request, threads: Iterable[str]) -> dict[str, list[str]]:
    """Their ids by kind: where people sign in all of the caller's, else the rows of these threads."""
    async with as_caller(request.app, request.headers) as server:
        if settings().auth == "none":
            answers = {thread_id: await server.get(f"/threads/{thread_id}") for thread_id in threads}
            return {"server threads": [each for each, answer in answers.items() if answer.is_success]}
        user_id = user_of(request)
        return {kind: await _found(server, kind, user_id) for kind in KINDS}


async def delete_rows(request: Request, threads: Iterable[str]) -> dict[str, int]:
    """Delete them, with the runs that wait or are under way; how many of each kind."""
    found = await rows_of(request, threads)
    async with as_caller(request.app, request.headers) as server:
        for kind, ids in found.items():
            for each in ids:
                await server.delete(f"{KINDS[kind][1]}/{each}")
    return {kind: len(ids) for kind, ids in found.items()}


async def _found(server: httpx.AsyncClient, kind: str, user_id: str) -> list[str]:
    search, _, name = KINDS[kind]
    ids: list[str] = []
    while len(ids) < MOST:
        answer = await server.post(
            search, json={"limit": PAGE, "offset": len(ids), "metadata": {OWNER: user_id}}
        )
        # A server without crons says so.
        page: list[dict[str, Any]] = answer.json() if answer.is_success else []
        ids += [str(each[name]) for each in page]
        if len(page) < PAGE:
            break
    return ids

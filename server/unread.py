"""Of a thread that never ran on this server, as one begun in a terminal, its row holds no values: a list tells them.

LangGraph's clients name a conversation by the first of its messages there, and else show its bare id.
"""

import json
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.as_caller import as_caller

SEARCH: Final = "/threads/search"
NO_VALUES: Final = b'"values":null'
MOST: Final = 100
"""Threads in one list that are read so, each in some milliseconds."""


class Unread:
    """Reads them from the checkpoints, through LangGraph's server and in the caller's name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != SEARCH:
            await self._app(scope, receive, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in answer)
        if answer and answer[0].get("status") == 200 and NO_VALUES in body:
            answer = await self._filled(scope, answer[0], body)
        for message in answer:
            await send(message)

    async def _filled(self, scope: Scope, start: Message, body: bytes) -> list[Message]:
        rows: list[dict[str, Any]] = json.loads(body)
        lacking = [row for row in rows if "values" in row and row["values"] is None]
        async with as_caller(self._app, Headers(scope=scope)) as server:
            for row in lacking[:MOST]:
                found = await server.get(f"/threads/{row['thread_id']}/state")
                # Where nothing was said yet, there is nothing.
                row["values"] = (found.json().get("values") or None) if found.is_success else None
        whole = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(whole)).encode()))
        return [{**start, "headers": headers}, {"type": "http.response.body", "body": whole}]

"""A thread id that cannot be one is refused in words; LangGraph's own answers differ from route to route."""

import re
import uuid

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

IN_PATH = re.compile(r"^(?:/mnemograph)?/threads/([^/]*)/.")
SHOWN_CHARS = 60


def complaint(path: str) -> str | None:
    """One sentence when the path names a thread by anything but a UUID."""
    found = IN_PATH.match(path)
    if found is None:
        return None
    try:
        uuid.UUID(found[1])
    except ValueError:
        shown = found[1][:SHOWN_CHARS]
        return f"The thread id {shown!r} is not a UUID: POST /threads makes a thread and gives its id."
    return None


class ThreadIds:
    """Refuses such a path with 422."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sentence = complaint(scope["path"]) if scope["type"] == "http" else None
        if sentence is None:
            await self._app(scope, receive, send)
            return
        await JSONResponse({"detail": sentence}, status_code=422)(scope, receive, send)

"""What LangGraph's development server adds for its own tests and its Studio, and asks no key for: closed here.

They stand before authentication: whole threads of anybody, all rows deleted at once, the source code deployed.
"""

import re
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

CLOSED: Final = re.compile(r"/(internal|deploy)(/.*)?", re.DOTALL)


def is_closed(scope: Scope) -> bool:
    """Whether the path, below whatever prefix the server is mounted at, is one of theirs."""
    path = str(scope["path"])
    return any(CLOSED.fullmatch(each) for each in (path, path.removeprefix(scope.get("root_path", ""))))


class Closed:
    """Answers such a path as one that there is not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_closed(scope):
            await self._app(scope, receive, send)
            return
        await JSONResponse({"detail": "Not Found"}, status_code=404)(scope, receive, send)

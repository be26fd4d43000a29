"""A state update over HTTP that does not fit the agent's state is refused in words, with the thread untouched."""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.state_checks import update_complaint
from server.as_caller import as_caller

IN_PATH = re.compile(r"^/threads/([^/]+)/state$")
GRAPH = "agent"


def complaint(body: bytes) -> str | None:
    """One sentence when the body's `values` do not fit; what is no JSON, LangGraph's server refuses itself."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    values = asked.get("values") if isinstance(asked, dict) else None
    if isinstance(asked, dict) and asked.get("as_node") == "__copy__":
        return None
    listed = values if isinstance(values, list) else [values]
    return next((wrong for each in listed if (wrong := update_complaint(each))), None)


class StateUpdates:
    """Looks at updates of the agent's threads; other graphs have states of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = IN_PATH.match(scope.get("path", "")) if scope["type"] == "http" else None
        if found is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        # First whose thread it is: of a stranger no body is read, which LangGraph's server would refuse unread.
        if not await self._is_ours(request, found[1]):
            await self._app(scope, receive, send)
            return
        body = await request.body()
        if sentence := complaint(body):
            await JSONResponse({"detail": sentence}, status_code=422)(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)

    async def _is_ours(self, request: Request, thread_id: str) -> bool:
        """Asked of LangGraph's server with the caller's own headers; who may not see the thread is told so by it."""
        async with as_caller(self._app, request.headers) as server:
            answer = await server.get(f"/threads/{thread_id}")
        metadata: Any = answer.json().get("metadata") or {} if answer.is_success else {}
        return answer.is_success and metadata.get("graph_id", GRAPH) == GRAPH


def _again(body: bytes, receive: Receive) -> Receive:
    told = False

    async def once_more() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more

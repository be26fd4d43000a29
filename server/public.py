"""What everybody may ask, also where a key is needed: is it alive, is it ready, what is this."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from config.settings import Settings
from server.readiness import Readiness

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mnemograph</title>
<style>body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto }}</style>
<h1>Mnemograph</h1>
<p>A chat agent that remembers. This is its API: a LangGraph server with the graph <code>agent</code>.
{auth}</p>
<ul>
<li><a href="docs">API documentation</a></li>
<li><a href="health">health</a> and <a href="health/ready">readiness</a></li>
</ul>
<p>To talk to it, give this address to agent-chat-ui, to LangGraph Studio or to the LangGraph SDK,
with <code>agent</code> as the graph.</p>
</html>
"""
AUTH = {"none": "It asks for no key.", "keys": "It asks for a key."}


class Public:
    """Answers these paths before authentication, which guards every other one."""

    def __init__(self, app: ASGIApp, *, configured: Settings) -> None:
        self._app = app
        self._page = PAGE.format(auth=AUTH[configured.auth])
        self._ready = Readiness(configured)
        self._answers: dict[str, Callable[[], Awaitable[Response]]] = {
            "/": self._front,
            "/health": self._alive,
            "/health/ready": self._readiness,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answers.get(scope.get("path", "")) if scope["type"] == "http" else None
        if answer is None or Request(scope).method not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        response = await answer()
        await response(scope, receive, send)

    async def _front(self) -> Response:
        return HTMLResponse(self._page)

    async def _alive(self) -> Response:
        return JSONResponse({"status": "ok"})

    async def _readiness(self) -> Response:
        found = await self._ready()
        ready = all(found.values())
        status = "ok" if ready else "unavailable"
        return JSONResponse({"status": status, **found}, status_code=200 if ready else 503)

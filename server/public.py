"""What everybody may ask, also where a key is needed: is it alive, is it ready, the page."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from config.settings import Settings
from server.page import GUARDS, Page
from server.readiness import Readiness

PLAIN = """<!doctype html>
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
<p>Its page is not built here: <code>make page</code> builds it.</p>
</html>
"""
AUTH = {"none": "It asks for no key.", "keys": "It asks for a key."}


PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


class Public:
    """Answers these paths before authentication, which guards every other one."""

    def __init__(self, app: ASGIApp, *, configured: Settings, page: Page | None = None) -> None:
        self._app = app
        self._page = page or Page()
        self._plain = PLAIN.format(auth=AUTH[configured.auth])
        self._ready = Readiness(configured)
        self._answers: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/": self._front,
            "/icon.svg": self._file,
            "/health": self._alive,
            "/health/ready": self._readiness,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer_at(scope["path"]) if scope["type"] == "http" else None
        if answer is None or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        response = await answer(Request(scope))
        await response(scope, receive, send)

    def _answer_at(self, path: str) -> Callable[[Request], Awaitable[Response]] | None:
        return self._file if path.startswith("/assets/") else self._answers.get(path)

    async def _front(self, request: Request) -> Response:
        headers = {**GUARDS, "content-security-policy": PLAIN_POLICY, "cache-control": "no-cache"}
        return await self._page.answer(request) or HTMLResponse(self._plain, headers=headers)

    async def _file(self, request: Request) -> Response:
        found = await self._page.answer(request)
        return found or JSONResponse({"detail": "The page has no such file."}, status_code=404)

    async def _alive(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _readiness(self, _: Request) -> Response:
        found = await self._ready()
        ready = all(found.values())
        status = "ok" if ready else "unavailable"
        return JSONResponse({"status": status, **found}, status_code=200 if ready else 503)

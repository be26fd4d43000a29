"""What every answer tells a browser: keep nothing of it, guess nothing about it, run nothing in it."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PRIVATE: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
# LangGraph's page of its API runs a script of elsewhere: in a sandbox it has no origin, so neither the key that this
# server's own page keeps nor anybody's memories.
DOCS: Final[Mapping[str, str]] = {
    **PRIVATE,
    "content-security-policy": "frame-ancestors 'none'; sandbox allow-scripts allow-popups",
}


class Guards:
    """Adds them where an answer does not have its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guards = DOCS if scope["path"] == "/docs" else PRIVATE

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in guards.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)

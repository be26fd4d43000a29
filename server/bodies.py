"""How long the body of a request may be: LangGraph's own routes take 300 MB, whole, in the one event loop."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.asked import TOO_LONG

MOST_BYTES: Final = 10_000_000
UNREAD: Final = frozenset({"/mnemograph/memories/import"})
"""Paths that take a file piece by piece and have a limit of their own."""


class Bodies:
    """Refuses a longer one with 413: at once where its length is told, and else as soon as it is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNREAD:
            await self._app(scope, receive, send)
            return
        told = Request(scope).headers.get("content-length", "")
        counted = _Counted(receive, send, is_over=told.isdecimal() and int(told) > MOST_BYTES)
        if not counted.is_over:
            try:
                await self._app(scope, counted.receive, counted.send)
            except Exception:
                # Whoever was reading took it for a caller who went away, and says so in words of their own.
                if not counted.is_over:
                    raise
        if counted.is_over and not counted.began:
            answer = JSONResponse({"detail": TOO_LONG.format(MOST_BYTES)}, status_code=413)
            await answer(scope, receive, send)


@dataclass
class _Counted:
    """What is too long ends for the reader as if the caller had gone; what the reader then answers is not sent."""

    _receive: Receive
    _send: Send
    is_over: bool
    began: bool = False
    _taken: int = 0

    async def receive(self) -> Message:
        message: Message = {"type": "http.disconnect"} if self.is_over else await self._receive()
        self._taken += len(message.get("body", b""))
        self.is_over = self.is_over or self._taken > MOST_BYTES
        return {"type": "http.disconnect"} if self.is_over else message

    async def send(self, message: Message) -> None:
        if not self.is_over or self.began:
            self.began = True
            await self._send(message)

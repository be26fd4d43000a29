"""How much a request may bring: LangGraph's own routes take 300 MB, whole, in the one event loop.

A long text costs the others little; what stops them is how many values a body has, each an object of its own.
"""

import re
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.asked import TOO_LONG, TOO_MANY

MOST_BYTES: Final = 2_000_000
MOST_BYTES_OF_A_TURN: Final = 10_000_000
"""A message can hold a picture."""
MOST_VALUES: Final = 10_000
TURNS: Final = re.compile(r"/threads/[^/]+/(state|commands|stream/events)$|/runs(/|$)|/(mcp|a2a)(/|$)")
UNREAD: Final = frozenset({"/mnemograph/memories/import"})
"""Paths that take a file piece by piece and have a limit of their own."""
TOO_BIG: Final = 1009
"""The code by which a WebSocket is closed for it."""
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)


@dataclass
class Measured:
    """What came of a body so far, in pieces; nothing of it is parsed."""

    most_bytes: int
    most_values: int = MOST_VALUES
    is_inside: bool = False
    """Of a string."""
    values: int = 1
    _bytes: int = 0
    _rest: bytes = b""

    @classmethod
    def of(cls, path: str) -> "Measured":
        return cls(MOST_BYTES_OF_A_TURN if TURNS.search(path) else MOST_BYTES)

    def take(self, piece: bytes) -> None:
        self._bytes += len(piece)
        # Half an escape waits for its other half.
        text = _ESCAPED.sub(b"", self._rest + piece)
        self._rest = b"\\" if text.endswith(b"\\") else b""
        by_quotes = text.removesuffix(self._rest).split(b'"')
        outside = b"".join(by_quotes[self.is_inside :: 2])
        self.values += len(outside) - len(outside.translate(None, b",[{"))
        self.is_inside ^= len(by_quotes) % 2 == 0

    def complaint(self, told: int = 0) -> str | None:
        """One sentence where it is too much, or where it is `told` to be."""
        if max(self._bytes, told) > self.most_bytes:
            return TOO_LONG.format(self.most_bytes)
        return TOO_MANY.format(self.most_values) if self.values > self.most_values else None


class Bodies:
    """Refuses more with 413: at once where its length is told, and else as soon as it is too much."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._app(scope, _Messages(scope["path"], receive, send).receive, send)
            return
        if scope["type"] != "http" or scope["path"] in UNREAD:
            await self._app(scope, receive, send)
            return
        told = Request(scope).headers.get("content-length", "")
        measured = Measured.of(scope["path"])
        counted = _Counted(receive, send, measured, measured.complaint(int(told) if told.isdecimal() else 0))
        if counted.refusal is None:
            try:
                await self._app(scope, counted.receive, counted.send)
            except Exception:
                # Whoever was reading took it for a caller who went away, and says so in words of their own.
                if counted.refusal is None:
                    raise
        if counted.refusal is not None and not counted.began:
            await JSONResponse({"detail": counted.refusal}, status_code=413)(scope, receive, send)


@dataclass
class _Counted:
    """What is too much ends for the reader as if the caller had gone; what the reader then answers is not sent."""

    _receive: Receive
    _send: Send
    _measured: Measured
    refusal: str | None
    began: bool = False

    async def receive(self) -> Message:
        message: Message = {"type": "http.disconnect"} if self.refusal else await self._receive()
        self._measured.take(message.get("body", b""))
        self.refusal = self.refusal or self._measured.complaint()
        return {"type": "http.disconnect"} if self.refusal else message

    async def send(self, message: Message) -> None:
        if self.refusal is None or self.began:
            self.began = True
            await self._send(message)


@dataclass
class _Messages:
    """Those of a WebSocket, each a body of its own: one that is too much ends it."""

    _path: str
    _receive: Receive
    _send: Send

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.receive":
            measured = Measured.of(self._path)
            measured.take(message.get("bytes") or (message.get("text") or "").encode())
            if sentence := measured.complaint():
                await self._send({"type": "websocket.close", "code": TOO_BIG, "reason": sentence})
                return {"type": "websocket.disconnect", "code": TOO_BIG}
        return message

"""Where nobody signs in, pages of elsewhere may change nothing: a browser sends their requests without being asked.

CORS keeps such a page from reading the answer, not a plain POST from being carried out. A request that names no origin
comes from no page.
"""

import json
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED: Final = (
    "A page of {0} may change nothing here: add it to http.cors.allow_origins in langgraph.json, "
    "or let people sign in (MNEMOGRAPH_AUTH=keys)."
)


class Origins:
    """Refuses what a page asks for that is neither this server's nor among `cors`, as langgraph.json spells it."""

    def __init__(self, app: ASGIApp, *, cors: dict[str, Any]) -> None:
        self._app = app
        self._named = frozenset(cors.get("allow_origins") or ())
        self._pattern = re.compile(cors.get("allow_origin_regex") or r"(?!)")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING or self._may(Request(scope)):
            await self._app(scope, receive, send)
            return
        origin = Request(scope).headers["origin"]
        response = JSONResponse({"detail": REFUSED.format(origin[:200])}, status_code=403)
        await response(scope, receive, send)

    def _may(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if origin is None or origin in self._named or self._pattern.fullmatch(origin):
            return True
        return "*" in self._named or urlsplit(origin).netloc == request.headers.get("host")


def cors_of(root: Path) -> dict[str, Any]:
    """The `http.cors` of the langgraph.json in this folder; empty where there is none."""
    file = root / "langgraph.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return (found.get("http") or {}).get("cors") or {}

"""Where nobody signs in, pages of elsewhere may change nothing: a browser sends their requests without being asked.

CORS keeps such a page from reading the answer, not a plain POST from being carried out, and it does not hold for a
WebSocket at all. A request that names no origin comes from no page, or from one that a name of elsewhere led to this
very server: so the name that it asks for has to be this server's own.
"""

import ipaddress
import json
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED: Final = (
    "A page of {0} may change nothing here: add it to http.cors.allow_origins in langgraph.json, "
    "or let people sign in (MNEMOGRAPH_AUTH=keys)."
)
NOT_MINE: Final = (
    "This server does not go by the name {0}: use its IP address, set MNEMOGRAPH_HOST to the name, add its origin to "
    "http.cors.allow_origins in langgraph.json, or let people sign in (MNEMOGRAPH_AUTH=keys)."
)


class Origins:
    """Refuses what a page asks for that is neither this server's nor among `cors`, as langgraph.json spells it.

    `host` is a name of this server beside those that nobody of elsewhere can have.
    """

    def __init__(self, app: ASGIApp, *, cors: dict[str, Any], host: str = "") -> None:
        self._app = app
        self._named = frozenset(cors.get("allow_origins") or ())
        self._pattern = re.compile(cors.get("allow_origin_regex") or r"(?!)")
        self._hosts = {host.lower(), *(urlsplit(each).hostname for each in self._named)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(HTTPConnection(scope)) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await JSONResponse({"detail": refusal}, status_code=403)(scope, receive, send)

    def _refusal(self, asked: HTTPConnection) -> str | None:
        host = asked.headers.get("host", "")
        if not self._is_mine(host):
            return NOT_MINE.format(host[:200])
        looks = asked.scope["type"] == "http" and asked.scope["method"] in READING
        origin = asked.headers.get("origin")
        return None if looks or origin is None or self._may(origin, host) else REFUSED.format(origin[:200])

    def _may(self, origin: str, host: str) -> bool:
        known = origin in self._named or self._pattern.fullmatch(origin) is not None
        return known or "*" in self._named or urlsplit(origin).netloc == host

    def _is_mine(self, host: str) -> bool:
        """An address, a name of this machine or of its own network; whose name has a dot, the world can give away."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return "." not in name or name.endswith(".localhost") or name in self._hosts or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def cors_of(root: Path) -> dict[str, Any]:
    """The `http.cors` of the langgraph.json in this folder; empty where there is none."""
    file = root / "langgraph.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return (found.get("http") or {}).get("cors") or {}

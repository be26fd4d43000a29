"""What LangGraph's server tells of itself before authentication: its metrics, its version, its documentation.

None of it is about anybody, but a stranger need not know it. Whether it lives (/ok, /health) everybody may ask.
"""

import hmac
import re
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from config.settings import Settings
from server.access import NO_KEY, WRONG_KEY, presented_key, user_of_key

METRICS: Final = re.compile(r"/metrics/?")
META: Final = re.compile(r"/(metrics|info|docs|openapi\.json)/?")
ASKED_ALONE: Final = (
    "The metrics of this server ask for a token: send MNEMOGRAPH_METRICS_TOKEN's value as "
    "'Authorization: Bearer <token>'."
)
CHALLENGE: Final = {"www-authenticate": "Bearer"}


class Meta:
    """Asks for a key where the settings ask for one; metrics are told for a token of their own as well."""

    def __init__(self, app: ASGIApp, *, configured: Settings) -> None:
        self._app = app
        self._with_keys = configured.auth == "keys"
        self._keys = configured.keys_by_user()
        self._token = configured.metrics_token.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" and scope["method"] != "OPTIONS" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await JSONResponse({"detail": refusal}, status_code=401, headers=CHALLENGE)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        is_metrics = METRICS.fullmatch(path) is not None
        has_token = is_metrics and bool(self._token)
        if not has_token and not (self._with_keys and META.fullmatch(path)):
            return None
        given = presented_key(dict(scope["headers"]))
        if has_token and hmac.compare_digest(given.encode(), self._token):
            return None
        if not self._with_keys:
            return ASKED_ALONE
        if not given:
            return NO_KEY
        return WRONG_KEY if user_of_key(given, self._keys) is None else None

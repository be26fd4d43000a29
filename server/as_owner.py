"""The server that this process is, asked without a network in the name of a thread's owner, for work of its own."""

import logging
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp

from config.settings import Settings
from memory.short_term.threads import OWNER
from server.limits import servers_own_work

log = logging.getLogger(__name__)


def owner_in(run_metadata: Mapping[str, Any], configured: Settings) -> str | None:
    """Whose thread it is: with keys, only what server/auth.py marked counts, which no request can overwrite."""
    name = OWNER if configured.auth == "keys" else "user_id"
    return str(run_metadata.get(name) or "") or None


class AsOwner:
    """Signs in as the owner with their own key, so that a run acts for them and nobody else."""

    def __init__(self, app: ASGIApp, configured: Settings) -> None:
        self._configured = configured
        self._keys = {user: key for key, user in configured.keys_by_user().items()}
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mnemograph")

    async def aclose(self) -> None:
        await self._client.aclose()

    def context(self, user: str | None, **more: Any) -> dict[str, Any]:
        """A run's context; whose memories it uses stands in it only where nobody signs in."""
        named = {"user_id": user} if user and self._configured.auth == "none" else {}
        return {**named, **{name: value for name, value in more.items() if value is not None}}

    async def ask(
        self, method: str, path: str, user: str | None, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer; {} and a line in the log where the server refuses: recovery tries it again."""
        headers = {}
        if self._configured.auth == "keys":
            key = self._keys.get(user or "")
            if key is None:  # the owner's key was taken away; nobody else may speak for them
                return {}
            headers["x-api-key"] = key
        with servers_own_work():
            answer = await self._client.request(method, path, json=body, headers=headers)
        if answer.is_error:
            log.warning("the server's own request for %s: status %d", path, answer.status_code)
            return {}
        told: Any = answer.json()
        return told if isinstance(told, dict) else {}

    async def post(self, path: str, user: str | None, body: dict[str, Any]) -> None:
        await self.ask("POST", path, user, body)

"""The server that this process is, asked without a network in a caller's name: it decides what they may see."""

from collections.abc import Mapping

import httpx
from starlette.types import ASGIApp

CARRIED = ("authorization", "x-api-key")


def as_caller(app: ASGIApp, headers: Mapping[str, str]) -> httpx.AsyncClient:
    """A client of the app itself; of the headers only those that say who calls go along."""
    known = {name: value for name in CARRIED if (value := headers.get(name))}
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://mnemograph", headers=known)

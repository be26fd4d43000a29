"""A server where people sign in with keys, and who calls it: two users, and whoever is none."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

KEYS = {"ana": "ana-0123456789abcdef", "bob": "bob-0123456789abcdef"}
SIGNED_IN = {
    "MNEMOGRAPH_AUTH": "keys",
    "MNEMOGRAPH_API_KEYS": ",".join(f"{user}:{key}" for user, key in KEYS.items()),
}
NOBODYS: Mapping[str, str | None] = {"wrong": "ana-0123456789abcdeX", "nobody": None}
"""Keys of nobody by what they are called; None is no key at all."""


@asynccontextmanager
async def clients_of(url: str) -> AsyncIterator[dict[str, LangGraphClient]]:
    """LangGraph's own client for each user."""
    async with AsyncExitStack() as stack:
        yield {
            user: await stack.enter_async_context(get_client(url=url, api_key=key))
            for user, key in KEYS.items()
        }


@asynccontextmanager
async def callers_of(
    url: str, nobodys: Mapping[str, str | None] = NOBODYS
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Plain HTTP for each user, and for those who are none."""
    async with AsyncExitStack() as stack:
        yield {
            user: await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, headers={"x-api-key": key} if key else {}, timeout=60)
            )
            for user, key in {**KEYS, **nobodys}.items()
        }

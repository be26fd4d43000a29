"""Found by a review: one request without a key, of 300 MB, held the server for two minutes and took 8 GB."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.bodies import MOST_BYTES, Bodies
from server.state_updates import StateUpdates

STATE = "/threads/00000000-0000-0000-0000-000000000001/state"


async def length(request: Request) -> JSONResponse:
    return JSONResponse({"bytes": len(await request.body())})


def client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mnemograph")


@pytest.fixture
def http() -> httpx.AsyncClient:
    return client(Bodies(Starlette(routes=[Route("/{rest:path}", length, methods=["POST"])])))


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body that does not tell its length."""
    for at in range(0, size, 1_000_000):
        yield b" " * min(1_000_000, size - at)


async def test_what_fits_is_read_whole(http: httpx.AsyncClient) -> None:
    for content in (b" " * MOST_BYTES, pieces(MOST_BYTES)):
        assert (await http.post("/threads", content=content)).json() == {"bytes": MOST_BYTES}


async def test_what_tells_that_it_is_longer_is_refused_unread(http: httpx.AsyncClient) -> None:
    answer = await http.post("/threads", content=b" " * (MOST_BYTES + 1))
    assert answer.status_code == 413
    assert (
        answer.json()["detail"] == "The body of this request is too long: at most 10,000,000 bytes are taken."
    )


async def test_what_does_not_tell_is_refused_once_it_is_too_long(http: httpx.AsyncClient) -> None:
    answer = await http.post("/threads", content=pieces(10 * MOST_BYTES))
    assert answer.status_code == 413 and "too long" in answer.text


async def test_an_import_has_a_limit_of_its_own(http: httpx.AsyncClient) -> None:
    answer = await http.post("/mnemograph/memories/import", content=pieces(MOST_BYTES + 1))
    assert answer.json() == {"bytes": MOST_BYTES + 1}


async def test_the_body_of_a_stranger_to_the_thread_is_not_read() -> None:
    """It was read, and parsed, before anybody asked whose the thread is."""
    asked: list[str] = []

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["method"])
        await JSONResponse({"detail": "no key"}, status_code=401)(scope, receive, send)

    async def never() -> dict[str, str]:
        raise AssertionError("the body was read")

    guarded = StateUpdates(refusing)

    async def unread(scope: Scope, _: Receive, send: Send) -> None:
        await guarded(scope, never, send)

    async with client(unread) as stranger:
        answer = await stranger.post(STATE, json={"values": {"messages": 7}})
    assert answer.status_code == 401
    assert asked == ["GET", "POST"]

"""Found by a review: `langgraph dev` gave anybody's thread to everybody, and let everybody delete all rows."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.closed import Closed

METHODS = ["GET", "HEAD", "POST", "OPTIONS"]


async def reached(request: Request) -> JSONResponse:
    return JSONResponse({"reached": request.url.path})


def client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mnemograph")


@pytest.fixture
def http() -> httpx.AsyncClient:
    return client(Closed(Starlette(routes=[Route("/{rest:path}", reached, methods=METHODS)])))


@pytest.mark.parametrize(
    "path",
    [
        "/internal/truncate",
        "/internal/truncate/",
        "/%69nternal/truncate",
        "/internal/debug/thread/0",
        "/internal/debug/thread/a%0Ab",
        "/internal",
        "/deploy",
        "/deploy/0/stream",
    ],
)
@pytest.mark.parametrize("method", METHODS)
async def test_what_asks_for_no_key_is_closed(http: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await http.request(method, path)).status_code == 404


@pytest.mark.parametrize("path", ["/", "/threads", "/internals", "/deployment", "/threads/internal/deploy"])
async def test_everything_else_is_open(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).json() == {"reached": path}


async def test_it_is_closed_below_a_prefix(http: httpx.AsyncClient) -> None:
    closed = Closed(Starlette(routes=[Route("/{rest:path}", reached)]))

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await closed({**scope, "root_path": "/memory"}, receive, send)

    async with client(mounted) as below:
        assert (await below.get("/memory/internal/truncate")).status_code == 404
        assert (await below.get("/memory/threads")).status_code == 200

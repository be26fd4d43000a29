"""What every answer tells a browser, and that an answer's own word holds."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server.guards import DOCS, PRIVATE, Guards


async def private(_request: Request) -> JSONResponse:
    return JSONResponse({"memories": []})


async def own(_request: Request) -> JSONResponse:
    headers = {"cache-control": "public, max-age=1", "content-security-policy": "script-src 'self'"}
    return JSONResponse({}, headers=headers)


@pytest.fixture
def http() -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/private", private), Route("/own", own), Route("/docs", private)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(Guards(app)), base_url="http://mnemograph")


@pytest.mark.parametrize(("path", "status"), [("/private", 200), ("/nowhere", 404)])
async def test_nothing_private_is_kept_or_run_by_a_browser(
    http: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await http.get(path)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in PRIVATE} == PRIVATE


async def test_an_answers_own_word_holds(http: httpx.AsyncClient) -> None:
    headers = (await http.get("/own")).headers
    assert headers["cache-control"] == "public, max-age=1"
    assert headers["content-security-policy"] == "script-src 'self'"
    assert headers["x-content-type-options"] == "nosniff"


async def test_the_page_of_the_api_has_no_origin(http: httpx.AsyncClient) -> None:
    """It loads a script of elsewhere, which could read the key that the server's own page keeps."""
    policy = (await http.get("/docs")).headers["content-security-policy"]
    assert policy == DOCS["content-security-policy"]
    assert "sandbox" in policy and "allow-same-origin" not in policy

"""A page of elsewhere may change nothing on a server that asks for no key."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from config.env_file import project_root
from server.origins import Origins, cors_of

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def done(_request: Request) -> JSONResponse:
    return JSONResponse({"done": True})


@pytest.fixture
def http() -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/erase", done, methods=METHODS)])
    guarded = Origins(app, cors=cors_of(project_root()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://127.0.0.1:2024")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "https://127.0.0.1.evil.example:2024",
        "https://smith.langchain.com.evil.example",
    ],
)
@pytest.mark.parametrize("method", METHODS[1:])
async def test_a_page_of_elsewhere_changes_nothing(http: httpx.AsyncClient, method: str, origin: str) -> None:
    answer = await http.request(method, "/erase", content="{}", headers={"origin": origin})
    assert answer.status_code == 403
    assert origin in answer.json()["detail"] and "allow_origins" in answer.json()["detail"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:2024",
        "http://localhost:3000",
        "https://agentchat.vercel.app",
        "https://smith.langchain.com",
    ],
)
async def test_this_servers_own_pages_and_those_that_are_named_may(
    http: httpx.AsyncClient, origin: str
) -> None:
    assert (await http.post("/erase", headers={"origin": origin})).status_code == 200


async def test_a_program_names_no_origin_and_looking_is_for_cors_to_guard(http: httpx.AsyncClient) -> None:
    assert (await http.post("/erase")).status_code == 200
    assert (await http.get("/erase", headers={"origin": "https://evil.example"})).status_code == 200

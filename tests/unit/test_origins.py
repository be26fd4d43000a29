"""A page of elsewhere may change nothing on a server that asks for no key."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

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


async def opened(origin: str | None, host: bytes = b"127.0.0.1:2024") -> list[Message]:
    """What a WebSocket is told."""
    told: list[Message] = []

    async def accepting(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        told.append(message)

    headers = [(b"host", host), *([(b"origin", origin.encode())] if origin else [])]
    scope = {"type": "websocket", "path": "/threads/0/stream/events", "headers": headers}
    await Origins(accepting, cors=cors_of(project_root()))(scope, receive, send)
    return told


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:2024", "http://localhost:3000"])
async def test_a_websocket_is_opened_to_programs_and_to_pages_that_may(origin: str | None) -> None:
    assert await opened(origin) == [{"type": "websocket.accept"}]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_websocket_is_closed_to_a_page_of_elsewhere(origin: str) -> None:
    """Found by a review: CORS does not hold for it, so that any page could ask what the agent knows of its user."""
    assert await opened(origin) == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    "host", ["evil.example:2024", "127.0.0.1.evil.example", "localhost.evil.example", "[x"]
)
async def test_a_name_of_elsewhere_that_leads_here_is_not_this_servers(
    http: httpx.AsyncClient, host: str
) -> None:
    """Found by a review: by DNS rebinding a page of elsewhere is a page of this server, and reads everything."""
    for method in ("GET", "POST"):
        answer = await http.request(method, "/erase", headers={"host": host, "origin": f"http://{host}"})
        assert answer.status_code == 403 and "allow_origins" in answer.json()["detail"]
    assert (await opened(None, host.encode()))[0]["type"] == "websocket.close"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:2024",
        "[::1]:2024",
        "192.168.1.5",
        "localhost",
        "LOCALHOST:2024",
        "a.localhost",
        "mnemograph:8000",
    ],
)
async def test_addresses_and_names_of_ones_own_network_are_this_servers(
    http: httpx.AsyncClient, host: str
) -> None:
    assert (await http.get("/erase", headers={"host": host})).status_code == 200


async def test_a_server_may_be_given_a_name() -> None:
    app = Starlette(routes=[Route("/erase", done, methods=METHODS)])
    cors = {"allow_origins": ["https://memory.example"]}
    transport = httpx.ASGITransport(Origins(app, cors=cors, host="Box.example"))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.example:2024") as named:
        assert (await named.post("/erase", headers={"origin": "http://box.example:2024"})).status_code == 200
        assert (await named.get("/erase", headers={"host": "memory.example"})).status_code == 200
        assert (await named.get("/erase", headers={"host": "other.example"})).status_code == 403

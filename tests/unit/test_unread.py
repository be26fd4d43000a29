"""Threads that never ran on the server are listed with what was said in them."""

from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server.unread import Unread

SAID = {"messages": [{"type": "human", "content": "Quais nós? 🪢"}]}
LEARNED = {"messages": [{"type": "human", "content": 'I wrote "values":null.'}]}


class Server:
    """Stands in for LangGraph's: its rows, and states for those who show a key."""

    def __init__(self, rows: list[dict[str, Any]], status: int = 200) -> None:
        self.rows, self.status = rows, status
        self.read: list[str] = []

    async def search(self, request: Request) -> JSONResponse:
        return JSONResponse(self.rows, self.status, {"x-pagination-next": "7"})

    async def state(self, request: Request) -> JSONResponse:
        thread_id = request.path_params["thread_id"]
        self.read.append(thread_id)
        if request.headers.get("x-api-key") != "ana" or thread_id == "gone":
            return JSONResponse({"detail": "Not found"}, 404)
        return JSONResponse({"values": SAID if thread_id == "terminal" else []})

    async def asked(self, path: str = "/threads/search") -> httpx.Response:
        routes = [
            Route("/threads/{thread_id}/state", self.state),
            Route("/{rest:path}", self.search, methods=["POST"]),
        ]
        transport = httpx.ASGITransport(Unread(Starlette(routes=routes)))
        async with httpx.AsyncClient(transport=transport, base_url="http://mnemograph") as client:
            return await client.post(path, headers={"x-api-key": "ana"})


def row(thread_id: str, values: Any = None) -> dict[str, Any]:
    return {"thread_id": thread_id, "values": values}


async def test_what_was_said_in_a_terminal_is_listed_and_what_is_known_stays() -> None:
    server = Server([row("terminal"), row("ran", LEARNED), row("new"), row("gone")])
    answer = await server.asked()
    assert answer.json() == [row("terminal", SAID), row("ran", LEARNED), row("new"), row("gone")]
    assert server.read == ["terminal", "new", "gone"]
    assert answer.headers["x-pagination-next"] == "7"


async def test_a_list_in_which_nothing_lacks_is_passed_on_as_it_is() -> None:
    for rows, status in (
        ([row("ran", SAID)], 200),
        ([{"thread_id": "terminal"}], 200),
        ([row("terminal")], 403),
    ):
        server = Server(rows, status)
        answer = await server.asked()
        assert (answer.json(), answer.status_code, server.read) == (rows, status, [])


async def test_no_other_answer_is_looked_into() -> None:
    server = Server([row("terminal")])
    assert (await server.asked("/threads/count")).json() == [row("terminal")]
    assert server.read == []

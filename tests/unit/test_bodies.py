"""Found by reviews: one request without a key, of 300 MB, held the server for two minutes and took 8 GB; and one of
9 MB that held many small messages stopped everybody for seconds."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server import bring_in
from server.asked import Refused
from server.bodies import MOST_BYTES, MOST_BYTES_OF_A_TURN, MOST_VALUES, TOO_BIG, Bodies, Measured
from server.bring_in import Lines
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
        answer.json()["detail"] == "The body of this request is too long: at most 2,000,000 bytes are taken."
    )


async def test_what_does_not_tell_is_refused_once_it_is_too_long(http: httpx.AsyncClient) -> None:
    answer = await http.post("/threads", content=pieces(10 * MOST_BYTES))
    assert answer.status_code == 413 and "too long" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/runs/wait",
        "/threads/0/runs",
        "/threads/0/runs/stream",
        "/threads/0/state",
        "/mcp",
        "/a2a/0",
        "/memory/runs",
    ],
)
async def test_a_turn_may_hold_a_picture(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(path, content=b" " * MOST_BYTES_OF_A_TURN)).status_code == 200
    assert (await http.post(path, content=b" " * (MOST_BYTES_OF_A_TURN + 1))).status_code == 413


@pytest.mark.parametrize(
    "path", ["/threads/search", "/store/items", "/assistants", "/threads/0", "/mnemograph/runsx"]
)
async def test_nothing_else_needs_so_much(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(path, content=b" " * (MOST_BYTES + 1))).status_code == 413


async def test_many_small_messages_are_refused_before_they_are_parsed(http: httpx.AsyncClient) -> None:
    """LangGraph made an object of each, and so did everybody after it: in the one loop that answers all."""
    message = {"role": "user", "content": 'a, [b] {c}, "d"'}
    fits: list[Any] = [message] * (MOST_VALUES // 4)
    assert (await http.post("/runs/wait", json={"input": {"messages": fits}})).status_code == 200
    answer = await http.post("/runs/wait", json={"input": {"messages": fits * 2}})
    assert answer.status_code == 413
    assert (
        answer.json()["detail"] == "The body of this request holds too many values: at most 10,000 are taken."
    )


async def test_a_long_text_is_one_value(http: httpx.AsyncClient) -> None:
    text = 'She said, "[{,": ' * 100_000
    assert (await http.post("/runs/wait", json={"input": text})).status_code == 200


JSON = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec="utf-8") | st.sampled_from('"\\,[{')),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


def separated(value: Any) -> int:
    """How many brackets open in it, and how many commas stand between what it holds."""
    if not isinstance(value, list | dict):
        return 0
    held = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(len(held) - 1, 0) + sum(separated(each) for each in held)


@given(JSON, st.integers(1, 7), st.booleans())
def test_values_are_counted_alike_however_a_body_is_cut(value: Any, size: int, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii).encode()
    for cut in (size, len(text)):
        measured = Measured(MOST_BYTES)
        for at in range(0, len(text), cut):
            measured.take(text[at : at + cut])
        assert measured.values == 1 + separated(value)
        assert not measured.is_inside


async def test_a_message_of_a_websocket_that_is_too_much_ends_it() -> None:
    """They came past every limit, to 16 MB each."""
    sent: list[Any] = []
    texts = ["{}", json.dumps([0] * (MOST_VALUES + 1)), "{}"]

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": texts.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message)

    async def reading(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            sent.append(message["text"])

    scope = {"type": "websocket", "path": "/threads/0/stream/events", "headers": []}
    await asyncio.wait_for(Bodies(reading)(scope, receive, send), 10)
    assert sent[0] == "{}"
    assert (sent[1]["type"], sent[1]["code"]) == ("websocket.close", TOO_BIG)
    assert (len(sent), texts) == (2, ["{}"])


@pytest.mark.parametrize("most", [{"MAX_LINE_BYTES": 8}, {"MAX_LINE_VALUES": 8}])
@given(lines=st.lists(st.integers(0, 12), min_size=1), size=st.integers(1, 30))
def test_a_line_of_a_file_that_is_too_much_is_known_however_it_is_cut(
    most: dict[str, int], lines: list[int], size: int
) -> None:
    """Of commas alone, of which each is one more value than there was."""
    text = b"\n".join(b"," * each for each in lines)
    longest = max(lines) if "MAX_LINE_BYTES" in most else max(lines) + 1
    with pytest.MonkeyPatch.context() as patch:
        for name, value in most.items():
            patch.setattr(bring_in, name, value)
        taken = Lines()
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        with pytest.raises(Refused) if longest > 8 else nullcontext():
            for piece in pieces:
                taken.take(piece)


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

"""R40's drain: SIGTERM while turns run. They end or go on after the next start; nothing is lost or doubled.

The model is a slow one behind HTTP, so that there is time to be in the middle of a turn.
"""

import asyncio
import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.services.dev_server import PATIENCE_S, DevServer
from tests.services.openai_server import API_KEY, OpenAIServer, Reply

FACT = "The user lives in Porto."
REPLY = "Porto is a fine place to live in, thank you for telling me."


class SlowModel:
    """Answers a user after their part of `delay_s`, and extracts one fact from every turn."""

    def __init__(self) -> None:
        self.delay_s: dict[str, float] = {}
        self.asked: set[str] = set()

    def __call__(self, body: dict[str, Any]) -> Reply:
        if "response_format" in body or isinstance(body.get("tool_choice"), dict):
            turn = json.loads(body["messages"][-1]["content"])
            said = turn["messages"][0]
            fact = {"statement": FACT, "category": "location", "importance": 0.7}
            fact |= {"quote": said["text"], "message_id": said["id"]}
            return Reply(text=json.dumps({"summary": "The user said where they live.", "facts": [fact]}))
        said = str(body["messages"][-1]["content"])
        self.asked.add(said)
        time.sleep(self.delay_s.get(said, 0.0))
        return Reply(text=REPLY)


@pytest.fixture(scope="module")
def model() -> SlowModel:
    return SlowModel()


@pytest.fixture(scope="module")
def provider(model: SlowModel) -> Iterator[OpenAIServer]:
    running = OpenAIServer(model=model)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(provider: OpenAIServer) -> Iterator[DevServer]:
    made = DevServer(
        {
            "MNEMOGRAPH_MODEL": "openai:slow",
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_API_KEY": API_KEY,
        }
    )
    try:
        yield made.start()
    finally:
        made.remove()


async def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def said_by(user: str) -> str:
    return f"I live in Porto. Yours, {user}."


def turn(user: str) -> dict[str, Any]:
    message = {"role": "user", "content": said_by(user), "id": str(uuid.uuid4())}
    return {"assistant_id": "agent", "input": {"messages": [message]}, "context": {"user_id": user}}


async def check_one_turn(server: DevServer, thread_id: str, user: str) -> None:
    """The turn once in the thread, its memories once in the store."""
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as http:
        state = (await http.get(f"/threads/{thread_id}/state")).json()
        assert [m["type"] for m in state["values"]["messages"]] == ["human", "ai"]
        kept = await http.post("/store/items/search", json={"namespace_prefix": ["users", user]})
    assert sorted(item["namespace"][2] for item in kept.json()["items"]) == [
        "decisions",
        "episodic",
        "episodic",
        "semantic",
    ]


def _fields(block: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)


async def test_the_extraction_model_does_not_stream_to_the_user(
    server: DevServer, provider: OpenAIServer
) -> None:
    body = {**turn("streamed"), "stream_mode": ["messages-tuple", "values"], "stream_subgraphs": True}
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as http:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        answer = await http.post(f"/threads/{thread_id}/runs/stream", json=body)
    assert len(provider.chats) == 2
    blocks = [_fields(block) for block in answer.text.replace("\r", "").split("\n\n")]
    chunks = [json.loads(block["data"]) for block in blocks if block.get("event") == "messages"]
    assert len([c for c, _ in chunks if c["content"]]) > 1
    assert {metadata["langgraph_node"] for _, metadata in chunks} == {"respond"}
    assert "".join(c["content"] for c, _ in chunks) == REPLY
    await check_one_turn(server, thread_id, "streamed")


async def test_running_turns_end_or_go_on_after_the_next_start(server: DevServer, model: SlowModel) -> None:
    """Somebody waits for one turn, which ends first; the other is cut off in the background, and goes on."""
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as http:
        waited, alone = [str((await http.post("/threads", json={})).json()["thread_id"]) for _ in range(2)]
        model.delay_s = {said_by("alone"): 12.0, said_by("waited"): 1.5}
        run = (await http.post(f"/threads/{alone}/runs", json=turn("alone"))).json()
        await until(lambda: said_by("alone") in model.asked)
        waiting = asyncio.create_task(http.post(f"/threads/{waited}/runs/wait", json=turn("waited")))
        await until(lambda: said_by("waited") in model.asked)
        stopped = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGTERM))
        answer = await waiting
    assert answer.json()["messages"][-1]["content"] == REPLY
    assert await stopped == 0
    assert server.leftovers() == []
    model.delay_s = {}
    await asyncio.to_thread(server.start)
    await check_one_turn(server, waited, "waited")
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as http:
        answer = await http.get(f"/threads/{alone}/runs/{run['run_id']}/join")
    assert answer.json()["messages"][-1]["content"] == REPLY
    await check_one_turn(server, alone, "alone")

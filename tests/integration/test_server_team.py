"""The team graph and its grants through the running server: LangGraph's SDK, our routes, and users kept apart."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.services.dev_server import DevServer, running_dev_server
from tests.services.keyed_server import SIGNED_IN, callers_of, clients_of

GRANTS = "/mnemograph/grants"
ROOMS: dict[str, dict[str, str]] = {"all": {}, "researcher": {"agent": "researcher"}, "own": {"agent": ""}}
ASKED = "Planner, where do I live?"


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    with running_dev_server(**SIGNED_IN) as running:
        yield running


@pytest.fixture
async def clients(server: DevServer) -> AsyncIterator[dict[str, LangGraphClient]]:
    async with clients_of(server.url) as opened:
        yield opened


@pytest.fixture
async def http(server: DevServer) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    async with callers_of(server.url, {"nobody": "wrong"}) as opened:
        yield opened


async def say(client: LangGraphClient, text: str) -> Any:
    """One message in a new thread; its values."""
    thread_id = (await client.threads.create())["thread_id"]
    asked = {"messages": [{"role": "user", "content": text}]}
    return await client.runs.wait(thread_id, "team", input=asked)


def recalled(values: Any) -> list[str]:
    return [item["text"] for item in values["recalled"] if item["kind"] == "semantic"]


async def test_a_grant_over_http_its_use_and_its_revocation(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    ana = clients["ana"]
    await say(ana, "I live in Porto.")
    assert recalled(await say(ana, ASKED)) == []
    given = await http["ana"].post(GRANTS, json={"grantee": "agent:planner", "kinds": ["semantic"]})
    assert given.json() == {
        "grantee": "agent:planner",
        "of": "",
        "kinds": ["semantic"],
        "action": "read",
        "until": None,
        "holds": True,
    }
    assert (await http["ana"].get(GRANTS)).json() == [given.json()]
    values = await say(ana, ASKED)
    assert recalled(values) == ["The user lives in Porto."]
    assert "Porto" in values["messages"][-1]["content"]
    assert recalled(await say(clients["bob"], ASKED)) == []

    assert (await http["bob"].get(GRANTS)).json() == []
    assert (await http["bob"].request("DELETE", GRANTS, json={"grantee": "agent:planner"})).json() == []
    assert (await http["bob"].get(GRANTS, params={"user_id": "ana"})).status_code == 403
    assert (await http["nobody"].get(GRANTS)).status_code == 401

    ended = await http["ana"].request("DELETE", GRANTS, json={"grantee": "agent:planner"})
    assert ended.json() == [given.json()]
    assert recalled(await say(ana, ASKED)) == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"grantee": "planner"}, "names nobody"),
        ({"grantee": "agent:planner", "kinds": ["grants"]}, "does not fit"),
        ({"grantee": "agent:planner", "until": "2020-01-01T00:00:00Z"}, "is over already"),
        ({"grantee": "agent:planner", "who": "me"}, "There is no 'who' here"),
        ({}, "does not fit"),
    ],
)
async def test_a_grant_that_cannot_be_meant_is_refused_with_a_sentence(
    http: dict[str, httpx.AsyncClient], body: dict[str, Any], word: str
) -> None:
    answer = await http["bob"].post(GRANTS, json=body)
    assert answer.status_code == 422
    assert word in answer.json()["detail"]
    assert (await http["bob"].get(GRANTS)).json() == []


async def test_the_reply_alone_streams(clients: dict[str, LangGraphClient]) -> None:
    thread_id = (await clients["bob"].threads.create())["thread_id"]
    asked = {"messages": [{"role": "user", "content": "Planner, hello!"}]}
    nodes: set[str] = set()
    async for part in clients["bob"].runs.stream(
        thread_id, "team", input=asked, stream_mode="messages-tuple"
    ):
        if part.event == "messages":
            message, metadata = part.data  # type: ignore[misc]
            if message["type"] == "AIMessageChunk":
                nodes.add(metadata["langgraph_node"])
    assert nodes == {"respond"}
    state = await clients["bob"].threads.get_state(thread_id)
    assert [m["type"] for m in state["values"]["messages"]] == ["human", "ai"]


async def test_what_an_agent_keeps_for_itself_is_the_users_to_see_correct_and_forget(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    bob, base = http["bob"], "/mnemograph/memories"
    await say(clients["bob"], "I have a dog named Rex.")
    await say(clients["bob"], "Researcher, I prefer night trains.")

    async def kept(**params: str) -> dict[str, str]:
        answer = await bob.get(base, params={"kind": "semantic", "status": "active", **params})
        return {row["text"]: row["agent"] for row in answer.json()["memories"]}

    trains, rex = "The user prefers night trains.", "The user has a dog named Rex."
    assert await kept() == {rex: "", trains: "researcher"}
    assert await kept(agent="researcher") == {trains: "researcher"}
    assert await kept(agent="") == {rex: ""}
    looked_into = {
        name: (await bob.get(base, params=asked)).json()["agents"] for name, asked in ROOMS.items()
    }
    assert "researcher" in looked_into.pop("all")
    assert looked_into == {"researcher": ["researcher"], "own": []}
    assert (await bob.get(base, params={"agent": "planer"})).status_code == 422
    points = (await bob.get(f"{base}/map", params={"kind": "semantic"})).json()["points"]
    assert sorted(point["agent"] for point in points) == ["", "researcher"]
    room = (await bob.get(base, params={"agent": "researcher", "kind": "semantic"})).json()["memories"]
    here = f"{base}/{room[0]['id']}"
    assert (await bob.get(here, params={"agent": ""})).status_code == 404
    assert (await http["ana"].get(here)).status_code == 404
    edited = (await bob.post(f"{here}/edit", json={"text": "The user prefers night buses."})).json()["memory"]
    assert (edited["agent"], edited["status"]) == ("researcher", "active")
    assert (await bob.post(f"{base}/{edited['id']}/forget")).json()["forgotten"] == 2
    assert await kept() == {rex: ""}

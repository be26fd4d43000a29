"""remember=background on the real server: one extraction for quick turns, for the signed-in user and nobody else."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from graphs.extraction import derived
from tests.services.dev_server import DevServer, running_dev_server

ANA, BOB = "ana@example.com", "bob@example.com"
KEYS = {ANA: "ana-key-0123456789abcdef", BOB: "bob-key-0123456789abcdef"}


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    settings = {
        "MNEMOGRAPH_AUTH": "keys",
        "MNEMOGRAPH_API_KEYS": ",".join(f"{user}:{key}" for user, key in KEYS.items()),
        "MNEMOGRAPH_REMEMBER": "background",
        "MNEMOGRAPH_REMEMBER_AFTER_S": "2",
    }
    with running_dev_server(**settings) as running:
        yield running


@pytest.fixture
async def http(server: DevServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        yield client


def key_of(user: str) -> dict[str, str]:
    return {"x-api-key": KEYS[user]}


async def say(http: httpx.AsyncClient, thread_id: str, text: str, user: str = ANA) -> dict[str, Any]:
    body = {
        "assistant_id": "agent",
        "input": {"messages": [{"role": "user", "content": text}]},
        # What a request says of the user does not count, in the turn or after it.
        "context": {"user_id": BOB if user == ANA else ANA},
        "if_not_exists": "create",
    }
    answer = await http.post(f"/threads/{thread_id}/runs/wait", json=body, headers=key_of(user))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def kept(http: httpx.AsyncClient, user: str, kind: str) -> list[str]:
    asked = {"namespace_prefix": [], "limit": 100}
    found = await http.post("/store/items/search", json=asked, headers=key_of(user))
    values = [item["value"] for item in found.json()["items"] if item["namespace"][-1] == kind]
    return sorted(str(value.get("text") or value.get("message")) for value in values)


async def until_extracted(http: httpx.AsyncClient, user: str) -> None:
    async with asyncio.timeout(60):
        while True:
            if not await kept(http, user, "pending"):
                return
            await asyncio.sleep(0.2)


async def test_three_quick_turns_are_one_extraction_for_whoever_signed_in(http: httpx.AsyncClient) -> None:
    thread_id = str(uuid.uuid4())
    values: dict[str, Any] = {}
    for text in ("I live in Porto.", "I have a dog named Rex.", "I hate olives."):
        values = await say(http, thread_id, text)
    assert values["learned"] == []
    assert len(await kept(http, ANA, "pending")) == 3
    assert len(await kept(http, ANA, "episodic")) == 6
    # Another conversation has the words already.
    other = await say(http, str(uuid.uuid4()), "Where do I live?")
    assert any("I live in Porto." in each["text"] for each in other["recalled"])
    await until_extracted(http, ANA)
    assert await kept(http, ANA, "semantic") == [
        "The user has a dog named Rex.",
        "The user hates olives.",
        "The user lives in Porto.",
    ]
    assert await kept(http, BOB, "semantic") == []
    runs = (
        await http.get(
            f"/threads/{derived(thread_id, ANA, key_of(ANA)['x-api-key'])}/runs", headers=key_of(ANA)
        )
    ).json()
    assert [run["status"] for run in runs] == ["success"]
    assert runs[0]["metadata"]["owner"] == ANA
    state = (await http.get(f"/threads/{thread_id}/state", headers=key_of(ANA))).json()
    assert [message["type"] for message in state["values"]["messages"]] == ["human", "ai"] * 3


async def test_nobody_extracts_for_another(http: httpx.AsyncClient) -> None:
    thread_id = str(uuid.uuid4())
    await say(http, thread_id, "I play the oboe.")
    hers = f"/threads/{derived(thread_id, ANA, key_of(ANA)['x-api-key'])}"
    body = {"assistant_id": "extraction", "input": {"thread": thread_id}, "context": {"user_id": ANA}}
    mine = await http.post("/runs/wait", json=body, headers=key_of(BOB))
    assert mine.json() == {"thread": thread_id, "extracted": 0, "waiting": 0}
    for method, path in (("GET", hers), ("GET", f"{hers}/state"), ("POST", f"{hers}/runs/wait")):
        sent = body if method == "POST" else None
        answer = await http.request(method, path, json=sent, headers=key_of(BOB))
        assert answer.status_code in (403, 404), path
    await until_extracted(http, ANA)
    assert "The user plays the oboe." in await kept(http, ANA, "semantic")
    assert await kept(http, BOB, "semantic") == []


async def test_a_neighbour_who_takes_the_id_that_follows_from_a_thread_stops_nobodys_learning(
    http: httpx.AsyncClient,
) -> None:
    thread_id = str(uuid.uuid4())
    taken = await http.post("/threads", json={"thread_id": derived(thread_id, ANA)}, headers=key_of(BOB))
    assert taken.status_code == 200
    await say(http, thread_id, "I play the bassoon.")
    await until_extracted(http, ANA)
    assert "The user plays the bassoon." in await kept(http, ANA, "semantic")


async def test_a_conversation_deleted_before_its_extraction_leaves_its_words_and_nothing_waiting(
    http: httpx.AsyncClient,
) -> None:
    thread_id = str(uuid.uuid4())
    await say(http, thread_id, "I collect lighthouses.")
    parts = "/mnemograph/status/parts"
    told = (await http.get(parts, headers=key_of(ANA))).json()
    assert told["queue"]["waiting"] == 1 and told["queue"]["since"]
    assert (await http.get(parts, headers=key_of(BOB))).json()["queue"]["waiting"] == 0
    assert (await http.delete(f"/threads/{thread_id}", headers=key_of(ANA))).status_code == 204
    await until_extracted(http, ANA)
    assert not any("lighthouses" in text for text in await kept(http, ANA, "semantic"))
    assert any("lighthouses" in text for text in await kept(http, ANA, "episodic"))

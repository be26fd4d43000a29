"""What the page asks of the running server beside memories: its status, the map, procedures, names of conversations."""

import math
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.services.dev_server import DevServer, running_dev_server
from tests.services.keyed_server import SIGNED_IN, callers_of, clients_of

MEMORIES, PROCEDURES, STATUS = "/mnemograph/memories", "/mnemograph/procedures", "/mnemograph/status"


@pytest.fixture(scope="module")
def server(module_database: str) -> Iterator[DevServer]:
    given = {"MNEMOGRAPH_POSTGRES": module_database, "MNEMOGRAPH_CACHE": "process"}
    with running_dev_server(**SIGNED_IN, **given) as running:
        yield running


@pytest.fixture
async def clients(server: DevServer) -> AsyncIterator[dict[str, LangGraphClient]]:
    async with clients_of(server.url) as opened:
        yield opened


@pytest.fixture
async def http(server: DevServer) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    async with callers_of(server.url) as opened:
        yield opened


async def say(client: LangGraphClient, thread_id: str, text: str) -> Any:
    message = {"role": "user", "content": text, "id": str(uuid.uuid4())}
    return await client.runs.wait(thread_id, "agent", input={"messages": [message]})


async def test_the_status_says_whose_key_it_is_and_nothing_without_one(
    http: dict[str, httpx.AsyncClient],
) -> None:
    told = (await http["ana"].get(STATUS)).json()
    assert told["user_id"] == "ana" and told["auth"] == "keys"
    assert told["offline"] is True and told["model"] == "offline"
    assert {"procedures", "remember"} < told.keys()
    for who in ("wrong", "nobody"):
        refused = await http[who].get(STATUS)
        assert refused.status_code == 401 and "key" in refused.json()["detail"]
    assert (await http["ana"].get(STATUS, params={"user_id": "bob"})).status_code == 403
    for path in ("/", "/health"):
        assert (await http["nobody"].get(path)).status_code == 200


async def test_the_parts_say_how_they_do_and_what_there_is(
    http: dict[str, httpx.AsyncClient], clients: dict[str, LangGraphClient]
) -> None:
    bob = clients["bob"]
    thread_id = (await bob.threads.create())["thread_id"]
    await say(bob, thread_id, "I live in Vigo.")
    told = (await http["bob"].get(f"{STATUS}/parts", params={"sizes": "true"})).json()
    assert [part["name"] for part in told["parts"]] == [
        "Long-term memory",
        "Conversations",
        "Embedding model",
        "Chat model",
        "Tracing",
    ]
    assert all(part["ok"] and part["what"] and part["detail"] for part in told["parts"])
    assert told["sizes"]["memories"]["semantic"] == {"active": 1} and told["sizes"]["threads"] == 1
    assert told["queue"] == {"waiting": 0, "since": None, "running": 0, "failed": 0}
    for kind in ("recall", "remember", "reply", "store read", "store write"):
        assert told["latencies"][kind]["count"] > 0 and told["latencies"][kind]["p95_ms"] >= 0
    assert told["traces"] is None and told["version"]
    assert "sizes" not in (await http["bob"].get(f"{STATUS}/parts")).json()
    assert (await http["nobody"].get(f"{STATUS}/parts")).status_code == 401


async def test_what_is_near_in_meaning_is_near_on_the_map(
    http: dict[str, httpx.AsyncClient], clients: dict[str, LangGraphClient]
) -> None:
    ana = clients["ana"]
    thread_id = (await ana.threads.create())["thread_id"]
    for text in ("I like green tea.", "I like black tea.", "My brother works as a pilot."):
        await say(ana, thread_id, text)
    told = (await http["ana"].get(f"{MEMORIES}/map", params={"kind": "semantic"})).json()
    by_text = {point["text"]: point["at"] for point in told["points"]}
    green, black, pilot = (
        next(at for text, at in by_text.items() if word in text) for word in ("green", "black", "pilot")
    )
    assert math.dist(green, black) < math.dist(green, pilot)
    assert told["dimensions"] == len(green) == 16 and told["notes"] == []
    [point] = [each for each in told["points"] if "pilot" in each["text"]]
    assert {"id", "kind", "status", "said_at", "importance"} < point.keys()
    assert (await http["ana"].get(f"{MEMORIES}/map", params={"kind": "semantic"})).json() == told
    everything = (await http["ana"].get(f"{MEMORIES}/map")).json()["points"]
    assert {each["kind"] for each in everything} == {"semantic", "episodic"}
    await http["ana"].post(f"{MEMORIES}/{point['id']}/retract")
    gone = (await http["ana"].get(f"{MEMORIES}/map", params={"status": "retracted"})).json()
    assert gone["points"] == [] and gone["notes"][0].endswith("by meaning: 1.")
    assert (await http["bob"].get(f"{MEMORIES}/map", params={"kind": "procedural"})).json()["points"] == []
    assert (await http["nobody"].get(f"{MEMORIES}/map")).status_code == 401
    assert (await http["bob"].get(f"{MEMORIES}/map", params={"user_id": "ana"})).status_code == 403


async def test_a_procedure_is_decided_on_put_in_other_words_and_gone_back_in(
    http: dict[str, httpx.AsyncClient], clients: dict[str, LangGraphClient]
) -> None:
    ana, thread_id = http["ana"], (await clients["ana"].threads.create())["thread_id"]
    await say(clients["ana"], thread_id, "From now on end every answer with Cheers.")
    listed = (await ana.get(PROCEDURES)).json()
    [[proposed]] = [each["versions"] for each in listed["procedures"]]
    assert (proposed["status"], listed["in_force"]) == ("proposed", 0)
    for path in (f"{PROCEDURES}/{proposed['id']}/approve", f"{MEMORIES}/{proposed['id']}/approve"):
        assert (await http["bob"].post(path)).status_code == 404
        assert (await http["nobody"].post(path)).status_code == 401
    approved = (await ana.post(f"{MEMORIES}/{proposed['id']}/approve")).json()["memory"]
    assert (approved["status"], approved["validity"]["superseded_by"]) == ("active", None)
    edited = (await ana.post(f"{PROCEDURES}/{proposed['id']}/edit", json={"text": "Be brief."})).json()[
        "memory"
    ]
    assert (edited["text"], edited["supersedes"]) == ("Be brief.", proposed["id"])
    [versions] = [each["versions"] for each in (await ana.get(PROCEDURES)).json()["procedures"]]
    assert [each["status"] for each in versions] == ["superseded", "active"]
    back = (await ana.post(f"{PROCEDURES}/{edited['id']}/rollback")).json()["memory"]
    assert (back["id"], back["status"]) == (proposed["id"], "active")
    ended = (await ana.post(f"{PROCEDURES}/{back['id']}/reject", json={"reason": "No more."})).json()[
        "memory"
    ]
    assert ended["status"] == "retracted" and "No more." in ended["reason"]
    assert (await ana.get(PROCEDURES)).json()["procedures"] == []
    assert len((await ana.get(PROCEDURES, params={"all": "true"})).json()["procedures"]) == 1
    again = await ana.post(f"{PROCEDURES}/{edited['id']}/approve")
    assert again.status_code == 422 and "can be approved" in again.json()["detail"]


async def test_a_conversation_has_a_name_and_is_deleted_for_its_owner_alone(
    http: dict[str, httpx.AsyncClient], clients: dict[str, LangGraphClient]
) -> None:
    ana, thread_id = clients["ana"], (await clients["ana"].threads.create())["thread_id"]
    await say(ana, thread_id, "I collect stamps.")
    named = await http["ana"].patch(f"/threads/{thread_id}", json={"metadata": {"title": "Stamps"}})
    assert named.status_code == 200 and named.json()["metadata"]["title"] == "Stamps"
    await say(ana, thread_id, "I collect coins.")
    assert ((await ana.threads.get(thread_id))["metadata"] or {})["title"] == "Stamps"
    path = f"/threads/{thread_id}"
    assert (await http["bob"].patch(path, json={"metadata": {"title": "Mine"}})).status_code == 404
    assert (await http["bob"].delete(path)).status_code == 404
    assert (await http["ana"].delete(path)).status_code == 204
    assert (await http["ana"].get(path)).status_code == 404
    found = (await http["ana"].get(MEMORIES, params={"q": "stamps"})).json()["memories"]
    assert any("stamps" in each["text"] for each in found)
    sizes = (await http["ana"].get(f"{STATUS}/parts", params={"sizes": "true"})).json()["sizes"]
    made = (await ana.threads.create())["thread_id"]
    assert (await http["ana"].get(f"/threads/{made}")).status_code == 200 and sizes["threads"] == 2

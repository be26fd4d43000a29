"""The timeline through the running server: by its routes, by LangGraph's SDK, and closed to other users."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.services.dev_server import DevServer, running_dev_server
from tests.services.keyed_server import SIGNED_IN, callers_of, clients_of

NOBODY_SIGNS_IN = {
    "MNEMOGRAPH_CHECKPOINTER": "memory",
    "MNEMOGRAPH_STORE": "memory",
    "MNEMOGRAPH_KEEP_CHECKPOINTS": "5",
}


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
    async with callers_of(server.url, {}) as opened:
        yield opened


async def say(client: LangGraphClient, thread_id: str, text: str) -> Any:
    return await client.runs.wait(
        thread_id, "agent", input={"messages": [{"role": "user", "content": text, "id": str(uuid.uuid4())}]}
    )


async def facts(client: LangGraphClient, user: str = "ana") -> set[str]:
    found = await client.store.search_items(
        ["users", user, "semantic"], filter={"status": "active"}, limit=100
    )
    return {item["value"]["text"] for item in found["items"]}


async def test_undo_and_redo_through_the_server(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    ana = clients["ana"]
    thread_id = (await ana.threads.create())["thread_id"]
    await say(ana, thread_id, "My name is Ana and I live in Porto.")
    await say(ana, thread_id, "I have a dog named Rex.")
    known = await facts(ana)
    assert any("Rex" in fact for fact in known)
    url = f"/mnemograph/threads/{thread_id}"
    undone = (await http["ana"].post(f"{url}/undo")).json()
    assert undone["said"] == "I have a dog named Rex."
    assert not any("Rex" in fact for fact in await facts(ana))
    state = await ana.threads.get_state(thread_id)
    assert [m["type"] for m in state["values"]["messages"]] == ["human", "ai"]
    assert (await ana.threads.get(thread_id))["values"]["messages"][-1]["type"] == "ai"
    assert len((await ana.threads.get(thread_id))["values"]["messages"]) == 2
    assert (await http["ana"].post(f"{url}/redo")).json()["turn"] == undone["turn"]
    assert await facts(ana) == known
    assert len((await ana.threads.get_state(thread_id))["values"]["messages"]) == 4
    assert (await http["ana"].post(f"{url}/redo")).status_code == 409
    steps = (await http["ana"].get(f"{url}/history", params={"limit": 100})).json()
    assert {"undo", "redo"} <= {step["source"] for step in steps}
    changed = (await http["ana"].get(f"{url}/diff")).json()
    assert next(row["text"] for row in changed["messages"]["added"]) == "I have a dog named Rex."
    rows = len(await ana.threads.search(limit=100))
    for path, asked in (("diff", {"before": "zzz"}), ("fork", {"checkpoint": "zzz"})):
        method = "GET" if path == "diff" else "POST"
        unknown = await http["ana"].request(method, f"{url}/{path}", params=asked)
        assert unknown.status_code == 404
        assert f"'zzz': GET {url}/history lists them." in unknown.json()["detail"]
    assert len(await ana.threads.search(limit=100)) == rows
    new = (await http["ana"].post(f"{url}/fork")).json()["thread_id"]
    assert len((await ana.threads.get(new))["values"]["messages"]) == 4
    *_, begun = (await http["ana"].get(f"/mnemograph/threads/{new}/history")).json()
    assert begun["forked"] == {"thread_id": thread_id, "checkpoint_id": steps[0]["checkpoint_id"]}
    assert not any(step["forked"] for step in steps)
    title = "My name is Ana and I live in Porto. (fork)"
    assert (await ana.threads.get(new))["metadata"]["title"] == title
    again = (await http["ana"].post(f"/mnemograph/threads/{new}/fork")).json()["thread_id"]
    assert (await ana.threads.get(again))["metadata"]["title"] == title.replace("fork", "fork 2")
    answer = await say(ana, new, "Hello again")
    assert len(answer["messages"]) == 6


async def test_another_users_thread_is_not_found(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient], server: DevServer
) -> None:
    thread_id = (await clients["ana"].threads.create())["thread_id"]
    await say(clients["ana"], thread_id, "I live in Porto.")
    before = await clients["ana"].threads.get_state(thread_id)
    url = f"/mnemograph/threads/{thread_id}"
    for method, path in (
        ("POST", "undo"),
        ("POST", "redo"),
        ("POST", "fork"),
        ("GET", "history"),
        ("GET", "diff"),
    ):
        assert (await http["bob"].request(method, f"{url}/{path}")).status_code == 404, path
        async with httpx.AsyncClient(base_url=server.url) as nobody:
            assert (await nobody.request(method, f"{url}/{path}")).status_code == 401, path
        assert (await http["bob"].request(method, f"/mnemograph/threads/x/{path}")).status_code == 422, path
    assert await clients["ana"].threads.get_state(thread_id) == before
    async with httpx.AsyncClient(base_url=server.url) as nobody:
        assert (await nobody.get("/mnemograph/threads")).status_code == 401
    assert (await http["bob"].get("/mnemograph/threads", params={"user_id": "ana"})).status_code == 403
    seen = {user: (await http[user].get("/mnemograph/threads")).json() for user in ("ana", "bob")}
    assert {user: thread_id in str(told) for user, told in seen.items()} == {"ana": True, "bob": False}
    assert not any(told["others"] for told in seen.values())


async def test_what_cannot_be_meant_is_told_in_a_sentence_that_repeats_nothing(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    thread_id = (await clients["ana"].threads.create())["thread_id"]
    url = f"/mnemograph/threads/{thread_id}"
    for method, path, content, sentence in (
        (
            "GET",
            "history?limit=501",
            b"",
            "The limit does not fit: input should be less than or equal to 500.",
        ),
        ("POST", "state", b'{"values": {"notes": ["Juno"]}}', "The base does not fit: field required."),
        (
            "POST",
            "state",
            b'{"values": "Juno", "base": ""}',
            "The values does not fit: input should be a valid",
        ),
        ("POST", "state", b'{"Juno', "The body is no JSON object with some of values, base."),
        ("POST", "state", b"", "The body is no JSON object with some of values, base."),
    ):
        headers = {"content-type": "application/json"}
        answer = await http["ana"].request(method, f"{url}/{path}", content=content, headers=headers)
        assert answer.status_code == 422 and answer.json()["detail"].startswith(sentence), answer.text
        assert "Juno" not in answer.text


async def test_the_timeline_by_langgraphs_own_sdk(clients: dict[str, LangGraphClient]) -> None:
    """get_history and update_state: an earlier state is copied on top by its checkpoint."""
    ana = clients["ana"]
    thread_id = (await ana.threads.create())["thread_id"]
    await say(ana, thread_id, "Hello")
    await say(ana, thread_id, "add buy bread to my task list")
    history = await ana.threads.get_history(thread_id, limit=50)
    earlier = next(s for s in history if len(s["values"].get("messages", [])) == 2 and not s["next"])
    await ana.threads.update_state(thread_id, None, as_node="__copy__", checkpoint=earlier["checkpoint"])
    state = await ana.threads.get_state(thread_id)
    assert len(state["values"]["messages"]) == 2
    assert not state["values"].get("tasks")
    await say(ana, thread_id, "Hello again")
    assert len(await ana.threads.get_history(thread_id, limit=100)) > len(history)


async def test_a_thread_with_a_run_is_left_alone(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    ana = clients["ana"]
    thread_id = (await ana.threads.create())["thread_id"]
    await say(ana, thread_id, "Hello")
    run = await ana.runs.create(
        thread_id, "agent", input={"messages": [{"role": "user", "content": "Hello"}]}, after_seconds=5
    )
    answer = await http["ana"].post(f"/mnemograph/threads/{thread_id}/undo")
    assert answer.status_code == 409
    assert "A turn is under way" in answer.json()["detail"]
    await ana.runs.cancel(thread_id, run["run_id"], wait=False)
    await asyncio.sleep(0)


async def test_an_edit_over_http_is_checked_and_never_stale(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    ana = clients["ana"]
    thread_id = (await ana.threads.create())["thread_id"]
    await say(ana, thread_id, "Hello")
    before = await ana.threads.get_state(thread_id)
    for path in (f"/threads/{thread_id}/state", f"/mnemograph/threads/{thread_id}/state"):
        wrong = {"values": {"tasks": [{"title": 3}]}, "base": before["checkpoint"]["checkpoint_id"]}
        answer = await http["ana"].post(path, json=wrong)
        assert (answer.status_code, "tasks.0.title" in answer.json()["detail"]) == (422, True), path
        assert (await http["bob"].post(path, json=wrong)).status_code == 404, path
    assert await ana.threads.get_state(thread_id) == before
    edit = {"values": {"notes": ["a"]}, "base": before["checkpoint"]["checkpoint_id"]}
    path = f"/mnemograph/threads/{thread_id}/state"
    assert (await http["ana"].post(path, json=edit)).status_code == 200
    assert (await http["ana"].post(path, json=edit)).status_code == 409
    assert (await http["ana"].post(path, params={"retry": "true"}, json=edit)).status_code == 409
    other = {**edit, "values": {"preferences": {"tone": "dry"}}}
    assert (await http["ana"].post(path, params={"retry": "true"}, json=other)).status_code == 200
    await ana.threads.update_state(thread_id, {"notes": ["b"]}, as_node="remember")
    values = (await ana.threads.get_state(thread_id))["values"]
    assert (values["notes"], values["preferences"]) == (["a", "b"], {"tone": "dry"})


async def test_where_nobody_signs_in_a_redo_after_an_undo_is_still_the_same_persons() -> None:
    """And with both memories in the server's process alone, which no second opening would see."""
    with running_dev_server(**NOBODY_SIGNS_IN) as running:
        async with get_client(url=running.url) as client, httpx.AsyncClient(base_url=running.url) as http:
            thread_id = (await client.threads.create())["thread_id"]
            for text in ("I live in Porto.", "I have a dog named Rex."):
                message = {"role": "user", "content": text}
                await client.runs.wait(
                    thread_id, "agent", input={"messages": [message]}, context={"user_id": "ana"}
                )
            known = await facts(client)
            for _ in range(2):
                assert (await http.post(f"/mnemograph/threads/{thread_id}/undo")).status_code == 200
                assert await facts(client) == {"The user lives in Porto."}
                assert (await http.post(f"/mnemograph/threads/{thread_id}/redo")).status_code == 200
                assert await facts(client) == known
            new = (await http.post(f"/mnemograph/threads/{thread_id}/fork")).json()["thread_id"]
            row = await client.threads.get(new)
            assert row["values"]["messages"][0]["content"] == "I live in Porto."
            # It is still ana's: nobody else's undo is answered like this.
            kept = await http.post(f"/mnemograph/threads/{new}/undo")
            assert "no longer kept" in kept.json()["detail"]
            told = await client.runs.wait(None, "maintenance", input={"dry_run": True})
            assert told["pruned"]["looked_at"] >= 1

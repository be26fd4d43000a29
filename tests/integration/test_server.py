"""The running server, by LangGraph's SDK and by the bare protocol that useStream and agent-chat-ui speak."""

import asyncio
import json
import stat
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from cli.serving import SERVERS_FILES
from tests.services.dev_server import DevServer, running_dev_server

CHAT_UI = "http://localhost:3000"


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    with running_dev_server() as running:
        yield running


@pytest.fixture
async def client(server: DevServer) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=server.url) as opened:
        yield opened


@pytest.fixture
async def http(server: DevServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as opened:
        yield opened


@pytest.fixture
def user() -> str:
    return f"user-{uuid.uuid4()}"


def asking(text: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text, **more}]}


async def test_a_second_thread_knows_what_the_first_one_taught(client: LangGraphClient, user: str) -> None:
    first = await client.threads.create()
    taught = await client.runs.wait(
        first["thread_id"],
        "agent",
        input=asking("My name is Ana and I live in Porto."),
        context={"user_id": user},
    )
    assert [item["kind"] for item in taught["learned"]] == ["semantic", "semantic", "episodic"]
    second = await client.threads.create()
    answer = await client.runs.wait(
        second["thread_id"], "agent", input=asking("Where do I live?"), context={"user_id": user}
    )
    assert "Porto" in answer["messages"][-1]["content"]
    assert "The user lives in Porto." in [item["text"] for item in answer["recalled"]]
    stranger = await client.runs.wait(
        None, "agent", input=asking("Where do I live?"), context={"user_id": f"{user}0"}
    )
    assert "Porto" not in stranger["messages"][-1]["content"]
    assert stranger["recalled"] == []


async def test_one_thread_goes_on_with_state_and_history(client: LangGraphClient, user: str) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    for text in ("I like tea.", "I like chess."):
        await client.runs.wait(thread_id, "agent", input=asking(text), context={"user_id": user})
    state = await client.threads.get_state(thread_id)
    messages = state["values"]["messages"]
    assert [m["type"] for m in messages] == ["human", "ai", "human", "ai"]
    assert messages[2]["content"] == "I like chess."
    assert state["next"] == []
    history = await client.threads.get_history(thread_id, limit=50)
    lengths = [len(s["values"].get("messages", [])) for s in history]
    assert lengths[0] == 4
    assert lengths == sorted(lengths, reverse=True)
    assert (await client.threads.get(thread_id))["status"] == "idle"
    assert thread_id in [t["thread_id"] for t in await client.threads.search(limit=100)]


async def test_a_turn_sent_again_under_its_id_is_one_turn(client: LangGraphClient, user: str) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    turn = asking("I like rowing.", id=str(uuid.uuid4()))
    answers = [
        await client.runs.wait(thread_id, "agent", input=turn, context={"user_id": user}) for _ in range(2)
    ]
    said = [[(m["id"], m["content"]) for m in answer["messages"]] for answer in answers]
    assert said[0] == said[1]
    assert [m["type"] for m in answers[1]["messages"]] == ["human", "ai"]


async def test_a_procedure_is_asked_about_and_approved_by_the_sdk(client: LangGraphClient, user: str) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    wish = asking("From now on end every answer with Cheers.", id=str(uuid.uuid4()))
    first = await client.runs.wait(thread_id, "agent", input=wish, context={"user_id": user})
    [question] = first["__interrupt__"]
    [request] = question["value"]["action_requests"]
    assert request["args"] == {"instruction": "End every answer with Cheers."}
    assert (await client.threads.get(thread_id))["status"] == "interrupted"
    again = await client.runs.wait(thread_id, "agent", input=wish, context={"user_id": user})
    assert "__interrupt__" not in again
    other = asking("I prefer short answers.")
    await client.runs.wait(thread_id, "agent", input=other, context={"user_id": user})
    done: Any = await client.runs.wait(
        thread_id,
        "agent",
        command={"resume": {"decisions": [{"type": "approve"}]}},
        context={"user_id": user},
    )
    assert [row["status"] for row in done["learned"] if row["kind"] == "procedural"] == ["active"]
    assert (await client.threads.get(thread_id))["status"] == "idle"
    last = await client.runs.wait(None, "agent", input=asking("Thanks"), context={"user_id": user})
    assert [row["text"] for row in last["procedures"]] == ["Give short answers."]


async def test_every_way_of_streaming(client: LangGraphClient, user: str) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    parts = [
        part
        async for part in client.runs.stream(
            thread_id,
            "agent",
            input=asking("My name is Ana and I live in Porto."),
            context={"user_id": user},
            stream_mode=["messages-tuple", "updates", "values", "custom"],
        )
    ]
    assert not [part for part in parts if part.event == "error"]
    chunks = [part.data for part in parts if part.event == "messages"]
    assert len([c for c, _ in chunks if c["content"]]) > 3
    # A model call inside of recall or remember must not reach the reader.
    assert {metadata["langgraph_node"] for _, metadata in chunks} == {"respond"}
    final = [part.data for part in parts if part.event == "values"][-1]
    assert "".join(c["content"] for c, _ in chunks) == final["messages"][-1]["content"]
    nodes = [node for part in parts if part.event == "updates" for node in part.data]
    assert nodes == ["recall", "respond", "remember"]


async def test_the_store_by_http(client: LangGraphClient) -> None:
    namespace = ["notes", uuid.uuid4().hex]
    await client.store.put_item(namespace, "k", {"text": "the boat is blue"})
    item = await client.store.get_item(namespace, "k")
    assert item["value"] == {"text": "the boat is blue"}
    found = (await client.store.search_items(namespace, query="which colour has the boat?"))["items"]
    assert [i["key"] for i in found] == ["k"]
    assert found[0]["score"] > 0.3
    assert namespace in (await client.store.list_namespaces(prefix=["notes"]))["namespaces"]
    await client.store.delete_item(namespace, "k")
    assert (await client.store.search_items(namespace))["items"] == []


async def test_assistants_and_their_schemas(client: LangGraphClient, user: str) -> None:
    (found,) = await client.assistants.search(graph_id="agent", metadata={"created_by": "system"})
    schemas = await client.assistants.get_schemas(found["assistant_id"])
    assert "messages" in (schemas["input_schema"] or {})["properties"]
    assert {"user_id", "model", "system_prompt"} <= set((schemas["context_schema"] or {})["properties"])
    own = await client.assistants.create("agent", context={"user_id": user}, name="pirate")
    answer = await client.runs.wait(None, own["assistant_id"], input=asking("I live in Porto."))
    assert "The user lives in Porto." in [item["text"] for item in answer["learned"]]
    kept = await client.store.search_items(["users", user.replace("_", "=5F"), "semantic"])
    assert [i["value"]["text"] for i in kept["items"]] == ["The user lives in Porto."]


async def test_the_protocol_of_use_stream(http: httpx.AsyncClient, user: str) -> None:
    assert (await http.get("/info")).json()["flags"]["assistants"] is True
    thread_id = (await http.post("/threads", json={})).json()["thread_id"]
    body = {
        "assistant_id": "agent",
        "input": {"messages": [{"type": "human", "id": str(uuid.uuid4()), "content": "I live in Porto."}]},
        "context": {"user_id": user},
        "stream_mode": ["values", "messages-tuple", "custom"],
        "stream_subgraphs": True,
        "stream_resumable": True,
        "on_disconnect": "continue",
    }
    headers = {"origin": CHAT_UI}
    async with http.stream("POST", f"/threads/{thread_id}/runs/stream", json=body, headers=headers) as answer:
        assert answer.headers["access-control-allow-origin"] == CHAT_UI
        assert thread_id in answer.headers["content-location"]
        events = [event async for event in _events(answer)]
    names = [name for name, _ in events]
    assert names[0] == "metadata"
    assert "run_id" in events[0][1]
    assert names.count("messages") > 3
    assert names[-1] == "values"
    assert "error" not in names
    history = (await http.post(f"/threads/{thread_id}/history", json={"limit": 10})).json()
    assert [m["type"] for m in history[0]["values"]["messages"]] == ["human", "ai"]
    assert (await http.get(f"/threads/{thread_id}/history")).json()[0]["checkpoint"]["thread_id"] == thread_id


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ").strip()
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


async def test_other_pages_may_call_only_from_where_we_expect_them(http: httpx.AsyncClient) -> None:
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key,authorization",
    }
    for origin in (CHAT_UI, "https://agentchat.vercel.app", "https://smith.langchain.com"):
        answer = await http.options("/threads", headers={**asked, "origin": origin})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
    for origin in (
        "https://example.com",
        "https://localhost.example.com",
        "https://smith.langchain.com.evil.org",
    ):
        answer = await http.options("/threads", headers={**asked, "origin": origin})
        assert answer.status_code == 400
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/threads", "/mnemograph/memories/erase", "/store/items", "/runs/wait"])
async def test_a_plain_request_that_a_page_of_elsewhere_has_a_browser_send_does_nothing(
    http: httpx.AsyncClient, path: str
) -> None:
    """It needs no leave of CORS, which only kept the page from reading what came of it."""
    headers = {"origin": "https://evil.example", "content-type": "text/plain"}
    answer = await http.post(path, content=json.dumps({"confirm": "local"}), headers=headers)
    assert answer.status_code == 403 and "https://evil.example" in answer.text


async def test_a_page_of_elsewhere_opens_no_websocket_and_is_no_page_of_this_server(
    server: DevServer,
) -> None:
    """CORS holds for neither: any page could ask what the agent knows, by its own name or by one that leads here."""
    address = f"{server.url.replace('http', 'ws')}/threads/{uuid.uuid4()}/stream/events"
    for origin in ("https://evil.example", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            async with connect(address, origin=Origin(origin)):
                pass
    async with connect(address, origin=Origin(CHAT_UI)) as opened:
        await opened.send(json.dumps({"id": 1, "method": "agent.getTree", "params": {}}))
        assert json.loads(await opened.recv())["id"] == 1
    async with httpx.AsyncClient(base_url=server.url, headers={"host": "evil.example"}) as rebound:
        for path in ("/mnemograph/memories", "/threads", "/"):
            answer = await rebound.get(path)
            assert (answer.status_code, "evil.example" in answer.text) == (403, True), path


PRIVATE_HOOKS = (
    "http://example.org/x",
    "https://10.0.0.5/x",
    "https://192.168.1.1/x",
    "https://[fd00::2]/x",
    "/x",
)


async def test_s16_a_webhook_to_a_private_address_is_refused(http: httpx.AsyncClient, user: str) -> None:
    body = {"assistant_id": "agent", "input": asking("Hello"), "context": {"user_id": user}}
    for hook in PRIVATE_HOOKS:
        answer = await http.post("/runs/wait", json={**body, "webhook": hook})
        assert answer.status_code == 422, (hook, answer.text)
        assert "ebhook" in answer.json()["detail"]


async def test_health_the_front_page_and_the_documentation(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json() == {"status": "ok"}
    ready = await http.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "store": True, "checkpointer": True}
    assert "<title>Mnemograph</title>" in (await http.get("/")).text
    for path in ("/docs", "/openapi.json", "/ok", "/info"):
        assert (await http.get(path)).status_code == 200


async def test_what_the_server_keeps_in_clear_is_readable_by_no_other_account(
    client: LangGraphClient, server: DevServer, user: str
) -> None:
    await client.runs.wait(None, "agent", input=asking("I live in Porto."), context={"user_id": user})

    def modes() -> dict[str, int]:
        kept = server.folder / "data" / SERVERS_FILES
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [kept, *kept.rglob("*")]}

    found = await asyncio.to_thread(modes)
    assert len(found) > 1
    assert {name for name, mode in found.items() if mode & 0o077} == set()


LONG = "x" * 1_000_000
EMPTY = "Your message is empty: write something and send it again."
TOO_LONG = "Your message has 1,000,000 characters and the limit is 100,000"
REPLIES = [("", EMPTY), (" \n\t", EMPTY), ("\x00", EMPTY), (LONG, TOO_LONG)]


async def test_a_message_that_cannot_be_taken_gets_a_sentence(http: httpx.AsyncClient, user: str) -> None:
    thread_id = await _thread_with_a_turn(http, user)
    for text, sentence in REPLIES:
        values = (await _turn(http, thread_id, asking(text), {"user_id": user})).json()
        assert values["messages"][-1]["content"].startswith(sentence)
        assert len(json.dumps(values)) < 20_000
        assert "\x00" not in values["messages"][-2]["content"]
    await _is_intact(http, thread_id, user, messages=2 + 2 * len(REPLIES))


async def test_text_from_every_corner_of_unicode_is_kept(http: httpx.AsyncClient, user: str) -> None:
    thread_id = await _thread_with_a_turn(http, user)
    text = "I like caf\u00e9 \U0001f600 \u05e9\u05dc\u05d5\u05dd \u202eabc\x00."
    values = (await _turn(http, thread_id, asking(text), {"user_id": user})).json()
    assert values["messages"][-2]["content"] == text.replace("\x00", "\ufffd")
    await _is_intact(http, thread_id, user, messages=4)


NO_CONVERSATION = "The input is not a conversation"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"context": {"colour": "red"}}, "The context has no field 'colour': it has user_id, model"),
    ({"context": {"recall_limit": "many"}}, "The context's recall_limit is 'many': input should be"),
    ({"context": {"user_id": ""}}, "The context's user_id is '': string should have"),
    ({"input": {"messages": [{"role": "user"}]}}, NO_CONVERSATION),
    ({"input": {"messages": [{"role": "martian", "content": "x"}]}}, NO_CONVERSATION),
    ({"input": {"messages": 7}}, NO_CONVERSATION),
    ({"input": "hello"}, NO_CONVERSATION),
    ({"assistant_id": "nobody"}, "Invalid assistant: 'nobody'"),
]


async def test_a_wrong_request_is_refused_in_a_sentence(http: httpx.AsyncClient, user: str) -> None:
    thread_id = await _thread_with_a_turn(http, user)
    body = {"assistant_id": "agent", "input": asking("Hello"), "context": {"user_id": user}}
    for wrong, sentence in WRONG:
        answer = await http.post(f"/threads/{thread_id}/runs/wait", json={**body, **wrong})
        assert answer.status_code == 422, wrong
        assert answer.json()["detail"].startswith(sentence)
    await _is_intact(http, thread_id, user, messages=2)


async def test_half_a_character_is_refused_in_a_sentence(http: httpx.AsyncClient, user: str) -> None:
    thread_id = await _thread_with_a_turn(http, user)
    raw = json.dumps({"assistant_id": "agent", "input": asking("half \ud800 of it")})
    answer = await http.post(
        f"/threads/{thread_id}/runs/wait", content=raw, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["detail"]) == (422, "Invalid JSON in request body")
    await _is_intact(http, thread_id, user, messages=2)


async def test_an_unknown_model_is_answered_with_a_sentence(http: httpx.AsyncClient, user: str) -> None:
    thread_id = await _thread_with_a_turn(http, user)
    context = {"user_id": user, "model": "nonsense"}
    values = (await _turn(http, thread_id, asking("Hello"), context)).json()
    reply = values["messages"][-1]["content"]
    assert "'nonsense'" in reply
    assert "not a model" in reply
    assert "Traceback" not in reply
    await _is_intact(http, thread_id, user, messages=4)


async def test_a_thread_id_that_is_no_uuid_is_refused_in_a_sentence(http: httpx.AsyncClient) -> None:
    paths = (("POST", "runs/wait"), ("POST", "runs/stream"), ("GET", "state"), ("GET", "history"))
    for bad in ("not-a-uuid", "..", "%00", "1" * 10_000):
        for method, path in paths:
            answer = await http.request(method, f"/threads/{bad.replace('..', '%2e%2e')}/{path}")
            assert answer.status_code == 422, (bad[:20], path)
            assert "is not a UUID: POST /threads makes a thread" in answer.json()["detail"]
            assert len(answer.text) < 300
        answer = await http.post("/threads", json={"thread_id": bad})
        assert answer.status_code == 422
        assert answer.json()["detail"] == "Invalid thread ID: must be a UUID"


async def _turn(
    http: httpx.AsyncClient, thread_id: str, given: dict[str, Any], context: dict[str, Any]
) -> httpx.Response:
    body = {"assistant_id": "agent", "input": given, "context": context}
    answer = await http.post(f"/threads/{thread_id}/runs/wait", json=body)
    assert answer.status_code == 200, answer.text
    return answer


async def _thread_with_a_turn(http: httpx.AsyncClient, user: str) -> str:
    thread_id = str((await http.post("/threads", json={})).json()["thread_id"])
    await _turn(http, thread_id, asking("I like tea."), {"user_id": user})
    return thread_id


async def _is_intact(http: httpx.AsyncClient, thread_id: str, user: str, *, messages: int) -> None:
    """What was there is there, and the next turn works."""
    state = (await http.get(f"/threads/{thread_id}/state")).json()
    assert state["next"] == []
    assert len(state["values"]["messages"]) == messages
    assert state["values"]["messages"][0]["content"] == "I like tea."
    values = (await _turn(http, thread_id, asking("What do I like?"), {"user_id": user})).json()
    assert "tea" in values["messages"][-1]["content"]

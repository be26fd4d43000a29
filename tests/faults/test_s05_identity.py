"""S05: identity absent where authentication is on is refused, never "default"; and nobody sees another's."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from langgraph.runtime import ServerInfo

from agents.identity import current_user
from config.errors import UserError
from config.settings import Settings
from server import recovery
from server.access import own_namespace, owned, presented_key, user_of_key
from server.as_owner import AsOwner
from server.extraction import Queue
from tests.browser import seeds
from tests.services.dev_server import DevServer, running_dev_server

ANA, BOB = "ana@example.com", "ana@example.com.br"
KEYS = {ANA: "ana-key-0123456789abcdef", BOB: "bob-key-0123456789abcdef"}
API_KEYS = ",".join(f"{user}:{key}" for user, key in KEYS.items())


@dataclass
class Asked:
    """What a node's runtime says about the caller."""

    context: Any
    server_info: ServerInfo | None


def server(identity: str | None, *, signed_in: bool = True) -> ServerInfo:
    user = None if identity is None else SimpleNamespace(identity=identity, is_authenticated=signed_in)
    return ServerInfo(assistant_id="a", graph_id="agent", user=user)  # type: ignore[arg-type]


KEYED = Settings(auth="keys", api_keys=API_KEYS)  # type: ignore[arg-type]
OPEN = Settings(auth="none", user="local")


@pytest.mark.parametrize(
    "info",
    [server(None), server(""), server("", signed_in=False), server("default", signed_in=False), None],
)
def test_without_identity_nobody_is_assumed(info: ServerInfo | None) -> None:
    with pytest.raises(UserError, match="Nobody is signed in"):
        current_user(Asked({}, info), KEYED)


@pytest.mark.parametrize("info", [server(None), server(""), server(BOB, signed_in=False)])
def test_a_name_that_a_request_made_up_does_not_count(info: ServerInfo) -> None:
    with pytest.raises(UserError, match="Nobody is signed in"):
        current_user(Asked({"user_id": ANA}, info), KEYED)


def test_the_signed_in_user_wins_and_without_authentication_the_named_one_counts() -> None:
    assert current_user(Asked({"user_id": ANA}, server(BOB)), KEYED) == BOB
    assert current_user(Asked({"user_id": ANA}, server(BOB)), OPEN) == BOB
    assert current_user(Asked({"user_id": ANA}, server("", signed_in=False)), OPEN) == ANA
    assert current_user(Asked({}, server("", signed_in=False)), OPEN) == "local"


def test_keys_are_read_from_both_headers_and_compared_whole() -> None:
    by_key = {key: user for user, key in KEYS.items()}
    key = KEYS[ANA]
    for headers in (
        {b"authorization": f"Bearer {key}".encode()},
        {b"authorization": f"bearer  {key} ".encode()},
        {b"x-api-key": key.encode()},
    ):
        assert user_of_key(presented_key(headers), by_key) == ANA
    for wrong in ("", key[:-1], key + "x", key.upper(), ANA, f"{ANA}:{key}", "\u00e9"):
        assert user_of_key(wrong, by_key) is None
    assert presented_key({b"authorization": f"Basic {key}".encode()}) == ""


def test_metadata_is_marked_in_place_whatever_it_said() -> None:
    metadata = {"owner": BOB, "topic": "tea"}
    value: dict[str, Any] = {"metadata": metadata}
    assert owned(ANA, value) == {"owner": ANA}
    assert metadata == {"owner": ANA, "topic": "tea"}
    empty: dict[str, Any] = {"metadata": None}
    owned(ANA, empty)
    assert empty["metadata"] == {"owner": ANA}


@pytest.mark.parametrize("action", ["get", "put", "delete", "search", "list_namespaces"])
def test_a_namespace_outside_of_ones_own_is_not_given(action: str) -> None:
    own = ("users", "u1")
    assert own_namespace("u1", action, (*own, "semantic")) == (*own, "semantic")
    for foreign in (
        ("users", "u10"),
        ("users", "U1"),
        ("users", "u"),
        ("teams",),
        ("", "u1"),
        ("users", "u10", "u1"),
    ):
        assert own_namespace("u1", action, foreign) is None
    looking = action in ("search", "list_namespaces")
    for above in (None, (), ("users",)):
        assert own_namespace("u1", action, above) == (own if looking else None)


@pytest.fixture(scope="module")
def keyed() -> Iterator[DevServer]:
    with running_dev_server(MNEMOGRAPH_AUTH="keys", MNEMOGRAPH_API_KEYS=API_KEYS) as running:
        yield running


@pytest.fixture
async def http(keyed: DevServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=keyed.url, timeout=60) as opened:
        yield opened


def key_of(user: str) -> dict[str, str]:
    return {"x-api-key": KEYS[user]}


def turn(text: str, **context: Any) -> dict[str, Any]:
    return {
        "assistant_id": "agent",
        "input": {"messages": [{"role": "user", "content": text}]},
        "context": context,
    }


NOT_SIGNED_IN: list[dict[str, str]] = [
    {},
    {"authorization": "Bearer"},
    {"authorization": "Bearer wrong-key-0123456789"},
    {"x-api-key": KEYS[ANA][:-1]},
    # LangGraph Studio's own way in, which `langgraph dev` opens to everybody by default.
    {"x-auth-scheme": "langsmith"},
    {"x-auth-scheme": "langsmith", "x-api-key": "anything"},
]


async def test_without_a_key_every_route_refuses(http: httpx.AsyncClient) -> None:
    routes = await _routes(http)
    assert len(routes) > 40
    for method, path in routes:
        answer = await http.request(method, path, json={})
        assert answer.status_code == 401, (method, path, answer.text)
        assert "asks for a key" in answer.json()["detail"]
    for headers in NOT_SIGNED_IN:
        answer = await http.post("/runs/wait", json=turn("I live in Porto.", user_id=ANA), headers=headers)
        assert answer.status_code == 401
        assert "Bearer" in answer.json()["detail"] or "key is not valid" in answer.json()["detail"]
    nothing = {"namespace_prefix": ["users"]}
    kept = await http.post("/store/items/search", json=nothing, headers=key_of(ANA))
    assert kept.json()["items"] == []


async def _routes(http: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Every operation of the served OpenAPI but the open ones."""
    paths: dict[str, dict[str, Any]] = (await http.get("/openapi.json", headers=key_of(ANA))).json()["paths"]
    known = {"thread_id", "run_id", "assistant_id", "cron_id"}
    found = []
    for path, operations in paths.items():
        filled = path
        for name in known:
            filled = filled.replace(f"{{{name}}}", str(uuid.uuid4()))
        if path not in ("/ok", "/"):
            found += [(method.upper(), filled) for method in operations]
    return found


@pytest.mark.parametrize("headers", [{}, key_of(BOB)], ids=["nobody", "another"])
async def test_what_langgraphs_development_server_opens_to_everybody_is_closed(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    """These routes stand in no OpenAPI: anybody's thread was read, all rows deleted, and a deployment begun."""
    thread_id = (await http.post("/threads", json={}, headers=key_of(ANA))).json()["thread_id"]
    for method, path in (
        ("GET", f"/internal/debug/thread/{thread_id}"),
        ("POST", "/internal/truncate"),
        ("GET", "/deploy"),
        ("POST", "/deploy"),
    ):
        answer = await http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"}), (method, path)
    assert (await http.get(f"/threads/{thread_id}", headers=key_of(ANA))).status_code == 200


async def test_a_body_that_is_too_long_is_refused_wherever_it_is_read(http: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 1_000_000

    thread_id = (await http.post("/threads", json={}, headers=key_of(ANA))).json()["thread_id"]
    for path in (
        "/threads",
        "/runs/wait",
        "/store/items/search",
        f"/threads/{thread_id}/state",
        f"/mnemograph/threads/{thread_id}/state",
    ):
        answer = await http.post(path, content=pieces(), headers=key_of(ANA))
        assert answer.status_code == 413, (path, answer.text)
        assert answer.json()["detail"].startswith("The body of this request is too long"), path
        stranger = await http.post(path, content=pieces(), headers=key_of(BOB) if thread_id in path else {})
        assert stranger.status_code in (401, 404, 413), (path, stranger.text)


async def test_no_browser_keeps_what_is_somebodys(http: httpx.AsyncClient) -> None:
    for path in ("/mnemograph/memories", "/mnemograph/memories/export", "/mnemograph/status/parts"):
        for headers in ({}, key_of(ANA)):
            told = (await http.get(path, headers=headers)).headers
            assert (told["cache-control"], told["x-content-type-options"]) == ("no-store", "nosniff"), path


async def test_what_the_server_is_made_of_a_stranger_is_not_told(http: httpx.AsyncClient) -> None:
    for path in ("/metrics", "/info", "/docs", "/openapi.json"):
        assert (await http.get(path)).status_code == 401, path
        assert (await http.get(path, headers=key_of(BOB))).status_code == 200, path


async def test_what_is_open_says_nothing_about_anybody(http: httpx.AsyncClient) -> None:
    for path in ("/", "/health", "/health/ready"):
        answer = await http.get(path)
        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in (*KEYS, *KEYS.values(), "postgresql"))
    assert (await http.post("/health", json={})).status_code in (401, 404, 405)


async def test_the_identity_of_the_key_wins_over_what_the_request_says(http: httpx.AsyncClient) -> None:
    answer = await http.post("/runs/wait", json=turn("I live in Porto.", user_id=BOB), headers=key_of(ANA))
    assert "The user lives in Porto." in [item["text"] for item in answer.json()["learned"]]
    asked = await http.post("/runs/wait", json=turn("Where do I live?"), headers=key_of(BOB))
    assert asked.json()["recalled"] == []
    again = await http.post("/runs/wait", json=turn("Where do I live?"), headers=key_of(ANA))
    assert "Porto" in again.json()["messages"][-1]["content"]
    forged = {
        **turn("Where do I live?"),
        "config": {"configurable": {"user_id": ANA, "langgraph_auth_user_id": ANA, "owner": ANA}},
    }
    del forged["context"]
    answer = await http.post("/runs/wait", json=forged, headers=key_of(BOB))
    assert answer.status_code >= 400 or "Porto" not in answer.text


FORGED = ("owner", "user_id", "langgraph_auth_user_id", "langgraph_auth_user")


@pytest.mark.parametrize("name", FORGED)
async def test_a_run_that_says_whose_it_is_is_refused(http: httpx.AsyncClient, name: str) -> None:
    thread_id = (await http.post("/threads", json={}, headers=key_of(ANA))).json()["thread_id"]
    said = turn("I like tea.")
    for where, body in (
        ("metadata", {**said, "metadata": {name: BOB}}),
        ("config.metadata", {**said, "config": {"metadata": {name: BOB}}}),
        ("configurable", {**said, "context": {}, "config": {"configurable": {name: BOB}}}),
    ):
        answer = await http.post(f"/threads/{thread_id}/runs/wait", json=body, headers=key_of(ANA))
        if where == "configurable" and name.startswith("langgraph_auth_"):
            continue  # there the server takes it out itself
        assert answer.status_code == 422, (where, answer.text)
        said_why = f"The request's {where} may not set {name!r}: whose it is, your key says."
        assert answer.json()["detail"] == said_why
    for path, body in (
        (f"/threads/{thread_id}", {"metadata": {name: BOB}}),
        ("/assistants", {"graph_id": "agent", "config": {"metadata": {name: BOB}}}),
    ):
        method = "PATCH" if path != "/assistants" else "POST"
        answer = await http.request(method, path, json=body, headers=key_of(ANA))
        if path != "/assistants" and name == "owner":
            assert answer.json()["metadata"]["owner"] == ANA
        else:
            assert answer.status_code == 422, (path, answer.text)
    own = {**said, "metadata": {name: ANA}}
    answer = await http.post(f"/threads/{thread_id}/runs/wait", json=own, headers=key_of(ANA))
    assert answer.status_code == (422 if name.startswith("langgraph_auth_") else 200)


async def test_what_a_crash_left_goes_to_its_owner_whatever_the_thread_says(
    keyed: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R22 with keys: a thread's state can be written with metadata of the caller's choice."""
    forged = dict.fromkeys(("owner", "user_id", "langgraph_auth_user_id"), BOB)
    said = [{"role": "user", "content": "I live in Braga."}, {"role": "assistant", "content": "Noted."}]
    threads = []
    async with httpx.AsyncClient(base_url=keyed.url, timeout=60) as http:
        for nodes in (("respond",), ("respond", "__input__")):
            thread_id = (await http.post("/threads", json={}, headers=key_of(ANA))).json()["thread_id"]
            threads.append(thread_id)
            first = turn("I like tea.", user_id=BOB)
            await http.post(f"/threads/{thread_id}/runs/wait", json=first, headers=key_of(ANA))
            for node in nodes:
                values = {"messages": said if node == "respond" else []}
                update = {"values": values, "as_node": node, "checkpoint": forged}
                answer = await http.post(f"/threads/{thread_id}/state", json=update, headers=key_of(ANA))
                assert answer.status_code == 200, answer.text
    # The rows that say whose a thread is are gone: what is in Postgres alone decides.
    keyed.stop()
    rows = list(keyed.folder.rglob(".langgraph_api"))
    assert rows
    for folder in rows:
        shutil.rmtree(folder)
    keyed.start()
    monkeypatch.setattr(recovery, "QUIET_FOR", timedelta(minutes=-1))
    configured = Settings(
        auth="keys",
        api_keys=API_KEYS,  # type: ignore[arg-type]
        data_dir=keyed.folder / "data",
    )
    found, _ = await recovery.find_threads(configured, datetime.now(UTC) + timedelta(minutes=1), None)
    owners = {each.thread_id: (each.user, each.rest is not None) for each in found}
    assert {owners[thread_id] for thread_id in threads} == {(ANA, True)}
    async with httpx.AsyncClient(base_url=keyed.url, timeout=60) as http:
        owner = AsOwner(FastAPI(), configured)
        owner._client = http
        passing = recovery.Recovery(owner, Queue(owner, configured), configured)
        assert await passing.once(None)
        for thread_id in threads:
            await _until_idle(http, thread_id)
        for user, expected in ((ANA, True), (BOB, False)):
            everything = {"namespace_prefix": [], "limit": 100}
            kept = await http.post("/store/items/search", json=everything, headers=key_of(user))
            assert ("Braga" in kept.text) is expected, user
        left, _ = await recovery.find_threads(configured, datetime.now(UTC) + timedelta(minutes=1), None)
        assert not [each for each in left if each.thread_id in threads and each.rest]


async def _until_idle(http: httpx.AsyncClient, thread_id: str) -> None:
    async with asyncio.timeout(60):
        while True:
            runs = (await http.get(f"/threads/{thread_id}/runs", headers=key_of(ANA))).json()
            if runs and all(run["status"] == "success" for run in runs):
                return
            await asyncio.sleep(0.1)


async def test_a_thread_belongs_to_who_made_it(http: httpx.AsyncClient) -> None:
    made = await http.post("/threads", json={"metadata": {"owner": BOB}}, headers=key_of(ANA))
    thread_id = made.json()["thread_id"]
    assert made.json()["metadata"]["owner"] == ANA
    await http.post(f"/threads/{thread_id}/runs/wait", json=turn("I like tea."), headers=key_of(ANA))
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"metadata": {"owner": BOB}}),
        ("GET", "/state", None),
        ("POST", "/state", {"values": {"messages": []}}),
        ("GET", "/history", None),
        ("POST", "/copy", {}),
        ("GET", "/runs", None),
        ("POST", "/runs/wait", turn("What do I like?")),
        ("POST", "/runs/stream", turn("What do I like?")),
        ("DELETE", "", None),
    ):
        answer = await http.request(method, f"/threads/{thread_id}{path}", json=body, headers=key_of(BOB))
        assert answer.status_code in (403, 404, 409) or answer.json() == [], (method, path, answer.text)
        assert "tea" not in answer.text
    assert (await http.post("/threads/search", json={}, headers=key_of(BOB))).json() == []
    mine = await http.post("/threads/search", json={}, headers=key_of(ANA))
    assert thread_id in [thread["thread_id"] for thread in mine.json()]
    state = await http.get(f"/threads/{thread_id}/state", headers=key_of(ANA))
    assert len(state.json()["values"]["messages"]) == 2


async def test_a_thread_that_only_the_checkpointer_knows_is_not_his_who_names_it_first(
    http: httpx.AsyncClient,
) -> None:
    """An import leaves no row on the server: whoever knew its id could name the thread, and read it."""
    thread_id = str(uuid.uuid4())
    told = seeds.document([seeds.conversation(("My horse is called Juno.", "Noted."), thread_id)])
    brought = await http.post("/mnemograph/memories/import", content=told, headers=key_of(ANA))
    assert brought.json()["conversations"] == 1
    body = {**turn("What did I say first?"), "if_not_exists": "create"}
    for path, given, status in (
        ("/threads", {"thread_id": thread_id}, 409),
        ("/threads", {"thread_id": thread_id, "if_exists": "do_nothing"}, 409),
        (f"/threads/{thread_id}/runs/wait", body, 404),
        (f"/threads/{thread_id}/runs/stream", body, 404),
        (f"/threads/{thread_id}/state", {"values": {"messages": []}}, 404),
    ):
        answer = await http.post(path, json=given, headers=key_of(BOB))
        assert answer.status_code == status and "Juno" not in answer.text, (path, answer.text)
    command = {"id": 1, "method": "run.start", "params": {"assistant_id": "agent", "input": body["input"]}}
    answer = await http.post(f"/threads/{thread_id}/commands", json=command, headers=key_of(BOB))
    assert answer.json()["type"] == "error" and "not found" in answer.json()["message"]
    mine = {"thread_id": thread_id, "if_exists": "do_nothing", "metadata": {"graph_id": "agent"}}
    assert (await http.post("/threads", json=mine, headers=key_of(ANA))).status_code == 200
    assert "Juno" in (await http.get(f"/threads/{thread_id}/state", headers=key_of(ANA))).text


async def test_assistants_of_the_system_are_everybodys_and_others_are_not(http: httpx.AsyncClient) -> None:
    claimed = {"graph_id": "agent", "metadata": {"created_by": "system", "owner": BOB}, "name": "ana's"}
    own = (await http.post("/assistants", json=claimed, headers=key_of(ANA))).json()["assistant_id"]
    seen = (await http.post("/assistants/search", json={}, headers=key_of(BOB))).json()
    assert {(a["graph_id"], a["metadata"].get("created_by")) for a in seen} == {
        ("agent", "system"),
        ("extraction", "system"),
        ("maintenance", "system"),
        ("team", "system"),
    }
    assert (await http.get(f"/assistants/{own}", headers=key_of(BOB))).status_code == 404
    assert (await http.get(f"/assistants/{own}", headers=key_of(ANA))).status_code == 200
    system = seen[0]["assistant_id"]
    answer = await http.patch(f"/assistants/{system}", json={"name": "mine"}, headers=key_of(BOB))
    assert answer.status_code in (403, 404)


async def test_the_store_shows_ones_own_alone(http: httpx.AsyncClient) -> None:
    await http.post("/runs/wait", json=turn("I like chess."), headers=key_of(ANA))
    for prefix in ([], ["users"]):
        found = await http.post("/store/items/search", json={"namespace_prefix": prefix}, headers=key_of(ANA))
        owners = {tuple(item["namespace"][:2]) for item in found.json()["items"]}
        assert owners == {("users", "ana=40example=2Ecom")}
        listed = await http.post("/store/namespaces", json={"prefix": prefix}, headers=key_of(BOB))
        assert {tuple(name[:2]) for name in listed.json()["namespaces"]} <= {
            tuple(own_namespace(BOB, "search", ()))
        }
    ana = ["users", "ana=40example=2Ecom", "semantic"]
    for method, path, body in (
        ("POST", "/store/items/search", {"namespace_prefix": ana}),
        ("POST", "/store/namespaces", {"prefix": ana}),
        ("PUT", "/store/items", {"namespace": ana, "key": "k", "value": {"text": "x"}}),
        ("DELETE", "/store/items", {"namespace": ana, "key": "k"}),
        ("GET", f"/store/items?namespace={'.'.join(ana)}&key=k", None),
        ("PUT", "/store/items", {"namespace": ["users"], "key": "k", "value": {"text": "x"}}),
    ):
        answer = await http.request(method, path, json=body, headers=key_of(BOB))
        assert answer.status_code == 403, (method, path, answer.text)
        assert "not yours" in answer.json()["detail"]

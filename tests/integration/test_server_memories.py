"""A user's memories through the running server: by their routes, closed to others, exported, erased, brought back."""

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from langgraph_sdk.client import LangGraphClient

from server.memories import router
from server.unforeseen import TOO_LARGE
from tests.services.dev_server import DevServer, running_dev_server
from tests.services.keyed_server import SIGNED_IN, callers_of, clients_of

BASE = "/mnemograph/memories"


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


async def texts(http: httpx.AsyncClient, **params: Any) -> list[str]:
    found = (await http.get(BASE, params={"kind": "semantic", "status": "active", **params})).json()
    return sorted(each["text"] for each in found["memories"])


async def first(http: httpx.AsyncClient, words: str) -> dict[str, Any]:
    found = (await http.get(BASE, params={"kind": "semantic"})).json()["memories"]
    return next(each for each in found if words in each["text"])


async def decided(caller: httpx.AsyncClient, turn: str) -> list[dict[str, Any]]:
    """What was decided in this one turn."""
    found: list[dict[str, Any]] = (await caller.get(f"{BASE}/decisions", params={"turn": turn})).json()[
        "turns"
    ]
    return found


async def test_a_memory_is_looked_at_corrected_and_forgotten(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    ana = http["ana"]
    thread_id = (await clients["ana"].threads.create())["thread_id"]
    await say(clients["ana"], thread_id, "My name is Ana and I live in Porto.")
    await say(clients["ana"], thread_id, "I have a dog named Rex.")
    porto, rex = await first(ana, "Porto"), await first(ana, "Rex")
    edited = await ana.post(f"{BASE}/{porto['id'][:8]}/edit", json={"text": "The user lives in Braga."})
    assert edited.json()["memory"]["provenance"]["quote"] == "The user lives in Braga."
    shown = (await ana.get(f"{BASE}/{porto['id']}")).json()
    assert shown["conversation"] is True
    assert shown["memory"]["status"] == "superseded"
    assert [each["text"] for each in shown["history"]] == [porto["text"], "The user lives in Braga."]
    by_hand = (await ana.get(f"{BASE}/{edited.json()['memory']['id']}")).json()
    assert by_hand["conversation"] is False
    retracted = await ana.post(f"{BASE}/{rex['id']}/retract", json={"reason": "It was a joke."})
    assert (retracted.json()["memory"]["status"], retracted.json()["memory"]["reason"]) == (
        "retracted",
        "It was a joke.",
    )
    assert (await ana.post(f"{BASE}/{rex['id']}/approve")).status_code == 422
    pinned = (await ana.post(f"{BASE}/{edited.json()['memory']['id']}/pin")).json()
    assert pinned["memory"]["pinned"] is True
    assert await texts(ana) == ["The user lives in Braga.", "The user's name is Ana."]
    found = (await ana.get(BASE, params={"q": "Where does she live?"})).json()["memories"]
    assert "The user lives in Braga." in [each["text"] for each in found]
    past = {"hidden": True, "kind": "semantic"}
    assert (await ana.get(BASE, params={**past, "status": "active"})).json()["hidden"] == {
        "retracted": 1,
        "superseded": 1,
    }
    for status, hidden in ({"status": ["active", "retracted"]}, {"superseded": 1}), ({}, {}):
        assert (await ana.get(BASE, params={**past, **status})).json()["hidden"] == hidden
    page = (await ana.get(BASE, params={"limit": 2})).json()
    assert "hidden" not in page
    rest = (await ana.get(BASE, params={"limit": 500, "after": page["next"]})).json()
    everything = (await ana.get(BASE, params={"limit": 500})).json()["memories"]
    assert page["memories"] + rest["memories"] == everything
    turns = (await ana.get(f"{BASE}/decisions")).json()["turns"]
    assert porto["id"] in [each["memory"] for turn in turns for each in turn["decisions"]]
    assert (await http["bob"].get(f"{BASE}/decisions")).json() == {"turns": []}
    assert [await decided(ana, each["turn"]) for each in turns] == [[each] for each in turns]
    assert await decided(ana, "no:such turn") == []
    assert await decided(http["bob"], turns[0]["turn"]) == []
    name = await first(ana, "name is")
    assert (await ana.post(f"{BASE}/{name['id']}/forget")).json() == {"id": name["id"], "forgotten": 1}
    assert await texts(ana) == ["The user lives in Braga."]
    asked = {"id": [name["id"], porto["id"], "nothing"]}
    assert [each["id"] for each in (await ana.get(BASE, params=asked)).json()["memories"]] == [porto["id"]]
    assert (await http["bob"].get(BASE, params=asked)).json()["memories"] == []


def routes() -> list[tuple[str, str]]:
    return sorted((method, route.path) for route in router.routes for method in route.methods)  # type: ignore[attr-defined]


async def test_s03_s10_every_route_refuses_who_has_no_key_a_wrong_one_or_anothers(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient]
) -> None:
    thread_id = (await clients["ana"].threads.create())["thread_id"]
    await say(clients["ana"], thread_id, "I play the cello.")
    cello = await first(http["ana"], "cello")
    before = (await http["ana"].get(BASE, params={"limit": 500})).json()
    assert len(routes()) == 14
    for method, route in routes():
        path = route.replace("{memory_id}", cello["id"])
        body = {"json": {"text": "Mine.", "confirm": "ana"}} if method == "POST" else {}
        for who in ("nobody", "wrong"):
            assert (await http[who].request(method, path, **body)).status_code == 401, (who, path)
        named = await http["bob"].request(method, path, params={"user_id": "ana"}, **body)
        assert named.status_code == 403, path
        if "{memory_id}" in route:
            answer = await http["bob"].request(method, path, json={} if method == "POST" else None)
            assert answer.status_code == 404, path
            assert "cello" not in answer.text
    mine = (await http["bob"].get(BASE)).json()
    assert mine["memories"] == []
    refused = await http["bob"].post(f"{BASE}/erase", json={"confirm": "ana"})
    assert refused.status_code == 422
    assert (await http["ana"].get(BASE, params={"limit": 500})).json() == before


async def test_what_cannot_be_meant_is_told_in_one_sentence(http: dict[str, httpx.AsyncClient]) -> None:
    ana = http["ana"]
    answers = [
        await ana.get(BASE, params={"limit": 0}),
        await ana.get(BASE, params={"kind": "dream"}),
        await ana.get(BASE, params={"id": ["x"] * 101}),
        await ana.get(BASE, params={"since": "yesterday"}),
        await ana.get(BASE, params={"since": "9999-12-31T23:59:59-14:00"}),
        await ana.get(BASE, params={"until": "0001-01-01T00:00:00+14:00"}),
        await ana.get(BASE, params={"sort": "up"}),
        await ana.post(f"{BASE}/abcdefgh/edit", json={"txt": "x"}),
        await ana.post(f"{BASE}/abcdefgh/edit", content=b"[1]"),
        await ana.post(f"{BASE}/abcdefgh/edit", content=b"{" * 5_000),
        await ana.post(f"{BASE}/abcdefgh/edit", content=b"\xff"),
        await ana.get(f"{BASE}/ab"),
        await ana.post(f"{BASE}/import", content=b'{"messages": []}'),
        await ana.post(f"{BASE}/erase"),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        detail = answer.json()["detail"]
        assert isinstance(detail, str) and detail.endswith(".") and "\n" not in detail
    assert (await ana.post(f"{BASE}/abcdefgh/edit", content=b"x" * 200_000)).status_code == 413
    assert (await ana.get(f"{BASE}/ffffffff")).status_code == 404


async def test_a_user_is_exported_erased_and_brought_back(
    clients: dict[str, LangGraphClient], http: dict[str, httpx.AsyncClient], module_database: str
) -> None:
    ana, bob = http["ana"], http["bob"]
    threads = [(await clients["ana"].threads.create())["thread_id"] for _ in range(2)]
    await say(clients["ana"], threads[0], "I collect stamps.")
    waiting = await clients["ana"].runs.create(
        threads[1], "agent", input={"messages": [{"role": "user", "content": "I whistle."}]}, after_seconds=60
    )
    bobs = (await clients["bob"].threads.create())["thread_id"]
    await say(clients["bob"], bobs, "I like chess.")
    known = (await ana.get(BASE, params={"limit": 500})).json()["memories"]
    told = (await ana.get(f"{BASE}/counts")).json()
    assert told["counts"]["server threads"] >= 2
    assert told["counts"]["memory_items"] >= len(known)
    file = (await ana.get(f"{BASE}/export")).content
    erased = await ana.post(f"{BASE}/erase", json={"confirm": told["confirm"]})
    assert erased.status_code == 200, erased.text
    assert erased.json()["erased"]["memory_items"] == told["counts"]["memory_items"]
    assert set(erased.json()["left"].values()) == {0}
    assert (await ana.get(BASE)).json()["memories"] == []
    assert await listed(ana) == []
    for thread_id in threads:
        assert (await ana.get(f"/threads/{thread_id}")).status_code == 404
    assert (await ana.get(f"/threads/{threads[1]}/runs/{waiting['run_id']}")).status_code == 404
    assert rows_of(module_database, "users.ana", threads) == 0
    assert await texts(bob) == ["The user likes chess."]
    assert len((await clients["bob"].threads.get_state(bobs))["values"]["messages"]) == 2
    done = (await ana.post(f"{BASE}/import", content=file)).json()
    assert done["items"] >= len(known)
    assert done["conversations"] >= 1
    assert by_id((await ana.get(BASE, params={"limit": 500})).json()["memories"]) == by_id(known)
    # It was listed only after somebody had opened it from a memory.
    assert threads[0] in await listed(ana)
    assert threads[0] not in await listed(bob)
    stamps = (await ana.get(f"{BASE}/{(await first(ana, 'stamps'))['id']}")).json()
    assert stamps["conversation"] is True
    assert len((await clients["ana"].threads.get_state(threads[0]))["values"]["messages"]) == 2
    again = (await ana.post(f"{BASE}/import", content=file)).json()
    assert (again["items"], again["conversations"]) == (0, 0)
    damaged = await ana.post(f"{BASE}/import", content=file.replace(b"stamps", b"swords"))
    assert (damaged.status_code, "damaged" in damaged.json()["detail"]) == (422, True)


async def listed(http: httpx.AsyncClient) -> list[str]:
    return [row["thread_id"] for row in (await http.get("/mnemograph/threads")).json()["threads"]]


def by_id(memories: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["id"]: each for each in memories}


def rows_of(address: str, owner: str, threads: list[str]) -> int:
    """Of the owner's, in every table of the database, by looking past the server."""
    count = 0
    with psycopg.connect(address) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        for table in ("memory_items", "memory_lookup", "memory_vectors", "memory_speakers"):
            found = connection.execute(f"SELECT count(*) FROM {table} WHERE owner = %s", (owner,)).fetchone()
            count += found[0] if found else 0
        for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
            found = connection.execute(
                f"SELECT count(*) FROM {table} WHERE thread_id = ANY(%s)", (threads,)
            ).fetchone()
            count += found[0] if found else 0
    return count


async def test_odd_bodies_of_langgraphs_own_routes_were_bare_500s(http: dict[str, httpx.AsyncClient]) -> None:
    ana = http["ana"]
    for body in ({}, {"namespace_prefix": None}):
        answer = await ana.post("/store/items/search", json=body)
        assert answer.status_code == 422, answer.text
        assert "namespace_prefix" in answer.json()["detail"]
    many = {"namespace_prefix": ["users", "ana"], "filter": {f"k{n}": 0 for n in range(500)}}
    answer = await ana.post("/store/items/search", json=many)
    assert (answer.status_code, "50 conditions" in answer.json()["detail"]) == (400, True)
    thread = (await ana.post("/threads", json={})).json()["thread_id"]
    run = {"assistant_id": "agent", "input": {"messages": []}, "after_seconds": 1e300}
    answer = await ana.post(f"/threads/{thread}/runs", json=run)
    assert (answer.status_code, answer.json()) == (422, {"detail": TOO_LARGE})

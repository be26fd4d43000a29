"""A store without row policies, shared: what its grants do not open is left out of what it gives."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.base import BaseStore, GetOp, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from memory.lifecycle.sharing.grants import Action, Grant, give, grants_namespace, revoke
from memory.lifecycle.sharing.rooms import OwnRoom
from memory.lifecycle.sharing.sharing import SharedStore, is_open
from memory.long_term.rows.readers import NotGranted, Reader, grantee
from memory.namespaces import memory_namespace, owner_namespace, room_namespace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA = owner_namespace("ana")
SEMANTIC, EPISODIC = memory_namespace("ana", "semantic"), memory_namespace("ana", "episodic")
ROOM = (*room_namespace("ana", "researcher"), "semantic")
PLANNER = grantee("agent", "planner")
AGENT = Reader("ana", "planner", ("team",))


async def kept() -> InMemoryStore:
    store = InMemoryStore()
    for namespace in (SEMANTIC, EPISODIC, ROOM, memory_namespace("bob", "semantic")):
        for number in range(3):
            await store.aput(namespace, f"k{number}", {"text": "tea", "n": number})
    return store


async def shown(store: BaseStore, prefix: tuple[str, ...] = ANA) -> set[tuple[str, ...]]:
    return {item.namespace for item in await store.asearch(prefix, limit=100)}


async def test_what_is_not_granted_is_not_there() -> None:
    store = await kept()
    agent = SharedStore(store, AGENT, lambda: NOW)
    assert await shown(agent) == set()
    assert await agent.aget(SEMANTIC, "k0") is None
    assert await agent.alist_namespaces() == []
    await give(store, "ana", Grant(PLANNER, ("semantic",)), NOW)
    assert await shown(agent) == {SEMANTIC}
    assert await agent.aget(SEMANTIC, "k0") is not None
    assert await agent.aget(EPISODIC, "k0") is None
    assert await agent.alist_namespaces() == [SEMANTIC]
    await revoke(store, "ana", PLANNER)
    assert await shown(agent) == set()


async def test_pages_are_counted_among_what_is_granted() -> None:
    store = await kept()
    await give(store, "ana", Grant(PLANNER, ("semantic",), keeper="researcher"), NOW)
    agent = SharedStore(store, AGENT, lambda: NOW)
    pages = [await agent.asearch(ANA, limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert {item.key for page in pages for item in page} == {"k0", "k1", "k2"}
    assert await agent.alist_namespaces(max_depth=3) == [(*ANA, "agents")]


async def test_a_grant_ends_by_the_clock() -> None:
    store = await kept()
    now = [NOW]
    await give(store, "ana", Grant(PLANNER, ("semantic",), until=NOW + timedelta(hours=1)), NOW)
    agent = SharedStore(store, AGENT, lambda: now[0])
    assert await shown(agent) == {SEMANTIC}
    now[0] += timedelta(hours=1)
    assert await shown(agent) == set()


async def test_only_who_may_write_writes_and_deletes() -> None:
    store = await kept()
    agent = SharedStore(store, AGENT, lambda: NOW)
    await give(store, "ana", Grant(PLANNER, ("semantic",)), NOW)
    for write in (agent.aput(SEMANTIC, "new", {"text": "x"}), agent.adelete(SEMANTIC, "k0")):
        with pytest.raises(NotGranted, match="agent:planner"):
            await write
    with pytest.raises(NotGranted):
        await agent.abatch([PutOp(grants_namespace(ANA), "x", {})])
    assert await store.aget(SEMANTIC, "k0")
    await give(store, "ana", Grant(PLANNER, ("semantic",), Action.WRITE), NOW)
    await agent.aput(SEMANTIC, "new", {"text": "x"})
    assert await store.aget(SEMANTIC, "new")


async def test_a_batch_is_answered_in_its_order() -> None:
    store = await kept()
    await give(store, "ana", Grant(PLANNER, ("semantic",)), NOW)
    agent = SharedStore(store, AGENT, lambda: NOW)
    results: list[Any] = await agent.abatch(
        [GetOp(EPISODIC, "k1"), SearchOp(EPISODIC), GetOp(SEMANTIC, "k1"), SearchOp(SEMANTIC, limit=1)]
    )
    assert results[:2] == [None, []]
    assert (results[2].key, len(results[3])) == ("k1", 1)


async def test_an_agent_of_another_user_is_not_let_in_by_a_grant_to_agents() -> None:
    store = await kept()
    await give(store, "ana", Grant(PLANNER, ("semantic",)), NOW)
    await give(store, "ana", Grant(grantee("team", "team"), ("episodic",)), NOW)
    bobs = SharedStore(store, Reader("bob", "planner", ("team",)), lambda: NOW)
    assert await shown(bobs) == set()
    await give(store, "ana", Grant(grantee("user", "bob"), ("semantic",)), NOW)
    assert await shown(bobs) == {SEMANTIC}
    assert await shown(bobs, ("users",)) == {SEMANTIC}


async def test_a_user_needs_no_grant_for_what_is_theirs() -> None:
    store = await kept()
    assert await shown(SharedStore(store, Reader("ana"), lambda: NOW)) == {SEMANTIC, EPISODIC, ROOM}


async def test_a_room_is_like_all_that_a_user_has() -> None:
    store = await kept()
    room = OwnRoom(store, Reader("ana", "researcher"))
    assert await shown(room) == {SEMANTIC}
    assert len(await room.asearch(SEMANTIC)) == 3
    await room.aput(EPISODIC, "new", {"text": "wine"})
    found = await store.aget((*room_namespace("ana", "researcher"), "episodic"), "new")
    assert found is not None
    assert (await room.aget(EPISODIC, "new")) is not None
    assert await store.aget(EPISODIC, "new") is None
    with pytest.raises(ValueError, match="not of the user"):
        await room.aget(memory_namespace("bob", "semantic"), "k0")


LABELS = st.sampled_from(
    ["semantic", "episodic", "grants", "subscriptions", "decisions", "agents", "planner", "other"]
)


@given(
    st.sampled_from(["ana", "bob"]),
    st.lists(LABELS, max_size=3),
    st.sampled_from(Action),
    st.lists(st.sampled_from(["agent:other", "team:others", "user:bob", "agent:researcher"]), max_size=3),
)
def test_grants_to_others_open_nothing(
    user: str, below: list[str], action: Action, grantees: list[str]
) -> None:
    grants = [Grant(each, ("*",), Action.WRITE) for each in grantees]
    namespace = (*owner_namespace(user), *below)
    own = user == "ana" and below[:2] == ["agents", "planner"]
    opened = is_open(grants, AGENT, namespace, action, NOW)
    assert opened is (own and below[2:] not in (["grants"], ["subscriptions"]))

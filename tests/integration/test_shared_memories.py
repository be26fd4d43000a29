"""Memories that others may read: held by the database, whatever asks and through whatever is around the store."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.store.base import BaseStore, PutOp
from psycopg import sql

from memory.lifecycle.sharing.grants import Action, Grant, give, grants_namespace, revoke
from memory.lifecycle.sharing.sharing import SharedStore, is_open
from memory.lifecycle.sharing.subscriptions import acknowledge, news, subscribe
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.rows.isolation import TENANT
from memory.long_term.rows.readers import NotGranted, Reader, grantee
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.layers import ProcessLayer
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.our_items import OurItems
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.long_term.wrappers.versions import LocalVersions
from memory.namespaces import owner_namespace
from memory.postgres.pool import open_pool
from memory.schema import Kind, Memory, Provenance, Source, Validity
from tests.contract.store.embedding import DIMS, HashedWords
from tests.services.long_term import TABLES, episode, opened, rows
from tests.services.postgres import new_database

NOW = datetime.now(UTC)
OWNERS = ("ana", "bob")
BELOW = (
    ("semantic",),
    ("episodic",),
    ("agents", "researcher", "semantic"),
    ("agents", "planner", "semantic"),
    ("decisions",),
    ("subscriptions",),
)
PLACES = [(*owner_namespace(user), *below) for user in OWNERS for below in BELOW]
READERS = [
    Reader("ana"),
    Reader("ana", "planner"),
    Reader("ana", "planner", ("team",)),
    Reader("bob", "researcher", ("team", "other")),
    Reader("ana", "researcher", alone=True),
    Reader("eve", "planner", ("team",)),
    Reader("eve"),
]
PLANNER = grantee("agent", "planner")

GRANTS = st.lists(
    st.tuples(
        st.sampled_from(OWNERS),
        st.builds(
            Grant,
            st.sampled_from([PLANNER, "agent:researcher", "team:team", "user:ana", "user:bob", "user:eve"]),
            st.sampled_from([("semantic",), ("episodic", "semantic"), ("*",), ("grants",), ("procedural",)]),
            st.sampled_from(Action),
            st.sampled_from([None, NOW - timedelta(seconds=1), NOW + timedelta(days=1)]),
            st.sampled_from(["", "researcher", "planner"]),
        ),
    ),
    max_size=5,
)


@dataclass
class Place:
    address: str
    store: PostgresStore
    loop: asyncio.Runner


@pytest.fixture(scope="module", params=["postgres_address", "superuser_address"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Two users' memories, in a database that is kept between the examples."""
    with new_database(request.getfixturevalue(request.param)) as address, asyncio.Runner() as loop:
        opening = opened(address)
        store = loop.run(opening.__aenter__())
        loop.run(fill(store))
        yield Place(address, store, loop)
        loop.run(opening.__aexit__(None, None, None))


async def fill(store: BaseStore) -> None:
    for number, namespace in enumerate(PLACES):
        await store.aput(namespace, "k", episode("green tea with honey", speaker=f"Speaker{number}"))


@given(GRANTS, st.sampled_from(READERS))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_never_a_row_that_is_not_granted(
    place: Place, grants: list[tuple[str, Grant]], reader: Reader
) -> None:
    place.loop.run(hold(place, grants, reader))


async def hold(place: Place, grants: list[tuple[str, Grant]], reader: Reader) -> None:
    store = place.store
    for user in OWNERS:
        kept = await store.asearch(grants_namespace(owner_namespace(user)), limit=100)
        given_ = [grant for owner, grant in grants if owner == user]
        namespace = grants_namespace(owner_namespace(user))
        await store.abatch([PutOp(namespace, item.key, None) for item in kept])
        await store.abatch([PutOp(namespace, each.key, each.to_value(), index=False) for each in given_])
    may = {
        action: {
            namespace
            for namespace in PLACES
            if is_open(
                [grant for owner, grant in grants if owner_namespace(owner) == namespace[:2]],
                reader,
                namespace,
                action,
                datetime.now(UTC),
            )
        }
        for action in Action
    }
    assert await seen(SharedStore(store, reader)) == [may[Action.READ]] * 5
    found, changed = raw(place.address, reader)
    assert all(each <= may[Action.READ] for each in found), found
    assert found[0] == may[Action.READ]
    assert changed == may[Action.WRITE]


async def seen(store: BaseStore) -> list[set[tuple[str, ...]]]:
    """What each way of asking shows, without the grants, which their owner alone sees."""
    owners = [owner_namespace(user) for user in OWNERS]
    hybrid: dict[str, Any] = {"$strategy": "hybrid"}
    asked = [
        [item for owner in owners for item in await store.asearch(owner, limit=50)],
        [item for owner in owners for item in await store.asearch(owner, query="green tea", limit=50)],
        [
            item
            for owner in owners
            for item in await store.asearch(owner, query="tea", filter=hybrid, limit=50)
        ],
        [item for namespace in PLACES if (item := await store.aget(namespace, "k"))],
        await store.asearch(("users",), limit=100),
    ]
    return [{item.namespace for item in items if item.namespace in PLACES} for items in asked]


def raw(address: str, reader: Reader) -> tuple[list[set[tuple[str, ...]]], set[tuple[str, ...]]]:
    """The namespaces that raw SQL of that reader sees in each table, and those of which it changes an item."""
    with psycopg.connect(address) as connection:
        if connection.info.parameter_status("is_superuser") == "on":
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(TENANT)))
        connection.execute("SELECT set_config('mnemograph.owner', '*', false)")
        connection.execute("SELECT set_config('mnemograph.reader', %s, false)", (reader.setting,))
        found = [
            names(connection.execute(sql.SQL("SELECT owner, path FROM {}").format(sql.Identifier(table))))
            for table in TABLES
            if table != "memory_speakers"
        ]
        changed = names(connection.execute("UPDATE memory_items SET version = version RETURNING owner, path"))
        assert names(connection.execute("DELETE FROM memory_items RETURNING owner, path")) == changed
        connection.rollback()
    return found, changed


def names(cursor: psycopg.Cursor[Any]) -> set[tuple[str, ...]]:
    found = {(*owner.split("."), *path.split(".")) for owner, path in cursor.fetchall()}
    return {name for name in found if name in PLACES}


def test_a_reader_learns_no_name_of_who_speaks_elsewhere(place: Place) -> None:
    async def names_of(reader: Reader) -> set[str]:
        async with place.store.pool.connection() as conn, conn.transaction():
            await conn.execute("SELECT set_config('mnemograph.owner', 'users.ana', true)")
            await conn.execute("SELECT set_config('mnemograph.reader', %s, true)", (reader.setting,))
            await conn.execute(f"SELECT set_config('role', '{place.store._role}', true)")
            return {
                row["speaker"]
                for row in await (await conn.execute("SELECT * FROM memory_speakers")).fetchall()
            }

    own = PLACES.index((*owner_namespace("ana"), "agents", "planner", "semantic"))
    assert place.loop.run(names_of(Reader("ana", "planner", alone=True))) == {f"Speaker{own}"}
    assert len(place.loop.run(names_of(Reader("ana")))) == len(BELOW)


@asynccontextmanager
async def around(address: str, *, durable: bool = True) -> AsyncIterator[BaseStore]:
    """All wrappers, in their order."""
    index: Any = {"dims": DIMS, "embed": HashedWords(), "fields": ["text"]}
    async with open_pool(address, max_size=4, timeout_s=20, name="shared") as pool:
        keys = OwnerKeys(pool, MasterKeys({"test": b"m" * 32}))
        inner = PostgresStore(pool, index, lexicon=KeyedLexicon(keys))
        await inner.setup()
        await keys.setup()
        cached = CachedStore(inner, versions=LocalVersions(), layers=[ProcessLayer()], codec=OurItems())
        async with BatchedStore(cached, durable=durable) as batched:
            yield EncryptedStore(batched, keys, indexed=["text"])


@pytest.mark.parametrize("durable", [True, False])
async def test_a_revocation_holds_at_the_next_read_through_every_wrapper(
    database: str, *, durable: bool
) -> None:
    ana, semantic = owner_namespace("ana"), (*owner_namespace("ana"), "semantic")
    async with around(database, durable=durable) as store:
        await store.aput(semantic, "k", episode("Ana drinks green tea."))
        agent = SharedStore(store, Reader("ana", "planner"))
        hybrid: dict[str, Any] = {"$strategy": "hybrid"}
        for _ in range(2):
            await give(store, "ana", Grant(PLANNER, ("semantic",)), datetime.now(UTC))
            for _ in range(2):
                assert (await store.asearch(ana, query="green tea", filter=hybrid))[0].key == "k"
                found = await agent.asearch(ana, query="green tea", filter=hybrid)
                assert [item.value["text"] for item in found] == ["Ana drinks green tea."]
                assert await agent.aget(semantic, "k")
            await revoke(store, "ana", PLANNER)
            assert await agent.asearch(ana, query="green tea", filter=hybrid) == []
            assert await agent.aget(semantic, "k") is None


@pytest.mark.parametrize("durable", [True, False])
async def test_what_an_agent_writes_the_owner_reads_at_once(database: str, *, durable: bool) -> None:
    semantic = (*owner_namespace("ana"), "semantic")
    async with around(database, durable=durable) as store:
        agent = SharedStore(store, Reader("ana", "planner"))
        assert await store.aget(semantic, "k") is None
        with pytest.raises(NotGranted):
            await agent.aput(semantic, "k", episode("Ana drinks tea."))
        await give(store, "ana", Grant(PLANNER, ("semantic",), Action.WRITE), datetime.now(UTC))
        await agent.aput(semantic, "k", episode("Ana drinks tea."))
        found = await store.aget(semantic, "k")
        assert found is not None
        assert found.value["text"] == "Ana drinks tea."
        await revoke(store, "ana", PLANNER)
        with pytest.raises(NotGranted, match="agent:planner"):
            await agent.adelete(semantic, "k")
        assert await store.aget(semantic, "k")


async def test_no_grant_lets_an_agent_grant(database: str) -> None:
    async with opened(database) as store:
        everything = Grant(PLANNER, ("*",), Action.WRITE)
        await give(store, "ana", everything, datetime.now(UTC))
        agent = SharedStore(store, Reader("ana", "planner"))
        with pytest.raises(NotGranted):
            await give(agent, "ana", replace(everything, keeper="researcher"), datetime.now(UTC))
        with pytest.raises(NotGranted):
            await agent.abatch([PutOp(grants_namespace(owner_namespace("ana")), everything.key, None)])
    assert rows(database, "memory_grants") == 1


async def test_a_grant_ends_with_its_owners_memories(database: str) -> None:
    async with opened(database) as store:
        for user in OWNERS:
            await give(store, user, Grant(PLANNER, ("semantic",)), datetime.now(UTC))
        for item in await store.asearch(owner_namespace("ana")):
            await store.adelete(item.namespace, item.key)
    assert rows(database, "memory_grants", "users.ana") == 0
    assert rows(database, "memory_grants", "users.bob") == 1


async def test_a_subscriber_hears_of_what_is_new_and_not_of_what_only_changed(database: str) -> None:
    semantic = (*owner_namespace("ana"), "semantic")
    planner = Reader("ana", "planner")

    async def learn(store: BaseStore, *names: str, **more: Any) -> None:
        ops = [PutOp(semantic, name, memory(name).model_copy(update=more).to_value()) for name in names]
        await store.abatch(ops)

    async with around(database) as store:
        await give(store, "ana", Grant(PLANNER, ("semantic",)), datetime.now(UTC))
        await learn(store, *(f"old{number}" for number in range(300)))
        await subscribe(store, planner, datetime.now(UTC), kinds=[Kind.SEMANTIC])
        await learn(store, "old1", "old2", also=["t:h2"])
        assert await news(store, planner) == []
        await learn(store, "tea", "wine")
        found = await news(store, planner)
        assert {each.memory_id for each in found} == {"tea", "wine"}
        await acknowledge(store, planner, found)
        await learn(store, "tea", also=["t:h2"])
        assert await news(store, planner) == []


def memory(name: str) -> Memory:
    at = NOW - timedelta(days=1)
    return Memory(
        id=name,
        kind=Kind.SEMANTIC,
        text=f"The user likes {name}.",
        fingerprint=name,
        turn="t:h",
        provenance=Provenance(
            thread_id="t", message_ids=["h"], source=Source.USER, said_at=at, recorded_at=at
        ),
        validity=Validity(valid_from=at),
    )

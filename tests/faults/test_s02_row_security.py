"""S02 in the database itself: raw SQL that works for one owner meets no other owner's row, in any table there is."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from memory.long_term.rows.isolation import TENANT
from tests.services.long_term import TABLES, episode, opened
from tests.services.postgres import new_database

ANA, BOB = ("users", "ana"), ("users", "bob")
# By hash they fall into every partition.
OTHERS = [("users", f"u{number}") for number in range(24)]
# Kept for everybody: what was migrated, which embedding models serve, since when reads are noted. Nothing of anyone's.
COMMON = {"memory_erasure_key", "memory_erasures", "memory_heat", "memory_migrations", "memory_spaces"}
EVERY = """
    SELECT c.oid::regclass::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS secured,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'owner') AS owned
    FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="module", params=["postgres_address", "superuser_address"])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with the memories of many owners."""
    with new_database(request.getfixturevalue(request.param)) as address:
        asyncio.run(fill(address))
        yield address


async def fill(address: str) -> None:
    async with opened(address) as store:
        for namespace in (ANA, BOB, *OTHERS):
            await store.aput((*namespace, "notes"), "k", episode(f"{namespace[1]} drinks tea."))
        found = await store.asearch(ANA, query="tea", filter={"$strategy": "hybrid"})
        assert [item.namespace for item in found] == [(*ANA, "notes")]


@pytest.fixture
def raw(place: str) -> Iterator[psycopg.Connection]:
    """A plain connection as the store has them: under a superuser it works as the tenant's role."""
    with psycopg.connect(place, autocommit=True) as connection:
        if connection.info.parameter_status("is_superuser") == "on":
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(TENANT)))
        yield connection


def tables(connection: psycopg.Connection) -> dict[str, tuple[bool, bool]]:
    return {name: (secured, owned) for name, secured, owned in connection.execute(EVERY).fetchall()}


def owners(connection: psycopg.Connection, table: str) -> set[str]:
    found = connection.execute(sql.SQL("SELECT DISTINCT owner FROM {}").format(sql.Identifier(table)))
    return {row[0] for row in found.fetchall()}


def work_for(connection: psycopg.Connection, owner: str) -> None:
    connection.execute("SELECT set_config('mnemograph.owner', %s, false)", (owner,))


def test_s02_every_table_with_an_owner_is_secured_and_no_other_holds_memories(
    raw: psycopg.Connection,
) -> None:
    found = tables(raw)
    assert set(TABLES) <= set(found)
    assert len(found) > len(TABLES) * 8
    assert {name for name, (_, owned) in found.items() if not owned} == COMMON
    assert [name for name, (secured, owned) in found.items() if owned and not secured] == []


def test_s02_one_owners_connection_sees_that_owners_rows_alone(raw: psycopg.Connection) -> None:
    owned = [name for name, (_, owned) in tables(raw).items() if owned]
    seen: dict[str, set[str]] = {}
    for owner in ("users.ana", "users.bob", "users.nobody", "users", "users.a%", "users.an_", ""):
        work_for(raw, owner)
        seen[owner] = {each for name in permitted(raw, owned) for each in owners(raw, name)}
    assert seen == {"users.ana": {"users.ana"}, "users.bob": {"users.bob"}} | {
        owner: set() for owner in ("users.nobody", "users", "users.a%", "users.an_", "")
    }


def permitted(connection: psycopg.Connection, names: list[str]) -> list[str]:
    """Those that may be read at all: partitions are not, but through their table, where the tenant's role works."""
    found = [
        name
        for name in names
        if connection.execute("SELECT has_table_privilege(%s, 'SELECT')", (name,)).fetchone() == (True,)
    ]
    assert set(TABLES) <= set(found)
    return found


def test_s02_a_connection_that_names_no_owner_sees_nothing(raw: psycopg.Connection) -> None:
    for table in TABLES:
        assert owners(raw, table) == set()
    work_for(raw, "*")
    for table in TABLES:
        assert len(owners(raw, table)) == len(OTHERS) + 2


@pytest.mark.parametrize("table", TABLES)
def test_s02_nothing_of_another_owner_is_changed_or_deleted(raw: psycopg.Connection, table: str) -> None:
    work_for(raw, "users.ana")
    name = sql.Identifier(table)
    foreign = "WHERE owner = 'users.bob' OR owner LIKE 'users.u%'"
    assert raw.execute(sql.SQL(f"DELETE FROM {{}} {foreign}").format(name)).rowcount == 0
    assert raw.execute(sql.SQL(f"UPDATE {{}} SET owner = owner {foreign}").format(name)).rowcount == 0
    work_for(raw, "*")
    assert len(owners(raw, table)) == len(OTHERS) + 2


@pytest.mark.parametrize("table", TABLES)
def test_s02_nothing_is_written_into_another_owners_memories(raw: psycopg.Connection, table: str) -> None:
    name = sql.Identifier(table)
    columns = ", ".join(
        row[0]
        for row in raw.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
            "AND attname <> 'owner'",
            (table,),
        ).fetchall()
    )
    work_for(raw, "users.ana")
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security")
    with refused:
        raw.execute(
            sql.SQL(f"INSERT INTO {{}} (owner, {columns}) SELECT 'users.eve', {columns} FROM {{}}").format(
                name, name
            )
        )
    with refused:
        raw.execute(sql.SQL("UPDATE {} SET owner = 'users.eve'").format(name))
    work_for(raw, "*")
    assert len(owners(raw, table)) == len(OTHERS) + 2


def test_s02_the_owner_of_one_transaction_is_not_the_next_ones(raw: psycopg.Connection) -> None:
    with raw.transaction():
        raw.execute("SELECT set_config('mnemograph.owner', 'users.ana', true)")
        assert owners(raw, "memory_items") == {"users.ana"}
    assert owners(raw, "memory_items") == set()


async def test_s10_another_users_memory_id_is_not_found(database: str) -> None:
    async with opened(database) as store:
        await store.aput((*BOB, "notes"), "secret", episode("Bob's door code is four two."))
        for namespace in (ANA, (*ANA, "notes"), ("users",), ("users", "ana", "bob"), ("notes", "bob")):
            assert await store.aget(namespace, "secret") is None
            await store.adelete(namespace, "secret")
        for query in ("door code", None):
            assert await store.asearch(ANA, query=query, filter={"$strategy": "hybrid"}) == []
        await store.aput((*ANA, "notes"), "secret", episode("Ana's own."))
        kept = await store.aget((*BOB, "notes"), "secret")
        assert kept is not None
        assert kept.value["text"] == "Bob's door code is four two."

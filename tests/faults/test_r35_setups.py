"""R35: set-ups at once, one killed in the middle; a rolling upgrade; a replica; behind PgBouncer."""

import asyncio
import os
import subprocess
import sys
from functools import partial

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.recipes import RECIPES
from memory.long_term.rows.isolation import ISOLATION
from memory.long_term.rows.tables import MIGRATIONS
from memory.postgres.migrations import Migration, migrate
from memory.postgres.pool import open_pool
from tests.services.long_term import episode, opened
from tests.services.postgres import PATIENCE_S, PROJECT, until

NS = ("users", "ana")
# In the middle of the first migration this waits, with tables and indexes half made, for its end.
_KILLED = """
import asyncio, sys
from dataclasses import replace
from memory.long_term.rows import tables
first = tables.MIGRATIONS[0]
half = len(first.statements) // 2
statements = (*first.statements[:half], "SELECT pg_sleep(600)", *first.statements[half:])
tables.MIGRATIONS = (replace(first, statements=statements),)
from tests.services.long_term import opened

async def main():
    async with opened(sys.argv[1], name="killed"):
        pass

asyncio.run(main())
"""
_INVALID = "SELECT indexrelid::regclass FROM pg_index WHERE NOT (indisvalid AND indisready AND indislive)"


def sleeps(address: str) -> bool:
    with psycopg.connect(address) as connection:
        seen = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        return connection.execute(seen).fetchone() is not None


def start_and_sleep(address: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen([sys.executable, "-c", _KILLED, address], cwd=PROJECT, env=env)


async def set_up(address: str, number: int) -> None:
    async with opened(address, name=f"setup{number}") as store:
        await store.aput(NS, f"k{number}", {"text": "green tea"})


async def test_r35_of_many_setups_one_is_killed_half_way_and_the_others_start(empty_database: str) -> None:
    killed = start_and_sleep(empty_database)
    try:
        await asyncio.to_thread(
            until, partial(sleeps, empty_database), "a set-up is in the middle of its work"
        )
        others = [asyncio.create_task(set_up(empty_database, number)) for number in range(4)]
        await asyncio.sleep(0.3)
        assert not any(task.done() for task in others), "they wait for the one at work"
    finally:
        killed.kill()
        killed.wait(PATIENCE_S)
    # The server notices a client that is gone only when it next has something to tell it.
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event = 'PgSleep'"
        )
    await asyncio.gather(*others)
    async with opened(empty_database) as store:
        assert len(await store.asearch(NS, query="tea")) == 4
    with psycopg.connect(empty_database) as connection:
        assert connection.execute(_INVALID).fetchall() == []
        numbers = connection.execute(
            "SELECT number, count(*) FROM memory_migrations GROUP BY part, number"
        ).fetchall()
    assert all(count == 1 for _, count in numbers)


async def test_r35_an_older_version_works_on_a_newer_database(empty_database: str) -> None:
    """While a new release rolls out, processes of the last one go on."""
    newer = Migration(
        999,
        "of a release to come",
        (
            "ALTER TABLE memory_items ADD COLUMN colour text DEFAULT 'red'",
            "CREATE TABLE memory_colours (colour text)",
        ),
    )
    async with opened(empty_database) as old:
        await old.aput(NS, "before", {"text": "green tea"})
        async with open_pool(empty_database, max_size=2, timeout_s=20, name="newer") as pool:
            assert await migrate(pool, "store", [*MIGRATIONS, ISOLATION, newer]) == 1
        await old.aput(NS, "during", {"text": "green tea"})
        async with opened(empty_database) as again:
            await again.aput(NS, "before", {"text": "black tea"})
            found = {item.key for item in await again.asearch(NS, query="tea")}
        assert found == {item.key for item in await old.asearch(NS, query="tea")} == {"before", "during"}
        await old.adelete(NS, "before")
        assert await old.aget(NS, "before") is None


async def test_r35_a_migration_that_fails_leaves_nothing_and_the_next_try_goes_on(
    empty_database: str,
) -> None:
    steps = [
        Migration(1, "good", ("CREATE TABLE one (n integer)",)),
        Migration(2, "bad", ("CREATE TABLE two (n integer)", "SELECT 1 / 0")),
    ]
    async with open_pool(empty_database, max_size=2, timeout_s=20, name="steps") as pool:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await migrate(pool, "test", steps)
        mended = [steps[0], Migration(2, "mended", ("CREATE TABLE two (n integer)",))]
        assert await migrate(pool, "test", mended) == 1
        assert await migrate(pool, "test", mended) == 0


async def read_everything(store: PostgresStore) -> None:
    item = await store.aget(NS, "said")
    assert item is not None
    assert await store.aget(NS, "mortal") is not None
    assert {item.key for item in await store.asearch(NS)} == {"said", "mortal"}
    for name in RECIPES:
        found = await store.asearch(
            NS, query="What did Ana drink on 2 March 2026?", filter={"$strategy": name}
        )
        assert "said" in {item.key for item in found}, name
    assert await store.alist_namespaces() == [NS]


async def test_a_read_only_replica_is_opened_and_read(empty_database: str) -> None:
    async with opened(empty_database) as store:
        await store.aput(NS, "said", episode("I drink green tea."))
        await store.aput(NS, "mortal", {"text": "wine"}, ttl=60)
    replica = make_conninfo(empty_database, options="-c default_transaction_read_only=on")
    async with opened(replica) as store:
        await read_everything(store)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await store.aput(NS, "k", {"text": "tea"})
        await read_everything(store)


async def test_it_works_without_prepared_statements_as_behind_pgbouncer(empty_database: str) -> None:
    async with opened(empty_database, prepare_threshold=None) as store:
        for _ in range(8):
            await store.aput(NS, "said", episode("I drink green tea."))
            await store.aput(NS, "mortal", {"text": "wine"}, ttl=60)
            await read_everything(store)
        async with store.pool.connection() as connection:
            rows = await (
                await connection.execute("SELECT count(*) AS n FROM pg_prepared_statements")
            ).fetchone()
        assert rows == {"n": 0}

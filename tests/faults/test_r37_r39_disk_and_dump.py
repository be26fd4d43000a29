"""R37, a full disk; R39, a dump under load and what is restored from it."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from langgraph.store.base import PutOp

from memory.long_term.erasing import erase_from
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.rows.burials import ErasedError
from memory.long_term.statements.began import since
from memory.postgres.binaries import find_binaries
from memory.postgres.errors import explain
from tests.services.long_term import episode, opened, rows
from tests.services.postgres import new_database

NS = ("users", "ana")
GONE = ("users", "gone", "semantic")
TABLES = ("memory_items", "memory_lookup", "memory_vectors")
# What a server says whose disk is full, as the table's own trigger says it.
_FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()
"""


@pytest.mark.parametrize("table", TABLES)
async def test_r37_a_full_disk_is_said_and_nothing_half_written_stays(database: str, table: str) -> None:
    async with opened(database) as store:
        await store.aput(NS, "kept", {"text": "green tea"})
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(_FULL.format(table=table))
            with pytest.raises(psycopg.errors.DiskFull) as caught:
                await store.abatch([*_puts(3)])
            sentence = explain(caught.value, database)
            assert sentence is not None
            assert "disk" in str(sentence) and "full" in str(sentence)
            assert [item.key for item in await store.asearch(NS, query="tea")] == ["kept"]
            connection.execute(f"DROP TRIGGER full_disk ON {table}")
        await store.abatch([*_puts(3)])
        assert len(await store.asearch(NS, query="tea")) == 4
        assert [rows(database, each) for each in TABLES] == [4, 4, 4]


def _puts(number: int) -> Iterator[PutOp]:
    return (PutOp(NS, f"k{n}", {"text": f"green tea {n}"}) for n in range(number))


async def _write_on(store: PostgresStore) -> None:
    number = 0
    while True:
        await store.aput(("users", f"u{number % 5}"), f"k{number}", {"text": f"busy {number}"})
        number += 1


def run(program: str, address: str, *arguments: str, given: bytes = b"") -> bytes:
    binary = find_binaries().root / "bin" / program
    # Whoever owns the tables is bound by their policies: the dump says that it works for everybody.
    env = {**os.environ, "PGOPTIONS": "-c mnemograph.owner=*"}
    command = [str(binary), *arguments, "--dbname", address]
    done = subprocess.run(command, input=given, capture_output=True, env=env, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("server", ["postgres_address", "superuser_address"])
async def test_r39_a_dump_under_load_is_restored_whole_and_the_erased_stay_erased(
    request: pytest.FixtureRequest, server: str
) -> None:
    running = request.getfixturevalue(server)
    with new_database(running) as database, new_database(running) as copy:
        async with opened(database) as store:
            for number in range(30):
                await store.aput(NS, f"k{number}", episode(f"I drank tea number {number}."))
                await store.aput(("users", "erased"), f"k{number}", episode("I am to be forgotten."))
            await store.abatch([PutOp(("users", "erased"), f"k{number}", None) for number in range(30)])
            # Long before: what tells the two apart is measured to some milliseconds.
            began = datetime.now(UTC) - timedelta(minutes=1)
            await store.aput(GONE, "k", episode("I am to be forgotten."))
            await erase_from(store, GONE[:2])
            load = asyncio.create_task(_write_on(store))
            dump = await asyncio.to_thread(run, "pg_dump", database, "--enable-row-security", "--no-owner")
            load.cancel()
            with suppress(asyncio.CancelledError):
                await load
        assert b"to be forgotten" not in dump
        await asyncio.to_thread(
            run, "psql", copy, "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", given=dump
        )
        counts = [rows(copy, table) for table in TABLES]
        assert counts == [counts[0]] * 3 and counts[0] >= 30
        async with opened(copy) as restored:
            found = await restored.asearch(
                NS, query="What tea did Ana drink?", filter={"$strategy": "hybrid"}, limit=50
            )
            assert len(found) == 30
            assert await restored.asearch(("users", "erased")) == []
            with since(began), pytest.raises(ErasedError):
                await restored.aput(GONE, "k", episode("I am back."))
            # Neither numbers nor policies were lost on the way.
            await restored.aput(NS, "new", episode("I drank coffee."))
            await restored.aput(NS, "k0", episode("I drank water."))
            assert len(await restored.asearch(NS, limit=50)) == 31
        assert rows(copy, "memory_items", owner="users.erased") == 0
        assert rows(copy, "memory_items", owner="users.ana") == 31

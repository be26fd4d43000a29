"""`mnemograph scale plan`: the rule that it rests on, and the statements."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from config.errors import UserError
from memory.long_term.rows.scale import Key, Table, layout, plan, without_owner
from memory.long_term.rows.tables import PARTITIONS
from memory.long_term.upkeep.setting_up import set_up_tables
from memory.postgres.pool import Pool, open_pool
from tests.services.command import here

USERS = {"memory_items", "memory_lookup", "memory_speakers", "memory_vectors"}
SHARED = {"memory_erasure_key", "memory_erasures", "memory_heat", "memory_spaces", "memory_migrations"}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, max_size=3, timeout_s=20, name="scale") as opened:
        await set_up_tables(opened)
        yield opened


async def test_every_unique_key_of_users_rows_contains_the_owner(pool: Pool) -> None:
    tables, keys = await layout(pool)
    owned = {table.name for table in tables if table.owned}
    assert owned >= USERS | {f"{name}_{n}" for name in USERS for n in range(PARTITIONS)}
    assert {table.name for table in tables if not table.owned} == SHARED
    of_users = [key for key in keys if key.table in owned]
    assert len(of_users) >= 4 * (PARTITIONS + 1)
    assert [key for key in of_users if "owner" not in key.columns] == []
    assert without_owner(tables, keys) == []


async def test_every_table_is_distributed_once_and_beside_the_first(pool: Pool) -> None:
    tables, keys = await layout(pool)
    script = plan(tables, keys)
    distributed = re.findall(
        r"^SELECT create_distributed_table\('(\w+)', 'owner'(.*)\);$", script, re.MULTILINE
    )
    assert {name for name, _ in distributed} == {t.name for t in tables if t.owned and not t.partition}
    assert distributed[0] == ("memory_items", "")
    assert {beside for _, beside in distributed[1:]} == {", colocate_with => 'memory_items'"}
    assert set(re.findall(r"^SELECT create_reference_table\('(\w+)'\);$", script, re.MULTILINE)) == SHARED
    unsecured = set(re.findall(r"^ALTER TABLE (\w+) NO FORCE ROW LEVEL SECURITY", script, re.MULTILINE))
    assert unsecured == {table.name for table in tables if table.secured}
    assert (
        script.index("DISABLE ROW LEVEL")
        < script.index("create_reference_table")
        < script.index("citus_tables")
    )


async def test_what_of_it_runs_without_citus_runs(pool: Pool, database: str) -> None:
    script = plan(*await layout(pool))
    ours = [line for line in script.splitlines() if line.startswith("ALTER TABLE")]
    with psycopg.connect(database) as connection:
        for line in ours:
            connection.execute(line)
        connection.execute("INSERT INTO memory_speakers (owner, speaker) VALUES ('a', 'b')")
        assert connection.execute("SELECT count(*) FROM memory_speakers").fetchone() == (1,)


async def test_a_key_without_the_owner_is_named_and_refused(pool: Pool, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE UNIQUE INDEX only_ids ON memory_lookup_3 (id) INCLUDE (owner)")
    tables, keys = await layout(pool)
    assert Key("memory_lookup_3", "only_ids", ["id"]) in without_owner(tables, keys)
    with pytest.raises(UserError, match="only_ids of memory_lookup_3"):
        plan(tables, keys)


def test_only_users_rows_need_the_owner() -> None:
    shared = Table("memory_spaces", partition=False, owned=False, secured=False, partitions=0)
    assert without_owner([shared], [Key("memory_spaces", "pkey", ["id"])]) == []


async def test_an_empty_database_has_no_plan(empty_database: str) -> None:
    async with open_pool(empty_database, max_size=2, timeout_s=20, name="scale") as bare:
        with pytest.raises(UserError, match="start the agent once"):
            await layout(bare)


def test_the_command_prints_a_script(empty_database: str, data_dir: Path) -> None:
    refused = here(data_dir, "scale", "plan", MNEMOGRAPH_POSTGRES=empty_database)
    assert (refused.returncode, "no memories yet" in refused.stderr) == (2, True)
    assert here(data_dir, "reembed", MNEMOGRAPH_POSTGRES=empty_database).returncode == 0
    done = here(data_dir, "scale", "plan", MNEMOGRAPH_POSTGRES=empty_database)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(
        line.startswith(("--", "SELECT ", "ALTER ", "SET ")) or not line for line in done.stdout.splitlines()
    )

"""How the tables go onto a Citus cluster, read from the database as it is.

Citus takes tables that are partitioned by hash as they stand: distributing the parent distributes its partitions.
What it asks for is that every unique key holds the distribution column, here the owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from config.errors import UserError
from memory.postgres.pool import Pool

OWNER: Final = "owner"
FIRST: Final = "memory_items"

_TABLES: LiteralString = """
    SELECT c.relname AS name, c.relispartition AS partition,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = %s AND NOT a.attisdropped) AS owned,
        c.relrowsecurity AS secured,
        (SELECT count(*) FROM pg_inherits h WHERE h.inhparent = c.oid) AS partitions
    FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p')
        AND c.relname LIKE 'memory\\_%%'
    ORDER BY c.relname
"""
_KEYS: LiteralString = """
    SELECT t.relname AS table, k.relname AS name, array_agg(a.attname ORDER BY a.attnum) AS columns
    FROM pg_index i
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_class k ON k.oid = i.indexrelid
    JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum <= i.indnkeyatts
    WHERE i.indisunique AND t.relnamespace = to_regnamespace(current_schema()) AND t.relname LIKE 'memory\\_%'
    GROUP BY t.relname, k.relname ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Table:
    """A table of the memory; `owned`: it has rows of users, each of one owner."""

    name: str
    partition: bool
    owned: bool
    secured: bool
    partitions: int


@dataclass(frozen=True)
class Key:
    """A unique key, with its columns."""

    table: str
    name: str
    columns: Sequence[str]


async def layout(pool: Pool) -> tuple[list[Table], list[Key]]:
    """The memory's tables and their unique keys. Raises UserError where there are none."""
    async with pool.connection() as conn:
        tables = [Table(**row) for row in await (await conn.execute(_TABLES, (OWNER,))).fetchall()]
        keys = [Key(**row) for row in await (await conn.execute(_KEYS)).fetchall()]
    if not any(table.name == FIRST for table in tables):
        raise UserError("This database holds no memories yet: start the agent once, then ask for the plan.")
    return tables, keys


def without_owner(tables: Sequence[Table], keys: Sequence[Key]) -> list[Key]:
    """Unique keys of users' rows that Citus would refuse."""
    owned = {table.name for table in tables if table.owned}
    return [key for key in keys if key.table in owned and OWNER not in key.columns]


def plan(tables: Sequence[Table], keys: Sequence[Key]) -> str:
    """The statements, with what to check before and what Citus does not do for us, as one SQL script.

    Raises UserError when a key forbids it.
    """
    wrong = without_owner(tables, keys)
    if wrong:
        named = ", ".join(f"{key.name} of {key.table}" for key in wrong)
        raise UserError(f"The tables cannot be distributed: unique keys without the owner: {named}.")
    parents = [table for table in tables if not table.partition]
    owned = sorted(
        (table for table in parents if table.owned), key=lambda table: (table.name != FIRST, table.name)
    )
    shared = [table for table in parents if not table.owned]
    secured = [table.name for table in owned if table.secured]
    parts = max(table.partitions for table in owned)
    blocks = [
        _CHECKS.format(each=parts + 1),
        *([_SECURITY + "\n".join(_unsecured(tables, secured))] if secured else []),
        "-- 3. What every owner shares goes to every node.\n"
        + "\n".join(f"SELECT create_reference_table('{table.name}');" for table in shared),
        "-- 4. Users' rows by their owner, the tables side by side. Rows that are there move along.\n"
        + "\n".join(_distributed(table) for table in owned),
        _AFTER,
    ]
    return "\n\n".join(blocks)


def _distributed(table: Table) -> str:
    beside = "" if table.name == FIRST else f", colocate_with => '{FIRST}'"
    return f"SELECT create_distributed_table('{table.name}', '{OWNER}'{beside});"


def _unsecured(tables: Sequence[Table], secured: Sequence[str]) -> list[str]:
    names = [
        table.name
        for table in tables
        if table.secured and (table.name in secured or table.name.rstrip("0123456789").rstrip("_") in secured)
    ]
    return [f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;" for name in names]


_CHECKS: Final = """\
-- How to put these memories onto a Citus cluster: run it with psql on the coordinator, as a superuser.
-- The statements follow Citus's documentation and sources; this project's tests do not run a cluster. Try them on
-- a copy of your database first, with the turns of a few users.

-- 1. Check before: all servers of Mnemograph are stopped and a backup is at hand.
SELECT extname, extversion FROM pg_extension WHERE extname IN ('citus', 'vector');  -- both, citus 11 or later
SELECT node_name, node_port FROM citus_get_active_worker_nodes();
-- Every table below is partitioned by hash: each becomes {each} relations a shard. Cores of all workers, not more.
SET citus.shard_count = 16;"""
_SECURITY: Final = """\
-- 2. Row-level security goes, and with it the second lock: the policies ask for a setting that the store makes with
-- set_config(), which Citus does not pass on to the workers, so that their policies would hide every row. Isolation
-- then rests on the shape of the store's queries alone, each of which names its owner.
"""
_AFTER: Final = """\
-- 5. Check after.
SELECT table_name, citus_table_type, distribution_column, colocation_id FROM citus_tables ORDER BY 1;
-- One colocation_id for all distributed tables. MNEMOGRAPH_POSTGRES then names the coordinator, with a role that is no
-- superuser: as one, the store would work as a role that may not log in, and Citus logs in to the workers as the role
-- that asks. What names no single owner does not work there yet: sweeping expired memories and `mnemograph reembed`
-- lock rows of many shards at once, which Citus refuses. Expired memories are not shown all the same.
"""

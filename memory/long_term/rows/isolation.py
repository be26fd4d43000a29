"""Row-level security: a transaction sees the rows of the one owner that it says it works for, and no others.

Postgres exempts superusers, so that those work as the role TENANT; any other owner of the tables is held to
their policies by FORCE ROW LEVEL SECURITY.
"""

from collections.abc import Iterable
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from memory.long_term.rows.tables import PARTITIONS
from memory.postgres.migrations import Migration
from memory.postgres.pool import Pool

TENANT: Final = "mnemograph_tenant"
SETTING: Final = "mnemograph.owner"
EVERYBODY: Final = "*"
"""As the owner of a transaction: all of them. No namespace is spelled so (memory.namespaces)."""

# Plans are made once a connection: with eight partitions a table, planning costs as much as a search. Such a plan
# expects an owner of any size, and workers cost more to start than what they would save.
_PLANS = {"plan_cache_mode": "force_generic_plan", "max_parallel_workers_per_gather": "0"}

# The planner takes the policies' conditions for rare, and would sort all that is left for every page.
IN_ORDER: LiteralString = """
    SELECT set_config(name, 'off', true)
    FROM unnest(ARRAY['enable_sort', 'enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin']) AS name
"""


def entering(owner: str, role: str) -> str:
    """What a statement selects to enter an owner as a role, for the rest of its transaction; both as SQL."""
    settings = {SETTING: owner, "role": role} | {name: f"'{value}'" for name, value in _PLANS.items()}
    return ", ".join(f"set_config('{name}', {value}, true)" for name, value in settings.items())


PATIENCE_MS: Final = 60_000
# What the address, the role or the database says already stands.
_LIMIT: LiteralString = """
    SELECT set_config('statement_timeout', %s, true) WHERE current_setting('statement_timeout') = '0'
"""
_ENTER = f"SELECT {entering('%s', '%s')}"
_ISOLATED: Final = ("memory_items", "memory_lookup", "memory_vectors", "memory_speakers")
_ROLE = f"""
    DO $$ BEGIN
        IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
            BEGIN
                CREATE ROLE {TENANT} NOLOGIN NOBYPASSRLS;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this server has made it
            END;
            EXECUTE format('GRANT USAGE ON SCHEMA %%I TO {TENANT}', current_schema());
            GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(_ISOLATED)} TO {TENANT};
            GRANT SELECT ON memory_spaces TO {TENANT};
            GRANT USAGE ON SEQUENCE memory_ids TO {TENANT};
        END IF;
    END $$
"""  # noqa: S608 - our own names
_WHICH = """
    SELECT rolsuper OR rolbypassrls AS exempt, EXISTS (SELECT FROM pg_roles WHERE rolname = %s) AS made
    FROM pg_roles WHERE rolname = current_user
"""


def _secured(tables: Iterable[str]) -> Iterable[str]:
    # As a subquery it is evaluated once a statement, not twice a row.
    seen = f"(SELECT current_setting('{SETTING}', true))"
    for table in tables:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY of_one_owner ON {table} USING (owner = {seen} OR {seen} = '{EVERYBODY}')"


_ALL = [name for table in _ISOLATED for name in (table, *(f"{table}_{n}" for n in range(PARTITIONS)))]
ISOLATION: Final = Migration(2, "row-level security by owner", (*_secured(_ALL), _ROLE.replace("%%", "%")))


async def working_role(pool: Pool) -> str:
    """The role for a transaction's work: TENANT where we would be exempt from the policies, else our own ("none")."""
    async with pool.connection() as conn:
        row = await (await conn.execute(_WHICH, (TENANT,))).fetchone()
    return TENANT if row is not None and row["exempt"] and row["made"] else "none"


async def enter(conn: AsyncConnection[Any], owner: str, role: str) -> None:
    """From here to the end of the transaction, this owner's rows alone are there."""
    await conn.execute(_ENTER, (owner, role))


async def give_up_late(conn: AsyncConnection[Any]) -> None:
    """From here to the end of the transaction, the server gives up a statement that takes longer than PATIENCE_MS."""
    await conn.execute(_LIMIT, (str(PATIENCE_MS),))

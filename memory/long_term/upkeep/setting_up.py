"""The extension and the tables of the long-term memory, made or brought up to date."""

from typing import Final

from memory.long_term.rows import burials
from memory.long_term.rows.isolation import ISOLATION
from memory.long_term.rows.row_grants import ROW_GRANTS
from memory.long_term.rows.tables import MIGRATIONS
from memory.long_term.rows.upgrades import UPGRADES
from memory.long_term.statements.procedures import keep
from memory.long_term.statements.usual import usual
from memory.postgres.migrations import migrate
from memory.postgres.pool import Pool
from memory.postgres.setup_lock import setup_lock

PART: Final = "store"
"""Of memory_migrations, what is ours."""


async def set_up_tables(pool: Pool) -> None:
    """However many processes do so at once; a database that is whole is only read."""
    if await _lacks_vectors(pool):
        async with setup_lock(pool, "extension"), pool.connection() as conn:
            await conn.execute("CREATE EXTENSION IF NOT EXISTS vector")
        # Connections from before the extension cannot send vectors.
        await pool.drain()
    await migrate(pool, PART, (*MIGRATIONS, ISOLATION, *UPGRADES, ROW_GRANTS))
    await migrate(pool, burials.PART, burials.MIGRATIONS)
    await keep(pool, usual().values())


async def _lacks_vectors(pool: Pool) -> bool:
    async with pool.connection() as conn:
        row = await (await conn.execute("SELECT to_regtype('halfvec') IS NULL AS lacks")).fetchone()
    return bool(row and row["lacks"])

"""Deletes what has expired. Reads leave it out anyway: this is for the disk."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, LiteralString, TypeAlias

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

from memory.long_term.rows.isolation import EVERYBODY, enter
from memory.postgres.pool import Pool

log = logging.getLogger(__name__)

BATCH: Final = 500

Chore: TypeAlias = Callable[[Pool], Awaitable[None]]

# By the database's clock alone, which also set the times. A memory that is renewed meanwhile is looked at again when
# its lock is had, and one that is being renewed is left for the next time.
_DUE: LiteralString = """
    SELECT owner, path, key, id FROM memory_items WHERE expires_at <= now()
    ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
# A statement of its own: it sees what the last writer of each, whose lock is now ours, has left.
_DELETE: LiteralString = """
    WITH due AS (
        SELECT * FROM unnest(%(owners)s::text[], %(paths)s::text[], %(keys)s::text[], %(ids)s::bigint[])
            AS d(owner, path, key, id)
    ), looked_up AS (
        DELETE FROM memory_lookup l USING due d WHERE l.owner = d.owner AND l.id = d.id
    ), vectors AS (
        DELETE FROM memory_vectors v USING due d WHERE v.owner = d.owner AND v.path = d.path AND v.id = d.id
    )
    DELETE FROM memory_items m USING due d WHERE m.owner = d.owner AND m.path = d.path AND m.key = d.key
"""


async def sweep(pool: Pool, batch: int = BATCH) -> int:
    """Delete every memory that has expired, with all that it was found by, `batch` a transaction; returns how many."""
    swept = 0
    while True:
        async with pool.connection() as conn, conn.transaction():
            await enter(conn, EVERYBODY, "none")
            due = await (await conn.execute(_DUE, {"limit": batch})).fetchall()
            if due:
                await conn.execute(
                    _DELETE,
                    {f"{name}s": [row[name] for row in due] for name in ("owner", "path", "key", "id")},
                )
        swept += len(due)
        if len(due) < batch:
            return swept


@asynccontextmanager
async def sweeping(pool: Pool, interval_s: float, also: Chore | None = None) -> AsyncIterator[None]:
    """Sweep every `interval_s` while the block runs, and then do the other chore.

    However many processes do, each memory is swept by one.
    """
    task = asyncio.create_task(_forever(pool, interval_s, also), name="sweep expired memories")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forever(pool: Pool, interval_s: float, also: Chore | None) -> None:
    failing = False
    while True:
        await asyncio.sleep(interval_s)
        try:
            swept = await sweep(pool)
            if also is not None:
                await also(pool)
        except psycopg.errors.ReadOnlySqlTransaction:
            log.info("this database is read-only: its primary deletes what has expired")
            return
        except (psycopg.Error, PoolTimeout, PoolClosed) as error:
            if not failing:
                log.warning("expired memories could not be deleted: %s; trying again", type(error).__name__)
            failing = True
            continue
        failing = False
        if swept:
            log.debug("%d expired memories deleted", swept)

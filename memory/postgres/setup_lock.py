"""One process at a time sets a database up, however many start together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

RETRY_S = 0.05


@asynccontextmanager
async def setup_lock(pool: AsyncConnectionPool[AsyncConnection[DictRow]], name: str) -> AsyncIterator[None]:
    """Hold a session advisory lock.

    It is polled, not waited for: a waiting statement holds a snapshot, and CREATE INDEX CONCURRENTLY in the
    process that holds the lock would wait for that snapshot for ever. Between polls no connection is held:
    those who wait would otherwise take from the pool the one that the holder works with.
    """
    while True:
        async with pool.connection() as conn:
            if await _try(conn, name):
                try:
                    yield
                finally:
                    await conn.execute(
                        "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (f"mnemograph:{name}",)
                    )
                return
        await asyncio.sleep(RETRY_S)


async def _try(conn: AsyncConnection[DictRow], name: str) -> bool:
    cursor = await conn.execute(
        "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS taken", (f"mnemograph:{name}",)
    )
    row = await cursor.fetchone()
    return bool(row and row["taken"])

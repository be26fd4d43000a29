"""One process at a time sets a database up, however many start together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

RETRY_S = 0.05

# The holder has one connection and works with a second: two holders in a pool of two would wait for each other.
_turns: WeakKeyDictionary[AsyncConnectionPool[Any], asyncio.Lock] = WeakKeyDictionary()


@asynccontextmanager
async def setup_lock(pool: AsyncConnectionPool[AsyncConnection[DictRow]], name: str) -> AsyncIterator[None]:
    """Hold an advisory lock for as long as a transaction of its own.

    A session's lock would outlive its holder behind PgBouncer, which gives every transaction another session.
    It is polled, not waited for: a waiting statement holds a snapshot, and CREATE INDEX CONCURRENTLY in the
    process that holds the lock would wait for that snapshot for ever. Of one pool, one at a time asks for any lock,
    whatever its name, and holds no connection between polls: the pool needs two, and never more.
    """
    async with _turns.setdefault(pool, asyncio.Lock()):
        while True:
            async with pool.connection() as conn, conn.transaction():
                if await _try(conn, name):
                    yield
                    return
            await asyncio.sleep(RETRY_S)


async def _try(conn: AsyncConnection[DictRow], name: str) -> bool:
    cursor = await conn.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS taken", (f"mnemograph:{name}",)
    )
    row = await cursor.fetchone()
    # A server's limit for resting must not end it. This also takes the place of the statement above, which holds
    # its snapshot until then.
    await conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    return bool(row and row["taken"])

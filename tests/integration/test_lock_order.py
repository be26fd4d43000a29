"""Whoever writes or renews several memories locks them in one order: else two of them wait for each other for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import psycopg
import pytest
from langgraph.store.base import GetOp, PutOp

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.statements.renewal import ASKED
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import index
from tests.services.postgres import until

NS = ("users", "ana", "notes")
# In the order in which they came; their own order is that of their bytes, whatever language the database speaks.
KEYS = ("zoo", "apple", "Zebra")
FIRST, *LATER = sorted(KEYS)
Act: TypeAlias = Callable[[PostgresStore], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "put": lambda store: store.abatch([PutOp(NS, key, {"text": "coffee"}) for key in KEYS]),
    "delete": lambda store: store.abatch([PutOp(NS, key, None) for key in KEYS]),
    "renew": lambda store: store.abatch([GetOp(NS, key, refresh_ttl=ASKED) for key in KEYS]),
    "renew what is found": lambda store: store.asearch(NS, refresh_ttl=True),
}


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with open_pool(database, max_size=3, timeout_s=20, name="order") as pool:
        made = PostgresStore(pool, index(HashedWords()))
        await made.setup()
        await made.abatch([PutOp(NS, key, {"text": "tea"}, ttl=60) for key in KEYS])
        yield made


@pytest.mark.parametrize("act", ACTS)
async def test_who_waits_for_the_first_memory_holds_no_later_one(
    store: PostgresStore, database: str, act: str
) -> None:
    """A renewal locked them as they came, and a put beside it was ended by the server: deadlock detected."""
    with psycopg.connect(database) as holder, psycopg.connect(database, autocommit=True) as onlooker:
        for connection in (holder, onlooker):
            connection.execute("SET mnemograph.owner = '*'")
        holder.execute("SELECT FROM memory_items WHERE key = %s FOR UPDATE", (FIRST,))
        task = asyncio.ensure_future(ACTS[act](store))
        waiting = (
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        await asyncio.to_thread(until, lambda: onlooker.execute(waiting).fetchall(), "it waits")
        free = onlooker.execute("SELECT key FROM memory_items ORDER BY key FOR UPDATE SKIP LOCKED").fetchall()
        holder.rollback()
        await task
    assert [key for (key,) in free] == LATER

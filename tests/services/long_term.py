"""Our long-term store over a database of its own, and values as the memories of a conversation have them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from langchain_core.embeddings import Embeddings
from psycopg import sql

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.rows.isolation import TENANT
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import DIMS, HashedWords

TABLES = ("memory_items", "memory_lookup", "memory_vectors", "memory_speakers")
SAID_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@asynccontextmanager
async def opened(
    address: str, embedder: Embeddings | None = None, *, set_up: bool = True, **options: Any
) -> AsyncIterator[PostgresStore]:
    """A store with a pool of its own; `options` go to `open_pool`."""
    given = {"max_size": 4, "timeout_s": 20, "name": "faults"} | options
    index: Any = {"dims": DIMS, "embed": embedder or HashedWords(), "fields": ["text"]}
    async with open_pool(address, **given) as pool:
        store = PostgresStore(pool, index)
        if set_up:
            await store.setup()
        yield store


def episode(text: str, *, speaker: str = "Ana", at: datetime = SAID_AT, thread: str = "t1") -> dict[str, Any]:
    """The value of a message that was remembered word for word."""
    came = {"thread_id": thread, "source": "user", "speaker": speaker, "said_at": at.isoformat()}
    return {"kind": "episodic", "text": text, "detail": text, "provenance": came}


def rows(address: str, table: str, owner: str = "*") -> int:
    """How many rows a connection that works for this owner sees."""
    with psycopg.connect(address) as connection:
        connection.execute("SELECT set_config('mnemograph.owner', %s, false)", (owner,))
        if connection.info.parameter_status("is_superuser") == "on":
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(TENANT)))
        found = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ).fetchone()
    assert found is not None
    return int(found[0])


def functions(address: str) -> list[str]:
    """The procedures of ours that a database has, each with its signature."""
    with psycopg.connect(address) as connection:
        found = connection.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'memory\\_%' ORDER BY 1"
        )
        return [row[0] for row in found]


def drop(address: str) -> None:
    """They go, as after a restore."""
    with psycopg.connect(address, autocommit=True) as connection:
        for name in functions(address):
            connection.execute(f"DROP FUNCTION {name}")

"""The stores that the suite runs on: how each is opened and set up."""

import functools
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.store.postgres.aio import AsyncPostgresStore

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.wrappers.batched import BatchedStore
from memory.long_term.wrappers.cached import CachedStore
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrappers.layers import ProcessLayer
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.our_items import OurItems
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.long_term.wrappers.versions import LocalVersions
from memory.postgres.pool import Pool, open_pool
from tests.contract.store.embedding import DIMS
from tests.contract.store.granted import Granted

STOCK_ITEMS = "store"
"""Truncated: what is deleted stays in its HNSW index until a vacuum, and takes the places of the forty found rows."""
ITEMS = (STOCK_ITEMS, "memory_items", "memory_lookup", "memory_vectors", "memory_speakers")


OUR_ITEMS = OurItems()


Connect = Callable[[str], AbstractAsyncContextManager[Pool]]


def alone(address: str) -> AbstractAsyncContextManager[Pool]:
    """A pool of its own; many tests share one instead, for a new connection plans every function anew."""
    return open_pool(address, max_size=4, timeout_s=20, name="contract")


@dataclass(frozen=True)
class Place:
    """`open` gives a store that is not set up, over a database's address where it needs one."""

    open: Callable[[str, Embeddings, Connect], AbstractAsyncContextManager[BaseStore]]
    set_up: Callable[[Any], Awaitable[None]]
    in_postgres: bool


def index(embedder: Embeddings) -> Any:
    return {"dims": DIMS, "embed": embedder, "fields": ["text"]}


@asynccontextmanager
async def _ours(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    async with connect(address) as pool:
        yield PostgresStore(pool, index(embedder))


@asynccontextmanager
async def _stock(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    """As its documentation shows it: a pool, and its own index.

    Over so few rows Postgres uses that index one day and not the next; it loses rows (benchmarks.search measures how
    many), so that here it never does.
    """
    config: Any = {"min_size": 1, "max_size": 4}
    async with AsyncPostgresStore.from_conn_string(
        f"{address}&options=-c%20enable_indexscan%3Doff", pool_config=config, index=index(embedder)
    ) as store:
        yield store


@asynccontextmanager
async def _in_memory(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    yield InMemoryStore(index=index(embedder))


@asynccontextmanager
async def _cached(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    async with _ours(address, embedder, connect) as inner:
        yield CachedStore(inner, versions=LocalVersions(), layers=[ProcessLayer()], codec=OUR_ITEMS)


@asynccontextmanager
async def _batched(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    async with _ours(address, embedder, connect) as inner, BatchedStore(inner) as store:
        yield store


@asynccontextmanager
async def _batched_early(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    """It acknowledges what it has not written yet."""
    async with _ours(address, embedder, connect) as inner, BatchedStore(inner, durable=False) as store:
        yield store


@asynccontextmanager
async def _encrypted(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    async with connect(address) as pool:
        keys = OwnerKeys(pool, MasterKeys({"test": b"m" * 32}))
        inner = PostgresStore(pool, index(embedder), lexicon=KeyedLexicon(keys))
        yield EncryptedStore(inner, keys, indexed=["text"])


@asynccontextmanager
async def _shared(address: str, embedder: Embeddings, connect: Connect) -> AsyncIterator[BaseStore]:
    async with _ours(address, embedder, connect) as inner:
        yield Granted(inner)


async def _set_up(store: Any) -> None:
    await store.setup()


async def _set_up_inner(store: Any) -> None:
    await store.inner.setup()


async def _set_up_innermost(store: Any) -> None:
    await store.inner.inner.setup()


async def _nothing(store: Any) -> None:
    return None


PLACES = {
    "ours": Place(_ours, _set_up, in_postgres=True),
    "stock": Place(_stock, _set_up, in_postgres=True),
    "cached": Place(_cached, _set_up_inner, in_postgres=True),
    "batched": Place(_batched, _set_up_inner, in_postgres=True),
    "early": Place(_batched_early, _set_up_inner, in_postgres=True),
    "encrypted": Place(_encrypted, _set_up, in_postgres=True),
    "shared": Place(_shared, _set_up_innermost, in_postgres=True),
    "in_memory": Place(_in_memory, _nothing, in_postgres=False),
}


def create_database(server: str, template: str = "template1") -> str:
    """A new, empty database's address; with template0 it lacks the extension vector."""
    name = f"c_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


@functools.cache
def cleaner(address: str) -> psycopg.Connection[Any]:
    """Kept for the session, as what it prepares is."""
    made = psycopg.connect(address, autocommit=True, prepare_threshold=0)
    made.execute("SET mnemograph.owner = '*'")
    return made


def empty(address: str) -> bool:
    """Delete every item; false where nothing is set up yet."""
    connection = cleaner(address)
    found = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", (list(ITEMS),)
    ).fetchall()
    for (name,) in found:
        connection.execute(f"TRUNCATE {name} CASCADE" if name == STOCK_ITEMS else f"DELETE FROM {name}")
    return bool(found)

"""Long-term memory as the settings ask for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from config.settings import Settings, settings
from memory.embeddings.checked import CheckedEmbeddings
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.vectors import check_vectors, record_vectors
from memory.postgres.address import postgres_address
from memory.postgres.pool import open_pool

INDEXED_FIELDS = ["text"]


def embeddings_from(configured: Settings) -> CheckedEmbeddings:
    """The embedding model of the settings; nothing heavy is loaded yet."""
    return open_embeddings(
        EmbeddingSpec(
            name=configured.embeddings,
            api_key=configured.openai_api_key,
            base_url=configured.openai_base_url,
            timeout_s=configured.embeddings_timeout_s,
            max_retries=configured.model_max_retries,
        )
    )


@asynccontextmanager
async def open_store(configured: Settings) -> AsyncIterator[BaseStore]:
    """A BaseStore that is set up. Raises UserError when its database or embedding model cannot serve."""
    embeddings = embeddings_from(configured)
    dims = await embeddings.prepare()
    index: Any = {"dims": dims, "embed": embeddings, "fields": INDEXED_FIELDS}
    if configured.store == "memory":
        yield InMemoryStore(index=index)
        return
    async with (
        postgres_address(configured) as address,
        open_pool(
            address,
            max_size=configured.pool_size,
            timeout_s=configured.connect_timeout_s,
            name="mnemograph-store",
        ) as pool,
    ):
        store = PostgresStore(pool, index)
        await check_vectors(pool, embeddings.name, dims)
        await store.setup()
        await record_vectors(pool, embeddings.name)
        yield store


@asynccontextmanager
async def store() -> AsyncIterator[BaseStore]:
    """What langgraph.json names: the store of this process's settings."""
    async with open_store(settings()) as opened:
        yield opened

"""Long-term memory as the settings ask for it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from config.errors import UserError
from config.settings import Settings, settings
from memory.embeddings.checked import CheckedEmbeddings, EmbeddingError
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.spaces import known_dims
from memory.long_term.sealing import owner_keys
from memory.long_term.upkeep.heat import Heat
from memory.long_term.upkeep.setting_up import set_up_tables
from memory.long_term.upkeep.sweeper import sweeping
from memory.long_term.wrappers.keyed_lexicon import KeyedLexicon
from memory.long_term.wrapping import wrapped
from memory.postgres.address import postgres_address
from memory.postgres.errors import explain, place_name
from memory.postgres.pool import Pool, open_pool
from memory.serving import serving

log = logging.getLogger(__name__)

INDEXED_FIELDS = ["text"]


def embeddings_from(configured: Settings) -> CheckedEmbeddings:
    """The embedding model of the settings; nothing heavy is loaded yet."""
    return open_embeddings(
        EmbeddingSpec(
            name=configured.embeddings,
            api_key=configured.embeddings_key,
            base_url=configured.embeddings_address,
            timeout_s=configured.embeddings_timeout_s,
            max_retries=configured.model_max_retries,
        )
    )


@asynccontextmanager
async def open_store(configured: Settings) -> AsyncIterator[BaseStore]:
    """A BaseStore that is set up. Raises UserError when its database or embedding model cannot serve."""
    embeddings = embeddings_from(configured)
    try:
        if configured.store == "memory":
            dims = await _dims(embeddings, None)
            yield InMemoryStore(index=_index(embeddings, dims))
        else:
            async with _postgres(configured, embeddings) as store:
                yield store
    finally:
        embeddings.close()


@asynccontextmanager
async def store_pool(configured: Settings) -> AsyncIterator[tuple[Pool, str]]:
    """Connections to the long-term memory's Postgres, and its address."""
    async with (
        postgres_address(configured) as address,
        open_pool(
            address,
            max_size=configured.pool_size,
            timeout_s=configured.connect_timeout_s,
            name="mnemograph-store",
            prepare_threshold=0 if configured.prepared_statements else None,
        ) as pool,
    ):
        yield pool, address


@asynccontextmanager
async def _postgres(configured: Settings, embeddings: CheckedEmbeddings) -> AsyncIterator[BaseStore]:
    async with store_pool(configured) as (pool, address):
        dims = await _dims(embeddings, pool)
        try:
            await set_up_tables(pool)
            keys = await owner_keys(configured, pool, place_name(address))
            lexicon = KeyedLexicon(keys) if keys else None
            store = PostgresStore(
                pool, _index(embeddings, dims), lexicon=lexicon, model=embeddings.name, heat=_heat(configured)
            )
            await store.setup()
        except EmbeddingError as error:
            raise UserError(f"The embedding model cannot be used: {error}") from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise UserError(
                f"Our user may not set up the memories in the Postgres at {place_name(address)}: as an "
                "administrator run CREATE EXTENSION vector in that database, and grant CREATE on its schema."
            ) from error
        except psycopg.Error as error:
            sentence = explain(error, address)
            if sentence is None:
                raise
            raise sentence from error
        async with (
            sweeping(pool, configured.sweep_interval_s, store.heat.tend),
            wrapped(store, configured, keys, INDEXED_FIELDS) as outer,
        ):
            yield outer


def _heat(configured: Settings) -> Heat:
    days = configured.cold_after_days
    return Heat(timedelta(days=days) if days else None)


async def _dims(embeddings: CheckedEmbeddings, pool: Pool | None) -> int:
    """Read from the model. One that is away for the moment is believed to be what it was."""
    try:
        return await embeddings.prepare()
    except EmbeddingError as error:
        known = await known_dims(pool, embeddings.name) if pool is not None else None
        if known is None:
            raise UserError(f"The embedding model cannot be used: {error}") from error
        log.warning("going on without the embedding model for now: %s", error)
        return known


def _index(embeddings: CheckedEmbeddings, dims: int) -> Any:
    return {"dims": dims, "embed": embeddings, "fields": INDEXED_FIELDS}


@asynccontextmanager
async def store() -> AsyncIterator[BaseStore]:
    """What langgraph.json names: the store of this process's settings."""
    async with open_store(settings()) as opened:
        with serving.with_store(opened):
            yield opened

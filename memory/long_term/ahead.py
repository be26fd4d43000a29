"""Embedding what is about to be written, while its writer waits for something else."""

from collections.abc import Iterable

from langgraph.store.base import BaseStore

from memory.long_term.erasing import layers_of
from memory.long_term.language.sentences import views
from memory.long_term.postgres_store import PostgresStore


async def embed_ahead(store: BaseStore, statements: Iterable[str]) -> None:
    """Have these statements in the cache of a model that runs here; a remote one is asked once, with all the rest.

    Raises what the model raises.
    """
    ours = next((layer for layer in layers_of(store) if isinstance(layer, PostgresStore)), None)
    texts = [view for statement in statements for view in views(statement)]
    if ours is not None and texts and getattr(ours.embeddings, "is_local", False):
        await ours.embeddings.aembed_documents(texts)

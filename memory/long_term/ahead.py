"""Embedding what is about to be written, while its writer waits for something else."""

from collections.abc import Iterable

from langgraph.store.base import BaseStore

from memory.long_term.erasing import postgres_in
from memory.long_term.language.sentences import views


async def embed_ahead(store: BaseStore, statements: Iterable[str]) -> None:
    """Have these statements in the cache of a model that runs here; a remote one is asked once, with all the rest.

    Raises what the model raises.
    """
    ours = postgres_in(store)
    texts = [view for statement in statements for view in views(statement)]
    if ours is not None and texts and getattr(ours.embeddings, "is_local", False):
        await ours.embeddings.aembed_documents(texts)

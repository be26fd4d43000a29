"""The long-term store as the factory opens it, with a small model in place of the real ones."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore

from config.errors import UserError
from config.settings import Settings
from memory.embeddings.checked import CheckedEmbeddings, Opened, Source
from memory.embeddings.workers import DaemonExecutor
from memory.long_term import factory
from memory.long_term.factory import open_store

WORKERS = DaemonExecutor(4, "store-factory")


class Letters(Embeddings):
    """How often each of the first `dims` letters comes."""

    def __init__(self, dims: int) -> None:
        self.dims = dims

    def embed_query(self, text: str) -> list[float]:
        return [1.0 + text.count(chr(ord("a") + n)) for n in range(self.dims)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def use_letters(monkeypatch: pytest.MonkeyPatch, name: str = "test:letters", dims: int = 8) -> None:
    source = Source(name, lambda: Opened(Letters(dims), dims), WORKERS, True)
    monkeypatch.setattr(factory, "open_embeddings", lambda spec: CheckedEmbeddings(source, 20))


@asynccontextmanager
async def opened(
    monkeypatch: pytest.MonkeyPatch, address: str, *, name: str = "test:letters", dims: int = 8, **more: Any
) -> AsyncIterator[BaseStore]:
    """A store of the factory; `more` are settings."""
    use_letters(monkeypatch, name, dims)
    async with open_store(Settings(postgres=address, connect_timeout_s=5, **more)) as store:
        yield store


async def refused(store: AbstractAsyncContextManager[BaseStore]) -> str:
    """The one sentence with which opening fails."""
    with pytest.raises(UserError) as caught:
        async with store:
            pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence

"""A tiny deterministic embedding: hashed words, 256 dimensions, with a door that a test may hold shut."""

import asyncio
import hashlib
from collections import Counter

from langchain_core.embeddings import Embeddings

from tests.services.vectors import unit

DIMS = 256


class HashedWords(Embeddings):
    """Texts with the same words are near each other. Texts that hold POISON cannot be embedded."""

    POISON = "unembeddable"

    def __init__(self) -> None:
        self.door = asyncio.Event()
        self.door.set()
        self.waiting = asyncio.Event()

    def embed_query(self, text: str) -> list[float]:
        if self.POISON in text:
            raise RuntimeError("the embedder fails on this text")
        words = (hashlib.sha256(word.encode()).digest() for word in text.lower().split())
        counts = Counter(int.from_bytes(digest[:4]) % DIMS for digest in words)
        # A text without words points somewhere, too: cosine has no place for zero.
        return unit(counts or Counter([0]), DIMS)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.waiting.set()
        await self.door.wait()
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        return (await self.aembed_documents([text]))[0]

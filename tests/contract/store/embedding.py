"""A tiny deterministic embedding: hashed words, 256 dimensions, with a door that a test may hold shut."""

import asyncio
import hashlib
import math

from langchain_core.embeddings import Embeddings

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
        vector = [0.0] * DIMS
        for word in text.lower().split():
            vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % DIMS] += 1.0
        # A text without words points somewhere, too: cosine has no place for zero.
        length = math.sqrt(sum(part * part for part in vector)) or 1.0
        return [part / length for part in vector] if any(vector) else [1.0, *[0.0] * (DIMS - 1)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.waiting.set()
        await self.door.wait()
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        return (await self.aembed_documents([text]))[0]

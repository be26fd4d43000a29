"""A process that embeds every memory anew, slowly, until it is done or killed: `ADDRESS PAUSE_S`."""

import asyncio
import sys

from langchain_core.embeddings import Embeddings

from memory.long_term.upkeep.reembed import Result, reembed
from memory.postgres.pool import open_pool

NEW_DIMS = 16
NEW = "test:endings"


class Endings(Embeddings):
    """How often each of sixteen letters ends a word: another model than any other of the tests."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.texts: list[str] = []

    def embed_query(self, text: str) -> list[float]:
        return [1.0 + sum(word.endswith(chr(ord("a") + n)) for word in text.split()) for n in range(NEW_DIMS)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        await asyncio.sleep(self.pause_s)
        self.texts += texts
        return self.embed_documents(texts)


async def run(address: str, pause_s: float) -> Result:
    async with open_pool(address, max_size=2, timeout_s=20, name="reembed") as pool:
        return await reembed(pool, Endings(pause_s), model=NEW, dims=NEW_DIMS, fields=["text"])


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], float(sys.argv[2])))

"""What a slow embedding of one caller adds to another caller's get."""

import asyncio
import time
from statistics import median
from typing import Final

from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore

from benchmarks.contestants import our_store, stock_store
from benchmarks.synthetic import DIMS, Corpus, Ready

DELAY_S: Final = 0.3
TRIES: Final = 15
SLOW: Final = "A text that takes its time."


class Slow(Embeddings):
    """Takes its time over one text, as a remote model does."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self.asked = asyncio.Event()

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        if SLOW not in texts:
            return self._ready.embed_documents(texts)
        self.asked.set()
        await asyncio.sleep(DELAY_S)
        return [[1.0] + [0.0] * (DIMS - 1) for _ in texts]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._ready.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._ready.embed_query(text)


async def added_by_a_slow_embedder(address: str, corpus: Corpus, ready: Ready) -> dict[str, dict[str, float]]:
    """Milliseconds of a get, alone and beside a search whose embedding is under way."""
    found = {}
    slow = Slow(ready)
    async with our_store(address, slow) as ours:
        found["ours"] = await _gets(ours, slow, corpus)
    async with stock_store(address, slow) as stock:
        found["stock"] = await _gets(stock, slow, corpus)
    return found


async def _gets(store: BaseStore, slow: Slow, corpus: Corpus) -> dict[str, float]:
    op = corpus.put(0)
    alone, beside = [], []
    for _ in range(TRIES):
        alone.append(await _get(store, op.namespace, op.key))
        slow.asked.clear()
        search = asyncio.create_task(store.asearch(corpus.namespace(0), query=SLOW, limit=1))
        await slow.asked.wait()
        beside.append(await _get(store, op.namespace, op.key))
        await search
    return {"alone": round(median(alone), 2), "beside": round(median(beside), 2)}


async def _get(store: BaseStore, namespace: tuple[str, ...], key: str) -> float:
    begun = time.perf_counter()
    assert await store.aget(namespace, key) is not None
    return (time.perf_counter() - begun) * 1_000

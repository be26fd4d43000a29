"""Embeddings computed before a connection is taken, handed to the stock store when it asks for them."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import Op, PutOp, SearchOp, get_text_at_path, tokenize_path

_READY: ContextVar[dict[str, Any] | None] = ContextVar("prefetched_vectors", default=None)


class PrefetchedEmbeddings(Embeddings):
    """Answers from what `prefetch` computed in this task; anything else goes to the real model."""

    def __init__(self, inner: Embeddings, fields: list[str]) -> None:
        self.inner = inner
        # "$" is the whole value here and a field's name in a PutOp, as in the stock store.
        self.paths: list[str | list[str]] = [f if f == "$" else tokenize_path(f) for f in fields]

    async def prefetch(self, ops: Iterable[Op]) -> None:
        """Embed every text that these operations will need, in one call."""
        texts = sorted({text for op in ops for text in self._texts(op)})
        vectors = await self.inner.aembed_documents(texts) if texts else []
        _READY.set(dict(zip(texts, (np.asarray(v, dtype=np.float32) for v in vectors), strict=True)))

    def _texts(self, op: Op) -> Iterable[str]:
        if isinstance(op, SearchOp) and op.query:
            yield op.query
        if isinstance(op, PutOp) and op.value is not None and op.index is not False:
            paths = self.paths if op.index is None else [tokenize_path(path) for path in op.index]
            for path in paths:
                yield from get_text_at_path(op.value, path)

    async def aembed_documents(self, texts: list[str]) -> list[Any]:
        ready = _READY.get() or {}
        if all(text in ready for text in texts):
            return [ready[text] for text in texts]
        return list(await self.inner.aembed_documents(texts))

    def embed_documents(self, texts: list[str]) -> list[Any]:
        return self.inner.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self.inner.embed_query(text)

    async def aembed_query(self, text: str) -> list[float]:
        return await self.inner.aembed_query(text)

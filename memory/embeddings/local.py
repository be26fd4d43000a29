"""The packaged model as LangChain embeddings, loaded once a process."""

import asyncio
import threading
from typing import Final

from langchain_core.embeddings import Embeddings

from memory.embeddings.minilm import MiniLM
from memory.embeddings.weights import model_folder
from memory.embeddings.workers import LOCAL

NAME: Final = "local:all-MiniLM-L6-v2"
THREADS: Final = 2

_loading = threading.Lock()
_loaded: list["LocalEmbeddings"] = []


class LocalEmbeddings(Embeddings):
    """all-MiniLM-L6-v2 without a network: unit vectors of `dims` dimensions."""

    def __init__(self, model: MiniLM) -> None:
        self._model = model
        self.dims = model.dims

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.get_running_loop().run_in_executor(LOCAL, self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        return (await self.aembed_documents([text]))[0]


def load_local() -> LocalEmbeddings:
    """The process's one local model; the first call loads it and blocks for some 0.5 s.

    Raises:
        UserError: the model's package is absent or damaged; the next call tries again.
    """
    with _loading:
        if not _loaded:
            _loaded.append(LocalEmbeddings(MiniLM(model_folder(), THREADS)))
        return _loaded[0]

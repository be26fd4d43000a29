"""Embeddings that answer in time with sound vectors, or fail with one sentence."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, TypeVar, cast

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from config.errors import UserError
from config.timings import timings
from memory.embeddings.cache import Vector, VectorCache
from memory.embeddings.text import clean_text
from memory.embeddings.vectors import sound_vectors
from memory.embeddings.workers import LOCAL

# Texts of at most 8,000 bytes: so many stay below the 300,000 tokens that OpenAI takes in a request.
CHUNK: Final = 32
CACHED: Final = 512
_PROBE: Final = "How many dimensions has this?"
_HINTS: Final = {
    401: "check its API key",
    403: "check what its API key may use",
    404: "check its name and its address",
    429: "it is rate limited or out of quota",
}

Kind = Literal["query", "document"]
Result = TypeVar("Result")
# A plan asks for one blocking call after another, each with its limit in seconds, and gets their results.
Step = tuple[Callable[[], Any], float | None]
Plan = Generator[Step, Any, Result]


class EmbeddingError(Exception):
    """No vector could be had; one sentence. The caller goes on without it."""


@dataclass(frozen=True)
class Opened:
    """A model that is ready. `dims` is None where only an embedding can tell."""

    embeddings: Embeddings
    dims: int | None
    close: Callable[[], None] | None = None


@dataclass(frozen=True)
class Source:
    """How to reach a model: `load` blocks, raises UserError, and runs in `executor` as all calls do.

    `symmetric`: a query and a document of the same text have the same vector.
    """

    name: str
    load: Callable[[], Opened]
    executor: Executor
    symmetric: bool


class CheckedEmbeddings(Embeddings):
    """Wraps any embeddings: in threads, bounded in time, checked, cached. Usable from any event loop.

    Embedding raises EmbeddingError and nothing else. Whoever opened it should `close` it.
    """

    def __init__(self, source: Source, timeout_s: float) -> None:
        self._source = source
        self._timeout_s = timeout_s
        self._opened: Opened | None = None
        self._opening = threading.Lock()
        self._dims: int | None = None
        self._cache = VectorCache(CACHED)

    @property
    def name(self) -> str:
        """The model's stable identity: vectors of two names never compare."""
        return self._source.name

    @property
    def is_local(self) -> bool:
        """Whether it runs in this process, so that a call costs nothing but time."""
        return self._source.executor is LOCAL

    @property
    def dims(self) -> int | None:
        """The length of every vector; None until it was read."""
        return self._dims

    async def prepare(self) -> int:
        """Load the model and read its dimensions: from its configuration, or from one embedding.

        Raises:
            UserError: the model cannot be opened as it is set up.
            EmbeddingError: it did not answer in time, or not with a sound vector.
        """
        return await self._drive_async(self._ready(), setup=True)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._drive(self._embed("document", texts))

    def embed_query(self, text: str) -> list[float]:
        return self._drive(self._embed("query", [text]))[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        return await self._drive_async(self._embed("document", texts))

    async def aembed_query(self, text: str) -> list[float]:
        return (await self._drive_async(self._embed("query", [text])))[0]

    def close(self) -> None:
        """Close the connections, without waiting; a later call opens new ones."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened is not None and opened.close is not None:
            opened.close()

    def clear_cache(self) -> int:
        """Forget the vectors of past texts (they derive from what users said); returns how many."""
        return self._cache.clear()

    def _ready(self) -> Plan[int]:
        if self._dims is None:
            opened: Opened = yield self._open, None
            dims = opened.dims
            if dims is None:
                probe = yield partial(self._call, "document", [_PROBE], None), self._timeout_s
                dims = int(probe.shape[1])
            # Of two that probe at once the first one's word stands, for both.
            self._dims = self._dims or dims
        return self._dims

    def _embed(self, kind: Kind, texts: list[str]) -> Plan[list[list[float]]]:
        cleaned = [clean_text(text) for text in texts]
        dims = yield from self._ready()
        space = "text" if self._source.symmetric else kind
        vectors: dict[str, Vector] = {}
        for text in cleaned:
            if (vector := self._cache.get(space, text)) is not None:
                vectors[text] = vector
        missing = [text for text in dict.fromkeys(cleaned) if text not in vectors]
        for begin in range(0, len(missing), CHUNK):
            chunk = missing[begin : begin + CHUNK]
            fresh = yield partial(self._call, kind, chunk, dims), self._timeout_s
            for text, vector in zip(chunk, fresh, strict=True):
                vectors[text] = vector.copy()  # a row alone would keep its whole chunk alive
                self._cache.put(space, text, vectors[text])
        return [vectors[text].tolist() for text in cleaned]

    def _open(self) -> Opened:
        """Blocks. A model that could not be opened is tried again by the next call."""
        with self._opening:
            if self._opened is None:
                self._opened = self._source.load()
            return self._opened

    def _call(self, kind: Kind, texts: list[str], dims: int | None) -> NDArray[np.float32]:
        """Blocks. The model's vectors, checked here because that too would hold up an event loop."""
        embeddings = self._open().embeddings
        with timings.measure("embed"):
            if kind == "query" and not self._source.symmetric:
                raw = [embeddings.embed_query(text) for text in texts]
            else:
                raw = embeddings.embed_documents(texts)
        try:
            return sound_vectors(raw, len(texts), dims)
        except ValueError as error:
            raise EmbeddingError(f"The embedding model {self.name} is of no use: {error}.") from None

    def _drive(self, plan: Plan[Result]) -> Result:
        result = None
        while True:
            try:
                call, limit = plan.send(result)
            except StopIteration as stop:
                return cast("Result", stop.value)
            future = self._submit(call)
            done, _ = concurrent.futures.wait([future], limit)
            future.cancel()
            result = self._outcome(future, answered=bool(done), setup=False)

    async def _drive_async(self, plan: Plan[Result], *, setup: bool = False) -> Result:
        result = None
        while True:
            try:
                call, limit = plan.send(result)
            except StopIteration as stop:
                return cast("Result", stop.value)
            future = asyncio.wrap_future(self._submit(call))
            future.add_done_callback(_retrieve)
            try:
                done, _ = await asyncio.wait([future], timeout=limit)
            finally:
                future.cancel()  # what no thread has begun is not begun for nobody
            result = self._outcome(future, answered=bool(done), setup=setup)

    def _submit(self, call: Callable[[], Any]) -> Future[Any]:
        try:
            return self._source.executor.submit(call)
        except RuntimeError:
            raise EmbeddingError(f"The embedding model {self.name} stops: the process is ending.") from None

    def _outcome(self, future: Future[Any] | asyncio.Future[Any], *, answered: bool, setup: bool) -> Any:
        if not answered:
            timings.of("embed").fails(TimeoutError)
        error = future.exception() if answered else TimeoutError()
        if error is None:
            return future.result()
        if isinstance(error, EmbeddingError) or (setup and isinstance(error, UserError)):
            raise error
        # No cause is kept: a provider's own words may quote the key or the text.
        raise EmbeddingError(self._sentence(error)) from None

    def _sentence(self, error: BaseException) -> str:
        if isinstance(error, UserError):
            return error.sentence
        kind = type(error).__name__
        if "Timeout" in kind:  # ours, or a client's own that was a moment sooner
            return f"The embedding model {self.name} did not answer within {self._timeout_s:g} seconds."
        status = getattr(error, "status_code", None)
        if not isinstance(status, int):
            return f"The embedding model {self.name} failed ({kind})."
        hint = f": {_HINTS[status]}" if status in _HINTS else ""
        return f"The embedding model {self.name} failed with HTTP status {status}{hint}."


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Mark the error of an abandoned call as seen: asyncio logs those that nobody asked for."""
    if not future.cancelled():
        future.exception()

"""What CheckedEmbeddings does around a model, with a model that does as it is told."""

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings

from config.errors import UserError
from memory.embeddings.checked import CHUNK, CheckedEmbeddings, EmbeddingError, Opened, Source
from memory.embeddings.workers import DaemonExecutor

POOL = DaemonExecutor(limit=4, name="test")


class Scripted(Embeddings):
    """Vectors that tell the text's length; remembers what it was asked, and in which thread."""

    def __init__(self, answer: Callable[[list[str]], Any] | None = None) -> None:
        self.answer = answer or (lambda texts: [[1.0, float(len(text))] for text in texts])
        self.asked: list[list[str]] = []
        self.threads: set[str] = set()

    def embed_documents(self, texts: list[str]) -> Any:
        self.asked.append(texts)
        self.threads.add(threading.current_thread().name)
        return self.answer(texts)

    def embed_query(self, text: str) -> Any:
        vector = self.embed_documents([text])[0]
        return [-value for value in vector]


def checked(
    model: Scripted, *, dims: int | None = 2, timeout_s: float = 10, symmetric: bool = True
) -> CheckedEmbeddings:
    source = Source("test:scripted", lambda: Opened(model, dims), POOL, symmetric)
    return CheckedEmbeddings(source, timeout_s)


async def test_dimensions_are_read_from_the_model_or_else_from_one_embedding() -> None:
    told, probed = Scripted(), Scripted(lambda texts: [[1.0, 2.0, 3.0]] * len(texts))
    embeddings = checked(told, dims=2)
    assert embeddings.dims is None
    assert await embeddings.prepare() == 2
    assert embeddings.dims == 2
    assert told.asked == []
    embeddings = checked(probed, dims=None)
    assert await embeddings.prepare() == 3
    assert await embeddings.prepare() == 3
    assert len(probed.asked) == 1
    assert embeddings.name == "test:scripted"


async def test_the_first_call_prepares_by_itself() -> None:
    embeddings = checked(Scripted(), dims=None)
    assert await embeddings.aembed_query("abc") == [1, 3]
    assert embeddings.dims == 2


async def test_sync_and_async_say_the_same() -> None:
    embeddings, other = checked(Scripted()), checked(Scripted())
    texts = ["a", "", "bb", "a"]
    vectors = await embeddings.aembed_documents(texts)
    assert vectors == await asyncio.to_thread(other.embed_documents, texts)
    assert vectors[0] == vectors[3] == [1, 1]
    assert await embeddings.aembed_query("ccc") == await asyncio.to_thread(other.embed_query, "ccc")
    assert await embeddings.aembed_documents([]) == []


async def test_models_run_in_threads_and_see_only_valid_text() -> None:
    model = Scripted()
    await checked(model).aembed_documents(["\ud800", "a\x00b"])
    assert model.asked == [["\ufffd", "a b"]]
    assert all(name.startswith("test-") for name in model.threads)


async def test_many_texts_go_in_chunks_and_come_back_in_order() -> None:
    model = Scripted()
    texts = ["x" * (1 + index) for index in range(CHUNK * 2 + 1)]
    vectors = await checked(model).aembed_documents(texts)
    assert [vector[1] for vector in vectors] == [len(text) for text in texts]
    assert [len(chunk) for chunk in model.asked] == [CHUNK, CHUNK, 1]


async def test_a_text_embedded_twice_costs_once() -> None:
    model = Scripted()
    embeddings = checked(model)
    first = await embeddings.aembed_query("a")
    first[0] = 99  # the caller's own copy
    assert await embeddings.aembed_documents(["a", "b", "b"]) == [[1, 1], [1, 1], [1, 1]]
    assert model.asked == [["a"], ["b"]]
    assert embeddings.clear_cache() == 2
    await embeddings.aembed_query("a")
    assert model.asked[-1] == ["a"]


async def test_a_model_that_tells_queries_from_documents_is_asked_for_each() -> None:
    embeddings = checked(Scripted(), symmetric=False)
    assert await embeddings.aembed_documents(["a"]) == [[1, 1]]
    assert await embeddings.aembed_query("a") == [-1, -1]
    assert await embeddings.aembed_query("a") == [-1, -1]


async def test_a_model_that_cannot_be_opened_is_a_user_error_at_start_only() -> None:
    def load() -> Opened:
        raise UserError("Reinstall it.")

    embeddings = CheckedEmbeddings(Source("test:none", load, POOL, symmetric=True), 10)
    with pytest.raises(UserError, match="Reinstall it"):
        await embeddings.prepare()
    with pytest.raises(EmbeddingError, match="Reinstall it"):
        await embeddings.aembed_query("a")
    with pytest.raises(EmbeddingError, match="Reinstall it"):
        await asyncio.to_thread(embeddings.embed_query, "a")


async def test_a_model_is_opened_once_however_many_ask() -> None:
    opened: list[int] = []
    start = threading.Barrier(4)

    def load() -> Opened:
        opened.append(1)
        return Opened(Scripted(), 2)

    embeddings = CheckedEmbeddings(Source("test:once", load, POOL, symmetric=True), 10)

    def ask(number: int) -> list[float]:
        start.wait(10)
        return embeddings.embed_query(str(number))

    await asyncio.gather(*(asyncio.to_thread(ask, number) for number in range(4)))
    assert opened == [1]


async def test_a_providers_words_never_reach_the_message() -> None:
    class RateLimitError(Exception):
        status_code = 429

    def refuse(texts: list[str]) -> Any:
        raise RateLimitError("Incorrect key sk-canary")

    with pytest.raises(EmbeddingError) as caught:
        await checked(Scripted(refuse)).aembed_query("a")
    assert str(caught.value) == (
        "The embedding model test:scripted failed with HTTP status 429: it is rate limited or out of quota."
    )
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_a_cancelled_caller_leaves_no_noise() -> None:
    began, gate, ended = threading.Event(), threading.Event(), threading.Event()
    noise: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: noise.append(context))

    def fail_late(texts: list[str]) -> Any:
        began.set()
        gate.wait(10)
        ended.set()
        raise OSError

    task = asyncio.create_task(checked(Scripted(fail_late)).aembed_query("a"))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    assert await asyncio.to_thread(ended.wait, 10)
    del task
    gc.collect()
    await asyncio.sleep(0)
    assert noise == []


def test_it_serves_one_event_loop_after_another() -> None:
    embeddings = checked(Scripted(), dims=None)
    for text in ("a", "bb"):
        assert asyncio.run(embeddings.aembed_query(text)) == [1, len(text)]

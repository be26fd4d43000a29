"""R33, the embedder's side: slow, wrong dimensions, NaN, zero: one sentence in time, no bad vector."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings

from memory.embeddings.checked import CheckedEmbeddings, EmbeddingError, Opened, Source
from memory.embeddings.workers import DaemonExecutor

DIMS = 3
GOOD = [1.0, 2.0, 3.0]
NAN = float("nan")


class Faulty(Embeddings):
    """Good until `fault` is set."""

    def __init__(self) -> None:
        self.fault: Callable[[list[str]], Any] | None = None
        self.asked: list[str] = []

    def embed_documents(self, texts: list[str]) -> Any:
        self.asked += texts
        return self.fault(texts) if self.fault else [GOOD] * len(texts)

    def embed_query(self, text: str) -> Any:
        return self.embed_documents([text])[0]


@pytest.fixture
def model() -> Faulty:
    return Faulty()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def wrap(
    model: Faulty, *, timeout_s: float = 30, dims: int | None = DIMS, limit: int = 4
) -> CheckedEmbeddings:
    pool = DaemonExecutor(limit, "r33")
    return CheckedEmbeddings(Source("test:faulty", lambda: Opened(model, dims), pool, False), timeout_s)


def fail(error: Exception) -> Callable[[list[str]], Any]:
    def raise_it(texts: list[str]) -> Any:
        raise error

    return raise_it


FAULTS: dict[str, tuple[Callable[[list[str]], Any], str]] = {
    "fewer dimensions": (lambda texts: [[1.0, 2.0]] * len(texts), "2 dimensions where 3 were expected"),
    "more dimensions": (lambda texts: [[*GOOD, 4.0]] * len(texts), "4 dimensions where 3 were expected"),
    "NaN": (lambda texts: [[1.0, NAN, 3.0]] * len(texts), "NaN"),
    "infinity": (lambda texts: [[1.0, -float("inf"), 3.0]] * len(texts), "infinity"),
    "zero": (lambda texts: [[0.0] * DIMS] * len(texts), "zero vector"),
    "nearly zero": (lambda texts: [[1e-60] * DIMS] * len(texts), "zero vector"),
    "nulls": (lambda texts: [None] * len(texts), "vectors for"),
    "words": (lambda texts: [["a", "b", "c"]] * len(texts), "not a list of vectors"),
    "connection": (fail(ConnectionResetError("sk-canary")), r"failed \(ConnectionResetError\)"),
    "its own time-out": (fail(TimeoutError()), "did not answer within 30 seconds"),
    "a bug": (fail(KeyError("data")), r"failed \(KeyError\)"),
}
# Only a list of several vectors can be wrong in these ways.
LIST_FAULTS: dict[str, tuple[Callable[[list[str]], Any], str]] = {
    "one NaN": (lambda texts: [GOOD, [NAN] * DIMS], "NaN"),
    "one zero": (lambda texts: [GOOD, [0.0] * DIMS], "zero vector"),
    "one short": (lambda texts: [GOOD, GOOD[:2]], "of one length"),
    "too few": (lambda texts: [GOOD], "1 vectors for 2 texts"),
    "too many": (lambda texts: [GOOD] * 3, "3 vectors for 2 texts"),
}


def one_sentence(error: EmbeddingError) -> None:
    sentence = str(error)
    assert "test:faulty" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "canary" not in sentence


@pytest.mark.parametrize("name", FAULTS)
async def test_r33_a_bad_query_vector_never_passes(model: Faulty, name: str) -> None:
    embeddings = wrap(model)
    model.fault, words = FAULTS[name]
    with pytest.raises(EmbeddingError, match=words) as caught:
        await embeddings.aembed_query("a")
    one_sentence(caught.value)
    with pytest.raises(EmbeddingError, match=words):
        await asyncio.to_thread(embeddings.embed_query, "a")
    model.fault = None
    assert await embeddings.aembed_query("a") == GOOD


@pytest.mark.parametrize("name", {**FAULTS, **LIST_FAULTS})
async def test_r33_a_bad_document_vector_never_passes(model: Faulty, name: str) -> None:
    embeddings = wrap(model)
    model.fault, words = {**FAULTS, **LIST_FAULTS}[name]
    with pytest.raises(EmbeddingError, match=words) as caught:
        await embeddings.aembed_documents(["a", "b"])
    one_sentence(caught.value)
    with pytest.raises(EmbeddingError, match=words):
        await asyncio.to_thread(embeddings.embed_documents, ["a", "b"])
    model.fault = None
    assert await embeddings.aembed_documents(["a", "b"]) == [GOOD, GOOD]


@pytest.mark.parametrize("name", ["NaN", "zero", "connection"])
async def test_r33_dimensions_are_not_read_from_a_bad_probe(model: Faulty, name: str) -> None:
    embeddings = wrap(model, dims=None)
    model.fault, words = FAULTS[name]
    with pytest.raises(EmbeddingError, match=words):
        await embeddings.prepare()
    assert embeddings.dims is None
    model.fault = None
    assert await embeddings.prepare() == DIMS


async def test_r33_a_slow_model_is_given_up_in_time(model: Faulty, release: threading.Event) -> None:
    embeddings = wrap(model, timeout_s=0.05)
    model.fault = lambda texts: [GOOD] * len(texts) if release.wait(60) else None
    with pytest.raises(EmbeddingError, match=r"did not answer within 0\.05 seconds\."):
        await embeddings.aembed_query("a")
    with pytest.raises(EmbeddingError, match="did not answer within"):
        await embeddings.aembed_documents(["a", "b"])
    with pytest.raises(EmbeddingError, match="did not answer within"):
        await asyncio.to_thread(embeddings.embed_query, "b")
    assert not release.is_set()


async def test_r33_the_loop_turns_while_a_model_hangs(model: Faulty, release: threading.Event) -> None:
    embeddings = wrap(model)
    model.fault = lambda texts: [GOOD] * len(texts) if release.wait(60) else None
    waiting = asyncio.create_task(embeddings.aembed_query("a"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    release.set()  # only a turning loop gets here
    assert await waiting == GOOD


async def test_r33_more_hanging_calls_than_threads_all_end_and_then_it_recovers(
    model: Faulty, release: threading.Event
) -> None:
    embeddings = wrap(model, limit=2)
    await embeddings.prepare()
    embeddings._timeout_s, patience_s = 0.3, embeddings._timeout_s
    model.fault = lambda texts: [GOOD] if release.wait(60) else None
    calls = [embeddings.aembed_query(str(number)) for number in range(20)]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in ended] == [EmbeddingError] * 20
    model.fault = None
    embeddings._timeout_s = patience_s
    release.set()
    for text in ("again", "and again", "and once more"):  # behind whatever is still queued
        assert await embeddings.aembed_query(text) == GOOD
    given_up = [text for text in model.asked if text.isdigit()]
    assert len(given_up) <= 2  # what was given up before it began is never sent


def test_r33_a_hanging_model_does_not_hold_up_the_exit() -> None:
    program = """
import asyncio, threading
from langchain_core.embeddings import Embeddings
from memory.embeddings.checked import CheckedEmbeddings, EmbeddingError, Opened, Source
from memory.embeddings.workers import REMOTE

class Hangs(Embeddings):
    def embed_documents(self, texts):
        threading.Event().wait()
    embed_query = embed_documents

embeddings = CheckedEmbeddings(Source("test:hangs", lambda: Opened(Hangs(), 3), REMOTE, True), 0.05)
try:
    asyncio.run(embeddings.aembed_query("a"))
except EmbeddingError as error:
    print(error)
"""
    done = subprocess.run(  # which ends at all: a joined thread would wait for ever
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "The embedding model test:hangs did not answer within 0.05 seconds.\n"
    assert done.stderr == ""

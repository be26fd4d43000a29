"""Text, vectors, cache and threads: the small parts around a model."""

import threading
from concurrent.futures import Future
from queue import SimpleQueue

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embeddings.cache import VectorCache
from memory.embeddings.text import EMPTY, MAX_BYTES, clean_text
from memory.embeddings.vectors import sound_vectors
from memory.embeddings.workers import DaemonExecutor

any_text = st.text(st.characters(exclude_categories=()), max_size=50)


@given(any_text)
def test_any_text_becomes_sendable(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.strip()
    assert "\x00" not in cleaned
    assert len(cleaned.encode()) <= MAX_BYTES  # which raises on a lone surrogate


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=50))
def test_good_text_stays_as_it_is(text: str) -> None:
    assert clean_text(text + "x") == text + "x"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", EMPTY),
        (" \n\x00", EMPTY),
        ("a\ud800b", "a\ufffdb"),
        ("a\udc00", "a\ufffd"),
        ("\udc00a\ud83d", "\ufffda\ufffd"),
        ("\ud83d\ude42", "🙂"),
        ("\ufeffa\x00b", "\ufeffa b"),
    ],
)
def test_odd_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize("letter", ["x", "é", "東", "🙂"])
def test_a_huge_text_is_cut_between_characters(letter: str) -> None:
    cleaned = clean_text(letter * 1_000_000)
    assert set(cleaned) == {letter}
    assert MAX_BYTES - 4 < len(cleaned.encode()) <= MAX_BYTES


def test_sound_vectors_pass() -> None:
    vectors = sound_vectors([[1, 0.5], [0, -2]], 2, 2)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[1, 0.5], [0, -2]]
    assert sound_vectors([[1, 2, 3]], 1, None).shape == (1, 3)


@pytest.mark.parametrize(
    ("raw", "clause"),
    [
        (None, "no vectors for 2"),
        ([], "no vectors for 2"),
        ([[1.0, 2.0]], "1 vectors for 2"),
        ([[1.0, 2.0]] * 3, "3 vectors for 2"),
        ([1.0, 2.0], "no vectors for 2"),
        ([[1.0, 2.0], [1.0]], "not a list of vectors"),
        ([[1.0, 2.0], ["a", "b"]], "not a list of vectors"),
        ([[], []], "without dimensions"),
        ([[1.0], [1.0]], "1 dimensions where 2"),
        ([[1.0, 2.0, 3.0]] * 2, "3 dimensions where 2"),
        ([[1.0, float("nan")], [1.0, 2.0]], "NaN or infinity"),
        ([[1.0, None], [1.0, 2.0]], "NaN or infinity"),
        ([[1.0, float("-inf")], [1.0, 2.0]], "NaN or infinity"),
        ([[0.0, 0.0], [1.0, 2.0]], "zero vector"),
        ([[1e-50, 0.0], [1.0, 2.0]], "zero vector"),  # zero as soon as it is float32
        ([[1e39, 0.0], [1.0, 2.0]], "too long"),  # infinite as soon as it is float32
        ([[1e300, 1e300], [1.0, 2.0]], "too long"),
    ],
)
def test_unsound_vectors_are_named(raw: object, clause: str) -> None:
    with pytest.raises(ValueError, match=clause):
        sound_vectors(raw, 2, 2)


def test_the_cache_keeps_the_latest_used_and_forgets_on_demand() -> None:
    cache = VectorCache(2)
    one = np.ones(2, dtype=np.float32)
    cache.put("query", "a", one)
    cache.put("query", "b", one * 2)
    assert cache.get("query", "a") is one
    cache.put("query", "c", one * 3)
    assert cache.get("query", "b") is None
    assert cache.get("document", "a") is None
    assert cache.clear() == 2
    assert cache.get("query", "a") is None


def test_daemon_threads_run_calls_and_carry_errors() -> None:
    pool = DaemonExecutor(limit=2, name="test")
    assert pool.submit(sum, [1, 2]).result(10) == 3
    assert isinstance(pool.submit(int, "x").exception(10), ValueError)
    assert pool.submit(lambda: threading.current_thread().daemon).result(10)


def test_daemon_threads_are_reused_and_never_more_than_the_limit() -> None:
    pool = DaemonExecutor(limit=3, name="test")
    gate = threading.Event()
    running: SimpleQueue[str] = SimpleQueue()

    def wait() -> None:
        running.put(threading.current_thread().name)
        gate.wait(10)

    waiting = [pool.submit(wait) for _ in range(8)]
    names = {running.get(timeout=10) for _ in range(3)}
    assert len(names) == 3
    assert running.empty()
    waiting[-1].cancel()
    gate.set()
    finished = [future for future in waiting if not future.cancelled()]
    assert [future.result(10) for future in finished] == [None] * 7
    assert {running.get(timeout=10) for _ in range(4)} <= names
    assert running.empty()


def test_a_cancelled_call_never_runs() -> None:
    pool = DaemonExecutor(limit=1, name="test")
    gate, ran = threading.Event(), threading.Event()
    first: Future[bool] = pool.submit(gate.wait, 10)
    second = pool.submit(ran.set)
    assert second.cancel()
    gate.set()
    assert first.result(10)
    assert pool.submit(ran.is_set).result(10) is False

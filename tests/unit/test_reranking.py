"""Which reranker is opened, and what is told when it cannot be."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reranking import NOT_YET, Rating, Ratings, open_reranking, own_reranker, scores_of
from config.errors import UserError
from config.settings import load_settings

HERE = __name__
RUNTIME: Any = SimpleNamespace(context=None, server_info=None)
not_a_function = "text"


async def by_length(query: str, candidates: Any) -> list[float]:
    return [float(len(text)) for text in candidates]


def not_async(query: str, candidates: Any) -> list[float]:
    return []


class ByLength:
    async def __call__(self, query: str, candidates: Any) -> list[float]:
        return await by_length(query, candidates)


class NeedsMore:
    def __init__(self, key: str) -> None:
        raise AssertionError("it is never made")

    async def __call__(self, query: str, candidates: Any) -> list[float]:
        return []


@pytest.mark.parametrize("name", ["by_length", "ByLength"])
async def test_ones_own_function_or_class(name: str) -> None:
    configured = load_settings(reranker=f"{HERE}:{name}", rerank_timeout_s=2, rerank_candidates=7)
    found, warnings = await open_reranking(RUNTIME, configured)
    assert found is not None and warnings == []
    assert (found.name, found.timeout_s, found.most) == (f"{HERE}:{name}", 2, 7)
    assert list(await found.rerank("?", ["a", "abc"])) == [1.0, 3.0]


class SlowToOpen(ByLength):
    opened = 0
    may_open = threading.Event()

    def __init__(self) -> None:
        assert self.may_open.wait(60)
        type(self).opened += 1


async def test_one_that_is_slow_to_open_is_opened_once_and_not_waited_for() -> None:
    configured = load_settings(reranker=f"{HERE}:SlowToOpen", rerank_timeout_s=0.1)
    for _ in range(2):
        assert await open_reranking(RUNTIME, configured) == (None, [NOT_YET])
    SlowToOpen.may_open.set()
    patient = configured.model_copy(update={"rerank_timeout_s": 60})
    found, warnings = await open_reranking(RUNTIME, patient)
    assert found is not None and warnings == []
    assert SlowToOpen.opened == 1


async def test_none_is_configured() -> None:
    assert await open_reranking(RUNTIME, load_settings()) == (None, [])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no_such_package.ranking:rerank", "cannot be opened (ModuleNotFoundError)"),
        (f"{HERE}:no_such_name", "cannot be opened (AttributeError)"),
        (f"{HERE}:NeedsMore", "cannot be opened (TypeError)"),
        (f"{HERE}:not_async", "is not async"),
        (f"{HERE}:not_a_function", "is not async"),
    ],
)
async def test_what_cannot_be_opened_is_told_and_costs_the_reranking(name: str, told: str) -> None:
    with pytest.raises(UserError):
        own_reranker(name)
    found, (sentence,) = await open_reranking(RUNTIME, load_settings(reranker=name))
    assert found is None
    assert told in sentence and name in sentence


async def test_the_offline_model_cannot_judge() -> None:
    found, (sentence,) = await open_reranking(RUNTIME, load_settings(reranker="llm", model="offline"))
    assert found is None
    assert "offline model cannot judge" in sentence


def test_what_the_model_leaves_out_scores_nothing() -> None:
    found = Ratings(ratings=[Rating(memory=3, score=9), Rating(memory=1, score=2), Rating(memory=3, score=4)])
    assert scores_of(found, 4) == [2.0, 0.0, 9.0, 0.0]
    assert scores_of(Ratings(), 2) == [0.0, 0.0]


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 10)), max_size=8), st.integers(1, 5))
def test_a_rating_of_what_was_not_there_is_refused(rated: list[tuple[int, float]], count: int) -> None:
    found = Ratings(ratings=[Rating(memory=memory, score=score) for memory, score in rated])
    if any(memory > count for memory, _ in rated):
        with pytest.raises(ValueError, match="rated memory"):
            scores_of(found, count)
    else:
        assert len(scores_of(found, count)) == count

"""A reranker changes the order of the best, and whatever is wrong with it costs the reranking alone."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.lifecycle.learning.build import episodes, semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.recalling.recall import recall
from memory.lifecycle.recalling.recalled import Hit
from memory.lifecycle.recalling.rerank import Reranking, checked, reranked
from tests.unit.memory_parts import LATER, ME, THREAD, Watched, fact, said, turn

HITS: list[Hit] = [
    (episodes(turn(said(f"I have {n} cats.", n)), "", LATER)[0], 5.0 - n, {"lanes": {}, "boosts": {}})
    for n in range(5)
]


def giving(scores: Any, seen: list[Any] | None = None, **options: Any) -> Reranking:
    async def rerank(query: str, candidates: Sequence[str], /) -> Any:
        if seen is not None:
            seen.append((query, list(candidates)))
        if isinstance(scores, Exception):
            raise scores
        return scores(len(candidates)) if callable(scores) else scores

    return Reranking("test", rerank, **{"timeout_s": 5.0, "most": 10, **options})


def places(hits: Sequence[Hit]) -> list[int]:
    ids = [hit[0].id for hit in HITS]
    return [ids.index(hit[0].id) for hit in hits]


async def test_the_order_is_the_rerankers_and_equals_stay_as_they_were() -> None:
    found = await reranked(giving([1, 7.5, 1, 9, 1]), "cats?", HITS)
    assert places(found) == [3, 1, 0, 2, 4]
    assert found[0][2]["rerank"] == {"by": "test", "score": 9.0, "was": 4}
    assert [hit[1] for hit in found] == [HITS[n][1] for n in places(found)]
    assert "rerank" not in HITS[0][2]


async def test_it_sees_the_best_alone_with_their_dates_and_the_rest_stay() -> None:
    seen: list[Any] = []
    found = await reranked(giving([1, 2, 3], seen, most=3), "cats?", HITS)
    assert places(found) == [2, 1, 0, 3, 4]
    assert seen == [("cats?", [f"[2026-05-03] User: I have {n} cats." for n in range(3)])]
    assert all("rerank" not in hit[2] for hit in found[3:])


@pytest.mark.parametrize("few", [0, 1])
async def test_where_there_is_nothing_to_order_it_is_not_asked(few: int) -> None:
    seen: list[Any] = []
    assert await reranked(giving([1], seen), "cats?", HITS[:few]) == HITS[:few]
    assert seen == []


JUNK: dict[str, Any] = {
    "too few": [1.0] * 4,
    "too many": [1.0] * 6,
    "NaN": [1.0, math.nan, 1.0, 1.0, 1.0],
    "infinite": [1.0, math.inf, 1.0, 1.0, 1.0],
    "words": ["high"] * 5,
    "nothing": None,
    "one number": 3,
    "down": OSError("no such host"),
}


@pytest.mark.parametrize("name", JUNK)
async def test_junk_costs_the_reranking_and_the_receipt_says_so(name: str) -> None:
    found = await reranked(giving(JUNK[name]), "cats?", HITS)
    assert places(found) == [0, 1, 2, 3, 4]
    assert all(hit[2]["rerank"]["by"] == "test" and hit[2]["rerank"]["failed"] for hit in found)


@pytest.mark.parametrize("stubborn", [False, True])
async def test_one_that_is_slow_is_not_waited_for(stubborn: bool) -> None:
    ended = asyncio.Event()

    async def slow(query: str, candidates: Sequence[str], /) -> list[float]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if stubborn:  # goes on for as long as it is looked at
                await ended.wait()
            raise
        return []

    found = await reranked(Reranking("slow", slow, 0.01, 10), "cats?", HITS)
    assert places(found) == [0, 1, 2, 3, 4]
    assert {hit[2]["rerank"]["failed"] for hit in found} == {"TimeoutError"}
    ended.set()


async def test_who_gives_up_the_recall_gives_up_the_reranking() -> None:
    begun = asyncio.Event()

    async def slow(query: str, candidates: Sequence[str], /) -> list[float]:
        begun.set()
        await asyncio.Event().wait()
        return []

    task = asyncio.create_task(reranked(Reranking("slow", slow, 60, 10), "cats?", HITS))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@settings(max_examples=60)
@given(st.lists(st.floats() | st.text(max_size=3), max_size=6))
def test_scores_are_as_many_finite_numbers_as_candidates_or_refused(scores: list[Any]) -> None:
    try:
        found = checked(scores, 3)
    except ValueError:
        return
    assert len(found) == 3 and all(map(math.isfinite, found))


@pytest.fixture
async def store() -> Watched:
    made = Watched()
    for number, animal in enumerate(["cat", "dog", "hen", "cow"]):
        message = said(f"The user has a {animal}.", number)
        found = fact(message.text, message.text, message.id)
        memory = semantic(THREAD, message, found, run_id=None, turn=f"{THREAD}:m{number}", now=LATER)
        await made.abatch([put(ME, memory)])
    return made


LAST_FIRST: Callable[[int], list[float]] = lambda count: [float(n) for n in range(count)]  # noqa: E731


async def test_recall_gives_the_rerankers_best_and_no_secret_is_sent_to_it(store: Watched) -> None:
    seen: list[Any] = []
    query = "The user has a pet. My card is 4111 1111 1111 1111"
    plain = await recall(store, ME, query, limit=4)
    found = await recall(store, ME, query, limit=2, reranking=giving(LAST_FIRST, seen))
    (asked, candidates), *_ = seen
    assert "4111" not in asked
    assert candidates[0].startswith("[2026-05-03] The user has a ")
    assert found[0].text in candidates[-1] and found[0].text in [item.text for item in plain]
    assert (found[0].rank, found[0].receipt["rerank"]["was"]) == (1, len(candidates))
    assert "reranked" in found[0].why


async def test_recall_goes_on_without_a_reranker_that_is_down(store: Watched) -> None:
    plain = await recall(store, ME, "The user has a pet.", limit=4)
    found = await recall(store, ME, "The user has a pet.", limit=4, reranking=giving(OSError("down")))
    assert [item.id for item in found] == [item.id for item in plain] != []
    assert {item.why for item in found} == {"close in meaning"}

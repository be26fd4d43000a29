"""Callers at the same time."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from tests.contract.store.embedding import HashedWords

NS = ("users", "ana")
# A store that blocks an unrelated caller blocks it for ever. One that is known to is not waited for long.
PATIENCE_S = 60.0
GLANCE_S = 1.0
BAD: dict[str, dict[str, Any]] = {
    "embedder": {"text": HashedWords.POISON},
    "nan": {"text": "a", "n": math.nan},
    "nul": {"text": "a\x00"},
    "surrogate": {"text": "a\ud800"},
    "not_json": {"text": "a", "n": {1}},
}


class Concurrency:
    @pytest.mark.parametrize("fault", BAD)
    async def test_s01_one_callers_bad_item_does_not_fail_the_others(
        self, store: BaseStore, fault: str
    ) -> None:
        values = [{"text": f"tea {n}"} for n in range(10)]
        values[4] = BAD[fault]
        puts = [store.aput(("users", f"u{n}"), "k", value) for n, value in enumerate(values)]
        ended = await asyncio.gather(*puts, return_exceptions=True)
        assert [n for n in range(10) if n != 4 and ended[n] is not None] == []
        for n in set(range(10)) - {4}:
            item = await store.aget(("users", f"u{n}"), "k")
            assert item is not None
            assert item.value == values[n]

    async def test_one_callers_bad_search_does_not_fail_the_others(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "tea", "n": 1})
        ended = await asyncio.gather(
            store.asearch(NS, filter={"n": {"$near": 1}}),
            store.asearch(NS, query="tea"),
            store.aget(NS, "k"),
            store.aput(NS, "other", {"text": "tea"}),
            return_exceptions=True,
        )
        assert isinstance(ended[0], ValueError)
        assert not any(isinstance(result, BaseException) for result in ended[1:])
        assert await store.aget(NS, "other") is not None

    async def test_a_slow_embedder_does_not_block_other_callers(
        self, store: BaseStore, embedder: HashedWords, request: pytest.FixtureRequest
    ) -> None:
        patience_s = GLANCE_S if request.node.get_closest_marker("xfail") else PATIENCE_S
        await store.aput(NS, "k", {"text": "tea"})
        embedder.waiting.clear()
        embedder.door.clear()
        slow = [asyncio.create_task(store.aput(NS, f"s{n}", {"text": f"slow {n}"})) for n in range(20)]
        await embedder.waiting.wait()
        quick = [
            asyncio.create_task(store.aget(NS, "k")),
            asyncio.create_task(store.asearch(NS, filter={"text": "tea"})),
            asyncio.create_task(store.aput(NS, "quick", {"text": "plain"}, index=False)),
        ]
        done, waiting = await asyncio.wait(quick, timeout=patience_s)
        held = not any(task.done() for task in slow)
        embedder.door.set()
        await asyncio.gather(*slow, *waiting)
        assert held
        assert len(done) == len(quick)
        assert len(await store.asearch(NS, limit=50)) == 22

    async def test_many_writers_of_one_item_leave_one_of_their_values(self, store: BaseStore) -> None:
        await asyncio.gather(*(store.aput(NS, "k", {"text": f"w{n}", "n": n}) for n in range(20)))
        (item,) = await store.asearch(NS)
        assert item.value in [{"text": f"w{n}", "n": n} for n in range(20)]
        (found,) = await store.asearch(NS, query=item.value["text"])
        assert found.score == pytest.approx(1.0, abs=0.01)

    async def test_concurrent_setups_of_one_place_all_succeed(
        self, setups: list[Callable[[], Awaitable[None]]]
    ) -> None:
        ended = await asyncio.gather(*(setup() for setup in setups), return_exceptions=True)
        assert [error for error in ended if error is not None] == []

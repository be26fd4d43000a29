"""S18, S14 and S01 at the long-term store: what it cannot hold is refused by one sentence, and nobody else notices."""

import asyncio
import math
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from langgraph.store.base import GetOp, ListNamespacesOp, Op, PutOp, SearchOp

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.ranking.recipes import RECIPES
from memory.long_term.statements.operations import MAX_DEPTH, MAX_NAME_BYTES, MAX_VALUE_BYTES
from tests.contract.store.embedding import DIMS, HashedWords
from tests.services.long_term import episode, opened

NS = ("users", "ana")
DEEP = 100_000


def deep(levels: int, kind: str = "dict") -> Any:
    made: Any = 1
    for _ in range(levels):
        made = {"a": made} if kind == "dict" else [made]
    return made


def doubled(levels: int) -> list[Any]:
    """Small in memory, and as JSON larger than any disk."""
    made: list[Any] = [1]
    for _ in range(levels):
        made = [made, made]
    return made


BAD_VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    "deep dict": (lambda: {"v": deep(DEEP)}, "nested too deeply"),
    "deep list": (lambda: {"v": deep(DEEP, "list")}, "nested too deeply"),
    "one too deep": (lambda: {"v": deep(MAX_DEPTH)}, "nested too deeply"),
    "doubled": (lambda: {"v": doubled(150)}, "too many"),
    "50 MB": (lambda: {"text": "x" * 50_000_000}, "at most 1,000,000"),
    "just too large": (lambda: {"text": "x" * MAX_VALUE_BYTES}, "at most 1,000,000"),
    "many": (lambda: {"v": list(range(2_000_000))}, "too many"),
    "NaN": (lambda: {"v": [1, math.nan]}, "cannot be stored as JSON"),
    "infinity": (lambda: {"v": {"a": -math.inf}}, "cannot be stored as JSON"),
    "digits": (lambda: {"v": 10**5_000}, "cannot be stored as JSON"),
    "a set": (lambda: {"v": {1}}, "not JSON serializable"),
    "a list": (lambda: ["x"], "it is a dictionary"),
}


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with opened(database) as made:
        await made.aput(NS, "kept", {"text": "tea", "n": 1})
        yield made


def one_sentence(error: BaseException) -> None:
    said = str(error)
    assert "\n" not in said and len(said) < 300, said


@pytest.mark.parametrize("name", BAD_VALUES)
async def test_s18_a_value_that_cannot_be_held_is_refused_at_once(store: PostgresStore, name: str) -> None:
    make, words = BAD_VALUES[name]
    value = make()
    tracemalloc.start()
    try:
        with pytest.raises((ValueError, TypeError), match=words) as caught:
            await store.abatch([PutOp(NS, "other", {"text": "wine"}), PutOp(NS, "bad", value)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    one_sentence(caught.value)
    assert peak < 250_000_000
    assert [item.key for item in await store.asearch(NS)] == ["kept"]


async def test_s18_the_largest_and_the_deepest_that_are_allowed_are_stored(store: PostgresStore) -> None:
    largest = {"text": "x" * (MAX_VALUE_BYTES - 20)}
    await store.aput(NS, "large", largest)
    await store.aput(NS, "deep", {"v": deep(MAX_DEPTH - 1)})
    for key, value in {"large": largest, "deep": {"v": deep(MAX_DEPTH - 1)}}.items():
        item = await store.aget(NS, key)
        assert item is not None
        assert item.value == value


async def test_s01_ten_users_at_once_of_whom_one_is_refused_by_one_sentence(store: PostgresStore) -> None:
    bad = {"NaN", "deep dict", "50 MB"}
    for name in bad:
        values: list[Any] = [{"text": f"tea {number}"} for number in range(10)]
        values[4] = BAD_VALUES[name][0]()
        puts = [store.aput(("users", f"u{number}"), name, value) for number, value in enumerate(values)]
        ended = await asyncio.gather(*puts, return_exceptions=True)
        assert [number for number, error in enumerate(ended) if error is not None] == [4]
        assert isinstance(ended[4], ValueError)
        one_sentence(ended[4])
        kept = await store.abatch([GetOp(("users", f"u{number}"), name) for number in range(10)])
        assert [number for number, item in enumerate(kept) if item is None] == [4]


async def test_s01_text_that_postgres_cannot_hold_loses_nothing_else(store: PostgresStore) -> None:
    texts = {"nul": "a\x00b", "surrogate": "a\ud800b", "pair": "a\ud83e\udde0b"}
    for key, text in texts.items():
        await store.aput(NS, key, {"text": text, "list": [text], text: 1})
    wanted = {"nul": "a\ufffdb", "surrogate": "a\ufffdb", "pair": "a\U0001f9e0b"}
    for key, text in wanted.items():
        item = await store.aget(NS, key)
        assert item is not None
        assert item.value == {"text": text, "list": [text], text: 1}
    assert {item.key for item in await store.asearch(NS, filter={"text": "a\x00b"})} == {"nul", "surrogate"}


BAD_OPERATIONS: dict[str, tuple[Op, str]] = {
    "filter NaN": (SearchOp(NS, filter={"n": math.nan}), "JSON cannot hold"),
    "filter infinity": (SearchOp(NS, filter={"n": {"$gt": math.inf}}), "JSON cannot hold"),
    "filter digits": (SearchOp(NS, filter={"n": {"$in": [10**5_000]}}), "JSON cannot hold"),
    "filter key": (SearchOp(NS, filter={5: 1}), "keys are text"),  # type: ignore[dict-item]
    "filter deep": (SearchOp(NS, filter={"n": deep(DEEP)}), "nested too deeply"),
    "operator": (SearchOp(NS, filter={"n": {"$where": "1=1"}}), "operators are"),
    "$in of text": (SearchOp(NS, filter={"n": {"$in": "abc"}}), "takes a list"),
    "$exists of one": (SearchOp(NS, filter={"n": {"$exists": 1}}), "true or false"),
    "order of lists": (SearchOp(NS, filter={"n": {"$gt": [1]}}), "have an order"),
    "strategy": (SearchOp(NS, filter={"$strategy": "'; DROP TABLE"}), "no strategy"),
    "asked at": (SearchOp(NS, filter={"$asked_at": "yesterday"}), "give the time as"),
    "spans of text": (SearchOp(NS, filter={"$spans": "yesterday"}), "pairs of an earlier"),
    "span backwards": (
        SearchOp(NS, filter={"$spans": [["2026-03-02", "2026-03-01"]]}),
        "pairs of an earlier",
    ),
    "span beyond time": (
        SearchOp(NS, filter={"$spans": [["0001-01-01T00:00:00+14:00", "2026-03-01"]]}),
        "pairs of an earlier",
    ),
    "spans too many": (
        SearchOp(NS, filter={"$spans": [["2026-03-01", "2026-03-02"]] * 9}),
        "pairs of an earlier",
    ),
    "limit": (SearchOp(NS, limit=-1), "whole number"),
    "offset": (SearchOp(NS, offset=2**70), "whole number"),
    "limit of words": (SearchOp(NS, limit="1; --"), "whole number"),  # type: ignore[arg-type]
    "listing's limit": (ListNamespacesOp(limit=-1), "whole number"),
    "max_depth": (ListNamespacesOp(max_depth="1]; --"), "whole number"),  # type: ignore[arg-type]
    "ttl NaN": (PutOp(NS, "k", {"text": "x"}, ttl=math.nan), "it is minutes"),
    "ttl infinity": (PutOp(NS, "k", {"text": "x"}, ttl=math.inf), "it is minutes"),
    "ttl below none": (PutOp(NS, "k", {"text": "x"}, ttl=-1), "it is minutes"),
    "long key": (PutOp(NS, "k" * (MAX_NAME_BYTES + 1), {"text": "x"}), "at most 2,000"),
    "key with NUL": (PutOp(NS, "a\x00", {"text": "x"}), "NUL"),
    "no operation": ("DROP TABLE", "no operation of a store"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", BAD_OPERATIONS)
async def test_s14_what_cannot_be_meant_is_refused_by_one_sentence(store: PostgresStore, name: str) -> None:
    op, words = BAD_OPERATIONS[name]
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        await store.abatch([PutOp(NS, "other", {"text": "wine"}), op])
    one_sentence(caught.value)
    assert [item.key for item in await store.asearch(NS)] == ["kept"]


SQL = [
    "'; DROP TABLE memory_items; --",
    "%s",
    "%(owner)s",
    "{}",
    "a'b\"c",
    "\\",
    "$1",
    "\u0130",
    "*",
    "1:1,2:1",
    "NULL",
]


@pytest.mark.parametrize("strategy", RECIPES)
async def test_s14_a_query_and_a_key_are_taken_literally(store: PostgresStore, strategy: str) -> None:
    for text in SQL:
        await store.aput(NS, text, {"text": text, text: text})
        await store.asearch(NS, query=text, filter={"$strategy": strategy})
        found = await store.asearch(NS, filter={text: text})
        assert [item.key for item in found] == [text]
        item = await store.aget(NS, text)
        assert item is not None
    assert len(await store.asearch(NS, limit=50)) == len(SQL) + 1


async def test_s14_a_list_of_more_values_than_a_filter_takes(store: PostgresStore) -> None:
    many = list(range(100_000))
    for name in ("$in", "$nin"):
        with pytest.raises(ValueError, match="it takes 1,000: ask several times with some each"):
            await store.asearch(NS, filter={"n": {name: many}})
    most = list(range(1_000))
    assert [item.key for item in await store.asearch(NS, filter={"n": {"$in": most}})] == ["kept"]
    assert await store.asearch(NS, filter={"n": {"$nin": most}}) == []


@pytest.mark.parametrize(
    "said_at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0001-01-01", "never", "", 5, None]
)
async def test_s18_a_memory_from_the_end_of_time_spoils_no_search(store: PostgresStore, said_at: Any) -> None:
    value = episode("I moved two weeks ago, in 9999 or in May.", speaker="".join(map(chr, range(60, 5_000))))
    value["provenance"]["said_at"] = said_at
    await store.aput(NS, "odd", value)
    await store.aput(NS, "plain", episode("I moved to Porto."))
    for name in RECIPES:
        ends = [["0001-01-01", "2026-03-01"], ["2026-03-01", "9999-12-31T23:59:59"]]
        options = {"$strategy": name, "$asked_at": "9999-12-31T23:00:00-10:00", "$spans": ends}
        found = await store.asearch(NS, query="Who moved last week?", filter=options)
        assert "plain" in {item.key for item in found} or name == "temporal"


class Wrong(HashedWords):
    """Gives what `instead` makes of each text, while it is set."""

    instead: Callable[[int], Any] | None = None

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.instead is None:
            return await super().aembed_documents(texts)
        return [self.instead(DIMS) for _ in texts]


VECTORS: dict[str, Callable[[int], Any]] = {
    "NaN": lambda dims: [math.nan] * dims,
    "zero": lambda dims: [0.0] * dims,
    "zero as a halfvec": lambda dims: [1e-9] * dims,
    "too large for a halfvec": lambda dims: [1e30] * dims,
    "short": lambda dims: [1.0] * (dims - 1),
    "nothing": lambda dims: None,
}


@pytest.mark.parametrize("name", VECTORS)
async def test_r33_a_vector_that_would_spoil_searches_is_never_stored(database: str, name: str) -> None:
    model = Wrong()
    async with opened(database, model) as store:
        await store.aput(NS, "kept", {"text": "tea"})
        model.instead = VECTORS[name]
        for work in (store.aput(NS, "bad", {"text": "tea"}), store.asearch(NS, query="tea")):
            with pytest.raises(ValueError, match="embedding model") as caught:
                await work
            one_sentence(caught.value)
        model.instead = None
        (found,) = await store.asearch(NS, query="tea")
        assert found.key == "kept"
        assert found.score == pytest.approx(1.0, abs=0.01)

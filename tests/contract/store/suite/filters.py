"""Filters compare JSON types, whatever the store keeps them in."""

from typing import Any

import pytest
from langgraph.store.base import BaseStore, PutOp

NS = ("users", "ana")
ITEMS: dict[str, dict[str, Any]] = {
    "nine": {"n": 9},
    "ten": {"n": 10},
    "minus": {"n": -3},
    "half": {"n": 2.5},
    "big": {"n": 10**20},
    "text": {"n": "9"},
    "word": {"n": "pear"},
    "upper": {"n": "Quince"},
    "true": {"n": True},
    "false": {"n": False},
    "null": {"n": None},
    "list": {"n": [1, 2]},
    "object": {"n": {"a": 1, "b": 2}},
    "missing": {},
}
EVERY = set(ITEMS)
CASES: dict[str, tuple[Any, set[str]]] = {
    "eq_number": (9, {"nine"}),
    "eq_float_of_an_int": (9.0, {"nine"}),
    "eq_string": ("9", {"text"}),
    "eq_true": (True, {"true"}),
    "eq_false": ({"$eq": False}, {"false"}),
    "eq_one_is_not_true": (1, set()),
    "eq_list": ([1, 2], {"list"}),
    "eq_part_of_an_object": ({"a": 1}, {"object"}),
    "eq_null_or_missing": (None, {"null", "missing"}),
    "eq_big": ({"$eq": 10**20}, {"big"}),
    "ne_number": ({"$ne": 9}, EVERY - {"nine"}),
    "ne_string": ({"$ne": "9"}, EVERY - {"text"}),
    "ne_true": ({"$ne": True}, EVERY - {"true"}),
    "ne_null": ({"$ne": None}, EVERY - {"null", "missing"}),
    "gt_number": ({"$gt": 9}, {"ten", "big"}),
    "gte_number": ({"$gte": 9}, {"nine", "ten", "big"}),
    "lt_number": ({"$lt": 9}, {"minus", "half"}),
    "lte_float": ({"$lte": 2.5}, {"minus", "half"}),
    "lt_negative": ({"$lt": -2.9}, {"minus"}),
    "between": ({"$gt": -3, "$lt": 10}, {"nine", "half"}),
    "gt_string": ({"$gt": "9"}, {"word", "upper"}),
    "gte_string": ({"$gte": "9"}, {"text", "word", "upper"}),
    "lt_string_by_code_point": ({"$lt": "a"}, {"text", "upper"}),
    "lte_string": ({"$lte": "pear"}, {"text", "upper", "word"}),
}
NUMBERS = [9, 10, 2, 33, -1, 100, 0.5]
ODD_NAMES = ["it's", 'a"b', "%s", "%(n)s", "a.b", "a\\b", "$1", "{a}", "'; DROP TABLE store; --", "\u00e9"]


async def keys(store: BaseStore, wanted: dict[str, Any], query: str | None = None) -> set[str]:
    return {item.key for item in await store.asearch(NS, filter=wanted, query=query, limit=50)}


class Filters:
    @pytest.mark.parametrize("case", CASES)
    async def test_filter(self, store: BaseStore, case: str) -> None:
        await store.abatch([PutOp(NS, key, {"text": key, **value}) for key, value in ITEMS.items()])
        wanted, found = CASES[case]
        assert await keys(store, {"n": wanted}) == found

    @pytest.mark.parametrize("name", ["$gt", "$gte", "$lt", "$lte"])
    async def test_items_without_the_key_have_no_order(self, store: BaseStore, name: str) -> None:
        await store.aput(NS, "missing", {"text": "a"})
        await store.aput(NS, "five", {"text": "a", "n": 5})
        assert await keys(store, {"n": {name: 5}}) <= {"five"}
        assert await keys(store, {"absent": {name: 5}}) == set()

    async def test_numbers_compare_as_numbers(self, store: BaseStore) -> None:
        await store.abatch([PutOp(NS, str(n), {"n": n}) for n in NUMBERS])
        for bound in NUMBERS:
            assert await keys(store, {"n": {"$gt": bound}}) == {str(n) for n in NUMBERS if n > bound}
            assert await keys(store, {"n": {"$lte": bound}}) == {str(n) for n in NUMBERS if n <= bound}

    async def test_every_key_of_a_filter_must_hold(self, store: BaseStore) -> None:
        for key, value in {"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 2, "y": 1}}.items():
            await store.aput(NS, key, {"text": key, **value})
        assert await keys(store, {"x": 1, "y": 1}) == {"a"}
        assert await keys(store, {"x": {"$ne": 2}, "y": {"$ne": 1}}) == {"b"}

    async def test_a_filter_holds_with_a_query_too(self, store: BaseStore) -> None:
        for number in range(10):
            await store.aput(NS, str(number), {"text": f"tea {number}", "even": number % 2 == 0})
        found = await store.asearch(NS, query="tea 3", filter={"even": True}, limit=10)
        assert {item.key for item in found} == {"0", "2", "4", "6", "8"}

    async def test_an_unknown_operator_is_refused(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a", "n": 1})
        with pytest.raises(ValueError, match="near"):
            await store.asearch(NS, filter={"n": {"$near": 1}})

    @pytest.mark.parametrize("name", ODD_NAMES)
    async def test_s14_metacharacters_are_literal(self, store: BaseStore, name: str) -> None:
        await store.aput(NS, "odd", {"text": "a", name: name})
        await store.aput(NS, "other", {"text": "a", name + "x": name, "n": "other"})
        assert await keys(store, {name: name}) == {"odd"}
        assert await keys(store, {name: {"$eq": name}}, query="a") == {"odd"}
        assert await keys(store, {name: name + "x"}) == set()

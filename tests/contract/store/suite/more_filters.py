"""Filters beyond LangGraph's own: lists of values, presence, and paths into what is nested."""

from typing import Any

import pytest
from langgraph.store.base import BaseStore, PutOp

NS = ("users", "ana")
ITEMS: dict[str, dict[str, Any]] = {
    "one": {"n": 1, "deep": {"a": 1, "list": [{"b": "x"}, 2]}},
    "two": {"n": 2, "deep": {"a": 2}},
    "text": {"n": "1", "deep": "none"},
    "true": {"n": True},
    "null": {"n": None, "deep": {"a": None}},
    "literal": {"n": 9, "deep.a": 1},
    "both": {"n": 9, "deep.a": 5, "deep": {"a": 1}},
    "missing": {},
}
EVERY = set(ITEMS)
CASES: dict[str, tuple[str, Any, set[str]]] = {
    "in": ("n", {"$in": [1, 2, 7]}, {"one", "two"}),
    "in_mixed": ("n", {"$in": ["1", True]}, {"text", "true"}),
    "in_null": ("n", {"$in": [None, 1]}, {"one", "null", "missing"}),
    "in_nothing": ("n", {"$in": []}, set()),
    "nin": ("n", {"$nin": [1, "1", 9]}, {"two", "true", "null", "missing"}),
    "nin_null": ("n", {"$nin": [None]}, EVERY - {"null", "missing"}),
    "nin_nothing": ("n", {"$nin": []}, EVERY),
    "exists": ("n", {"$exists": True}, EVERY - {"missing"}),
    "exists_not": ("n", {"$exists": False}, {"missing"}),
    "path": ("deep.a", 1, {"one", "literal"}),
    "path_order": ("deep.a", {"$gte": 1}, {"one", "two", "literal", "both"}),
    "path_exists": ("deep.a", {"$exists": True}, {"one", "two", "null", "literal", "both"}),
    "path_into_a_list": ("deep.list.0.b", "x", {"one"}),
    "path_to_nowhere": ("deep.list.9.b", {"$exists": True}, set()),
    "path_in": ("deep.a", {"$in": [2, 5]}, {"two", "both"}),
    "two_operators": ("n", {"$in": [1, 2, 9], "$gt": 1}, {"two", "literal", "both"}),
}


class MoreFilters:
    @pytest.mark.parametrize("query", [None, "tea"], ids=["listed", "searched"])
    @pytest.mark.parametrize("case", CASES)
    async def test_more_filters(self, store: BaseStore, case: str, query: str | None) -> None:
        await store.abatch([PutOp(NS, key, {"text": "tea", **value}) for key, value in ITEMS.items()])
        name, wanted, found = CASES[case]
        hits = await store.asearch(NS, filter={name: wanted}, query=query, limit=50)
        assert {item.key for item in hits} == found

    @pytest.mark.parametrize(
        "wanted", [{"$in": 5}, {"$nin": "ab"}, {"$exists": "yes"}], ids=["in", "nin", "exists"]
    )
    async def test_an_operand_that_cannot_be_meant_is_refused(
        self, store: BaseStore, wanted: dict[str, Any]
    ) -> None:
        await store.aput(NS, "k", {"text": "a", "n": 1})
        with pytest.raises(ValueError, match="n"):
            await store.asearch(NS, filter={"n": wanted})

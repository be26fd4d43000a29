"""Namespaces: siblings that look alike stay apart; listing."""

import contextlib
from typing import Any

import pytest
from langgraph.store.base import BaseStore, PutOp

SIBLINGS = {
    "u1-u10": ("u1", "u10"),
    "1-12": ("1", "12"),
    "underscore": ("a_b", "axb"),
    "percent": ("a%b", "axxb"),
    "percent-alone": ("%", "x"),
    "case": ("Ana", "ana"),
    "nfc-nfd": ("\u00e9", "e\u0301"),
    "newline": ("a\nb", "a"),
    "trailing-newline": ("a\n", "a"),
    "backslash": ("a\\b", "ab"),
    "backslash-wildcard": ("a\\_b", "a_b"),
    "regex": ("a+", "aa"),
    "regex-class": ("[ab]", "a"),
    "star": ("a*", "ab"),
    "space": ("a ", "a"),
    "quote": ("a'", "a"),
    "slash-colon": ("a/b:c", "a"),
    "emoji": ("\U0001f9e0", "\U0001f9e1"),
    "zero-width": ("a\u200b", "a"),
    "turkish": ("\u0130", "i\u0307"),
}
TREE = [
    ("a", "b", "c"),
    ("a", "b", "d", "e"),
    ("a", "b", "d", "i"),
    ("a", "b", "f"),
    ("a", "c", "f"),
    ("b", "a", "f"),
    ("users", "123"),
    ("users", "456", "settings"),
    ("admin", "users", "789"),
]
LISTINGS: dict[str, tuple[dict[str, Any], set[tuple[str, ...]]]] = {
    "all": ({}, set(TREE)),
    "prefix": ({"prefix": ("a", "b")}, set(TREE[:4])),
    "prefix-of-one-label": ({"prefix": ("users",)}, set(TREE[6:8])),
    "prefix-is-itself": ({"prefix": ("users", "123")}, {TREE[6]}),
    "prefix-too-long": ({"prefix": ("users", "123", "x")}, set()),
    "suffix": ({"suffix": ("f",)}, {TREE[3], TREE[4], TREE[5]}),
    "suffix-is-no-part-of-a-label": ({"suffix": ("ettings",)}, set()),
    "both": ({"prefix": ("a",), "suffix": ("f",)}, {TREE[3], TREE[4]}),
    "wildcard-prefix": ({"prefix": ("a", "*", "f")}, {TREE[3], TREE[4]}),
    "wildcard-first": ({"prefix": ("*", "users")}, {TREE[8]}),
    "wildcard-suffix": ({"suffix": ("*", "f")}, {TREE[3], TREE[4], TREE[5]}),
    "depth": (
        {"max_depth": 2},
        {("a", "b"), ("a", "c"), ("b", "a"), *TREE[6:7], ("users", "456"), ("admin", "users")},
    ),
    "depth-one": ({"max_depth": 1}, {("a",), ("b",), ("users",), ("admin",)}),
    "depth-beyond": ({"max_depth": 9}, set(TREE)),
    "depth-and-prefix": ({"prefix": ("a", "b"), "max_depth": 3}, {TREE[0], ("a", "b", "d"), TREE[3]}),
}


class Namespaces:
    @pytest.mark.parametrize("turned", [False, True], ids=["there", "back"])
    @pytest.mark.parametrize("name", SIBLINGS)
    async def test_s02_siblings_stay_apart(self, store: BaseStore, name: str, turned: bool) -> None:
        mine, other = reversed(SIBLINGS[name]) if turned else SIBLINGS[name]
        await store.aput(("users", mine, "facts"), "k", {"text": "tea"})
        await store.aput(("users", mine), "k", {"text": "tea"})
        await store.aput((mine,), "k", {"text": "tea"})
        others: list[tuple[str, ...]] = [("users", other), ("users", other, "facts"), (other,)]
        for prefix in others:
            assert await store.alist_namespaces(prefix=prefix) == []
            assert await store.alist_namespaces(suffix=prefix) == []
        whole = {("users", mine), ("users", mine, "facts")}
        assert set(await store.alist_namespaces(prefix=("users", mine))) == whole
        assert set(await store.alist_namespaces(suffix=(mine,))) == {("users", mine), (mine,)}
        assert set(await store.alist_namespaces(max_depth=2)) == {("users", mine), (mine,)}
        for prefix in others:
            assert await store.aget(prefix, "k") is None
            assert await store.asearch(prefix) == []
            assert await store.asearch(prefix, query="tea", limit=50) == []
            await store.adelete(prefix, "k")
        assert {item.namespace for item in await store.asearch(("users", mine), query="tea")} == whole

    @pytest.mark.parametrize("mine", ["a", "a-b", "a/", "ab"])
    async def test_s02_siblings_below_an_owner_stay_apart(self, store: BaseStore, mine: str) -> None:
        others = {"a", "a-b", "a/", "ab"} - {mine}
        namespaces = {("users", "ann", mine), ("users", "ann", mine, "old")}
        for namespace in namespaces:
            await store.aput(namespace, "k", {"text": "tea"})
        for query in (None, "tea"):
            for other in others:
                assert await store.asearch(("users", "ann", other), query=query) == []
            found = await store.asearch(("users", "ann", mine), query=query)
            assert {item.namespace for item in found} == namespaces

    @pytest.mark.parametrize("how", ["put", "batch"])
    async def test_a_dot_in_a_label_is_refused_or_distinct(self, store: BaseStore, how: str) -> None:
        await store.aput(("a", "b"), "k", {"text": "two labels"})
        with contextlib.suppress(ValueError):
            if how == "put":
                await store.aput(("a.b",), "k", {"text": "one label"})
            else:
                await store.abatch([PutOp(("a.b",), "k", {"text": "one label"})])
        item = await store.aget(("a", "b"), "k")
        assert item is not None
        assert item.value == {"text": "two labels"}
        assert [found.value for found in await store.asearch(("a",))] == [{"text": "two labels"}]

    @pytest.mark.parametrize("namespace", [(), ("",), ("a", ""), ("langgraph",), ("a", 1)], ids=repr)
    async def test_a_bad_namespace_is_refused(self, store: BaseStore, namespace: Any) -> None:
        with pytest.raises(ValueError, match="amespace"):
            await store.aput(namespace, "k", {"text": "a"})
        assert await store.asearch(()) == []

    @pytest.mark.parametrize("label", ["a\x00", "a\ud800"], ids=["nul", "surrogate"])
    async def test_a_label_that_utf8_cannot_hold_is_refused_or_distinct(
        self, store: BaseStore, label: str
    ) -> None:
        for other in ("a", "a\ufffd"):
            await store.aput((other,), "k", {"text": "other"})
        with contextlib.suppress(ValueError):
            await store.aput((label,), "k", {"text": "odd"})
        with contextlib.suppress(ValueError):
            assert all(item.value == {"text": "odd"} for item in await store.asearch((label,)))
        with contextlib.suppress(ValueError):
            assert await store.alist_namespaces(prefix=(label,)) in ([], [(label,)])
        assert [item.value for item in await store.asearch(("a",))] == [{"text": "other"}]

    @pytest.mark.parametrize("case", LISTINGS)
    async def test_list_namespaces(self, store: BaseStore, case: str) -> None:
        await store.abatch([PutOp(ns, key, {}) for ns in TREE for key in ("k1", "k2")])
        asked, wanted = LISTINGS[case]
        listed = await store.alist_namespaces(**asked)
        assert len(listed) == len(set(listed))
        assert set(listed) == wanted

    async def test_pages_of_namespaces_hold_each_once(self, store: BaseStore) -> None:
        await store.abatch([PutOp(ns, "k", {}) for ns in TREE])
        seen = [
            ns for offset in range(0, 12, 2) for ns in await store.alist_namespaces(limit=2, offset=offset)
        ]
        assert sorted(seen) == sorted(TREE)

    async def test_a_namespace_ends_with_its_last_item(self, store: BaseStore) -> None:
        for key in "ab":
            await store.aput(("a",), key, {"text": "a"})
            await store.adelete(("a",), key)
        assert await store.alist_namespaces() == []

    async def test_reading_makes_no_namespace(self, store: BaseStore) -> None:
        await store.aget(("a",), "k")
        await store.adelete(("b",), "k")
        await store.asearch(("c",), query="tea")
        assert await store.alist_namespaces() == []

"""What may be in a value and in a key."""

import contextlib
from typing import Any

import pytest
from langgraph.store.base import BaseStore

NS = ("users", "ana")
VALUES: dict[str, Any] = {
    "nested": {"a": [{"b": {"c": [1, [2, {"d": None}]]}}], "e": {}},
    "null": None,
    "bools": [True, False],
    "empty": ["", [], {}],
    "unicode": "na\u00efve \u0436 \u4e2d \u0e01 e\u0301 \u00e9",
    "emoji": "\U0001f9e0 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e8\U0001f1ed",
    "rtl": "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c \u0645\u0631\u062d\u0628\u0627",
    "controls": "\x01\x1b[31m\r\n\t\x7f\u2028",
    "quotes": "' \" \\ \\u0000 %s %(a)s $1 ; -- ",
    "floats": [0.1, -2.5, 1e-7, 3.0, 1e15, -0.25],
    "huge_float": 1.7e308,
    "big_ints": [2**53 + 1, -(2**63), 2**64, 10**40],
    "long": "word " * 20_000,
}
KEYS = {
    "dots": "a.b.c",
    "quotes": "'\"\\%s",
    "wildcards": "%_*",
    "newline": "a\nb",
    "emoji": "\U0001f9e0",
    "long": "k" * 1_000,
    "space": " k ",
}
UNSTORABLE = {"nul": "a\x00b", "surrogate": "a\ud800b", "swapped": "\udc00\ud800", "last": "a\ud83d"}


class Values:
    @pytest.mark.parametrize("name", VALUES)
    async def test_a_value_comes_back_as_it_was(self, store: BaseStore, name: str) -> None:
        value = {"text": "a", "value": VALUES[name]}
        await store.aput(NS, "k", value)
        item = await store.aget(NS, "k")
        (found,) = await store.asearch(NS)
        assert item is not None
        assert item.value == found.value == value
        assert repr(item.value["value"] is True) == repr(value["value"] is True)

    @pytest.mark.parametrize("name", KEYS)
    async def test_a_key_comes_back_as_it_was(self, store: BaseStore, name: str) -> None:
        await store.aput(NS, KEYS[name], {"text": "a"})
        await store.aput(NS, KEYS[name] + "x", {"text": "b"})
        item = await store.aget(NS, KEYS[name])
        assert item is not None
        assert (item.key, item.value) == (KEYS[name], {"text": "a"})
        await store.adelete(NS, KEYS[name])
        assert [found.key for found in await store.asearch(NS)] == [KEYS[name] + "x"]

    @pytest.mark.parametrize("name", UNSTORABLE)
    async def test_text_that_utf8_cannot_hold_is_stored_somehow_or_refused(
        self, store: BaseStore, name: str
    ) -> None:
        """Refused with a ValueError, or stored with all that can be kept: the letters around."""
        text = UNSTORABLE[name]
        await store.aput(NS, "other", {"text": "other"})
        with contextlib.suppress(ValueError):
            await store.aput(NS, "k", {"text": text, text: [text]})
            item = await store.aget(NS, "k")
            assert item is not None
            assert item.value["text"].startswith("a") or name == "swapped"
            item.value["text"].encode()
        with contextlib.suppress(ValueError):
            await store.asearch(NS, query=text, filter={"text": text})
        assert await store.aget(NS, "other") is not None

    @pytest.mark.parametrize("name", UNSTORABLE)
    async def test_a_key_that_utf8_cannot_hold_is_distinct_or_refused(
        self, store: BaseStore, name: str
    ) -> None:
        key = UNSTORABLE[name]
        for other in ("a\ufffdb", "ab", "a\ufffd", "\ufffd\ufffd", "a"):
            await store.aput(NS, other, {"text": "other"})
        with contextlib.suppress(ValueError):
            await store.aput(NS, key, {"text": "odd"})
        with contextlib.suppress(ValueError):
            item = await store.aget(NS, key)
            assert item is None or item.value == {"text": "odd"}
        with contextlib.suppress(ValueError):
            await store.adelete(NS, key)
        assert len(await store.asearch(NS)) == 5
        assert all(item.value == {"text": "other"} for item in await store.asearch(NS))

"""Search by meaning, by prefix and by page."""

import pytest
from langgraph.store.base import BaseStore, PutOp

NS = ("users", "ana")
FOREIGN = 1_500
DRINKS = {"tea": "hot green tea", "wine": "cold red wine", "milk": "cold white milk"}


async def put_drinks(store: BaseStore) -> None:
    for key, text in DRINKS.items():
        await store.aput(NS, key, {"text": text})


class Search:
    async def test_the_nearest_comes_first(self, store: BaseStore) -> None:
        await put_drinks(store)
        found = await store.asearch(NS, query="white milk")
        assert [item.key for item in found][:2] == ["milk", found[1].key]
        scores = [item.score for item in found]
        assert scores == sorted(scores, key=lambda score: -(score or 0.0))
        assert scores[0] is not None
        assert scores[0] > 0.7

    async def test_without_a_query_there_are_no_scores(self, store: BaseStore) -> None:
        await put_drinks(store)
        assert [item.score for item in await store.asearch(NS)] == [None] * 3
        assert [item.score for item in await store.asearch(NS, query="")] == [None] * 3

    async def test_limit_and_offset_beyond_the_end(self, store: BaseStore) -> None:
        await put_drinks(store)
        for query in (None, "tea"):
            assert len(await store.asearch(NS, query=query, limit=2)) == 2
            assert len(await store.asearch(NS, query=query, limit=2, offset=2)) == 1
            assert await store.asearch(NS, query=query, limit=2, offset=3) == []

    @pytest.mark.parametrize("query", [None, "tea"])
    async def test_pages_hold_every_item_once(self, store: BaseStore, query: str | None) -> None:
        for start in range(0, 40, 20):
            numbers = range(start, start + 20)
            await store.abatch([PutOp(NS, f"k{n}", {"text": "tea " * (n % 3) + f"w{n}"}) for n in numbers])
        seen: list[str] = []
        for offset in range(0, 50, 7):
            seen += [item.key for item in await store.asearch(NS, query=query, limit=7, offset=offset)]
        assert sorted(seen) == sorted(f"k{n}" for n in range(40))

    @pytest.mark.parametrize("query", [None, "tea"])
    async def test_a_prefix_finds_what_is_below_it(self, store: BaseStore, query: str | None) -> None:
        for namespace in (NS, (*NS, "facts"), (*NS, "facts", "old"), ("users", "bob"), ("teams", *NS)):
            await store.aput(namespace, "k", {"text": "tea"})

        async def found(*prefix: str) -> set[tuple[str, ...]]:
            return {item.namespace for item in await store.asearch(prefix, query=query)}

        assert await found(*NS) == {NS, (*NS, "facts"), (*NS, "facts", "old")}
        assert await found(*NS, "facts", "old") == {(*NS, "facts", "old")}
        assert len(await found("users")) == 4
        assert len(await found()) == 5
        assert await found("ana") == set()

    async def test_an_item_put_with_index_false_is_not_found_by_its_text(self, store: BaseStore) -> None:
        await put_drinks(store)
        await store.aput(NS, "secret", {"text": "hot green tea"}, index=False)
        scores = {item.key: item.score for item in await store.asearch(NS, query="hot green tea")}
        assert scores.get("secret") is None
        assert await store.aget(NS, "secret") is not None

    async def test_an_item_put_again_with_index_false_is_not_found_by_its_old_text(
        self, store: BaseStore
    ) -> None:
        await put_drinks(store)
        await store.aput(NS, "tea", {"text": "hot green tea"}, index=False)
        scores = {item.key: item.score for item in await store.asearch(NS, query="hot green tea")}
        assert scores.get("tea") is None

    async def test_an_item_put_again_is_found_by_its_new_text_alone(self, store: BaseStore) -> None:
        await put_drinks(store)
        await store.aput(NS, "tea", {"text": "bitter black coffee"})
        found = await store.asearch(NS, query="bitter black coffee")
        assert found[0].key == "tea"
        scores = {item.key: item.score or 0.0 for item in await store.asearch(NS, query="hot green tea")}
        assert scores["tea"] < 0.1

    async def test_an_item_put_again_without_its_text_is_not_found_by_it(self, store: BaseStore) -> None:
        await put_drinks(store)
        await store.aput(NS, "tea", {"note": "no text any more"})
        scores = {item.key: item.score for item in await store.asearch(NS, query="hot green tea")}
        assert scores.get("tea") is None

    async def test_index_names_other_fields(self, store: BaseStore) -> None:
        await store.aput(NS, "a", {"text": "red wine", "title": "green tea"}, index=["title"])
        await store.aput(NS, "b", {"text": "red wine"})
        found = await store.asearch(NS, query="green tea")
        assert found[0].key == "a"
        scores = {item.key: item.score or 0.0 for item in await store.asearch(NS, query="red wine")}
        assert scores["a"] < 0.1 < scores["b"]

    async def test_an_item_with_many_texts_is_found_once_by_its_best(self, store: BaseStore) -> None:
        many = [f"word{n}" for n in range(12)]
        for key in "abc":
            value = {"parts": [*many, f"single{key}"]}
            await store.aput(NS, key, value, index=["parts[*]"])
        for key in "abc":
            found = await store.asearch(NS, query=f"single{key}", limit=3)
            assert found[0].key == key
            assert found[0].score == pytest.approx(1.0, abs=0.01)
            assert {item.key for item in found} == set("abc")

    async def test_a_deleted_item_put_again_has_no_old_vector(self, store: BaseStore) -> None:
        await put_drinks(store)
        await store.adelete(NS, "tea")
        await store.aput(NS, "tea", {"text": "anything"}, index=False)
        scores = {item.key: item.score for item in await store.asearch(NS, query="hot green tea")}
        assert scores.get("tea") is None

    async def test_r26_a_small_tenant_among_nearer_neighbours_gets_all_its_rows(
        self, store: BaseStore
    ) -> None:
        near = [PutOp(("users", "other"), f"k{n}", {"text": f"green tea w{n}"}) for n in range(FOREIGN)]
        for start in range(0, FOREIGN, 500):
            await store.abatch(near[start : start + 500])
        texts = [("green " * (n % 5) + f"coffee x{n}") for n in range(12)]
        await store.abatch([PutOp(NS, f"k{n}", {"text": text}) for n, text in enumerate(texts)])
        best = {f"k{n}" for n in range(12) if n % 5 == 4}
        for limit in (2, 5, 10, 50):
            found = await store.asearch(NS, query="green tea", limit=limit)
            assert len(found) == min(limit, 12)
            assert {item.namespace for item in found} == {NS}
            assert {item.key for item in found[:2]} == best

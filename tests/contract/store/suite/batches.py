"""Several operations in one call."""

import math

import pytest
from langgraph.store.base import BaseStore, GetOp, ListNamespacesOp, Op, PutOp, SearchOp

from tests.contract.store.embedding import HashedWords

NS = ("users", "ana")


class Batches:
    async def test_an_empty_batch(self, store: BaseStore) -> None:
        assert await store.abatch([]) == []

    async def test_results_stand_in_the_order_of_the_operations(self, store: BaseStore) -> None:
        for key in ("a", "b"):
            await store.aput(NS, key, {"text": key})
        listed, second, found, nothing, first, written = await store.abatch(
            [
                ListNamespacesOp(),
                GetOp(NS, "b"),
                SearchOp(NS, query="a", limit=1),
                GetOp(NS, "none"),
                GetOp(NS, "a"),
                PutOp(NS, "c", {"text": "c"}),
            ]
        )
        assert listed == [NS]
        assert (first.key, second.key, [item.key for item in found]) == ("a", "b", ["a"])  # type: ignore[union-attr]
        assert (nothing, written) == (None, None)
        assert await store.aget(NS, "c") is not None

    async def test_a_read_sees_the_writes_before_it_and_none_after(self, store: BaseStore) -> None:
        before, _, after, found, _, gone, listed = await store.abatch(
            [
                GetOp(NS, "k"),
                PutOp(NS, "k", {"text": "tea"}),
                GetOp(NS, "k"),
                SearchOp(NS, query="tea"),
                PutOp(NS, "k", None),
                GetOp(NS, "k"),
                ListNamespacesOp(),
            ]
        )
        assert before is None
        assert after is not None
        assert [item.key for item in found] == ["k"]  # type: ignore[union-attr]
        assert gone is None
        assert listed == []

    async def test_the_last_write_of_a_key_wins(self, store: BaseStore) -> None:
        await store.abatch(
            [
                PutOp(NS, "k", {"text": "1"}),
                PutOp(NS, "gone", {"text": "1"}),
                PutOp(NS, "k", None),
                PutOp(NS, "gone", None),
                PutOp(NS, "k", {"text": "2"}),
            ]
        )
        assert [(item.key, item.value) for item in await store.asearch(NS)] == [("k", {"text": "2"})]

    async def test_callers_see_what_others_have_finished(self, store: BaseStore) -> None:
        for number in range(20):
            await store.aput(NS, "k", {"n": number})
            read = await store.abatch([GetOp(NS, "k")])
            found = await store.asearch(NS)
            assert read[0].value == found[0].value == {"n": number}  # type: ignore[union-attr]

    async def test_two_items_of_one_batch_with_one_text(self, store: BaseStore) -> None:
        await store.abatch([PutOp(NS, key, {"text": "green tea"}) for key in "ab"])
        assert {item.key for item in await store.asearch(NS, query="tea") if item.score} == {"a", "b"}

    async def test_texts_keep_to_their_items(self, store: BaseStore) -> None:
        texts = {"a": "green tea", "b": "red wine", "c": "green tea", "d": "black coffee"}
        await store.abatch([PutOp(NS, key, {"text": text}) for key, text in texts.items()])
        for text in set(texts.values()):
            wanted = {key for key in texts if texts[key] == text}
            found = await store.asearch(NS, query=text, limit=len(wanted))
            assert {item.key for item in found} == wanted

    @pytest.mark.parametrize("fault", ["embedder", "nan", "operator", "not_json", "namespace"])
    async def test_a_batch_that_fails_writes_nothing(self, store: BaseStore, fault: str) -> None:
        bad: dict[str, Op] = {
            "embedder": PutOp(NS, "b", {"text": HashedWords.POISON}),
            "nan": PutOp(NS, "b", {"text": "b", "n": math.nan}),
            "operator": SearchOp(NS, filter={"n": {"$near": 1}}),
            "not_json": PutOp(NS, "b", {"text": "b", "n": {1, 2}}),
            "namespace": PutOp(("users", "an.a"), "b", {"text": "b"}),
        }
        await store.aput(NS, "kept", {"text": "kept"})
        good: list[Op] = [PutOp(NS, "kept", None), PutOp(NS, "a", {"text": "a"})]
        with pytest.raises(Exception):  # noqa: B017, PT011 - which one is the store's own affair
            await store.abatch([*good, bad[fault], PutOp(NS, "c", {"text": "c"})])
        assert {item.key for item in await store.asearch(NS)} == {"kept"}

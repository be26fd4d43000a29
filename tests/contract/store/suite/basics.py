"""One item: put, get, replace, delete."""

import asyncio
from typing import Any

from langgraph.store.base import BaseStore, PutOp

NS = ("users", "ana")


class Basics:
    async def test_get_of_what_was_never_put_is_none(self, store: BaseStore) -> None:
        assert await store.aget(NS, "k") is None

    async def test_put_then_get(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "green tea"})
        item = await store.aget(NS, "k")
        assert item is not None
        assert (item.namespace, item.key, item.value) == (NS, "k", {"text": "green tea"})

    async def test_put_replaces_the_whole_value(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a", "old": 1})
        await store.aput(NS, "k", {"text": "b"})
        item = await store.aget(NS, "k")
        assert item is not None
        assert item.value == {"text": "b"}
        assert len(await store.asearch(NS)) == 1

    async def test_one_key_in_two_namespaces_is_two_items(self, store: BaseStore) -> None:
        await store.aput(("a",), "k", {"text": "1"})
        await store.aput(("b",), "k", {"text": "2"})
        items = [await store.aget((name,), "k") for name in "ab"]
        assert [item and item.value["text"] for item in items] == ["1", "2"]

    async def test_delete(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a"})
        await store.adelete(NS, "k")
        assert await store.aget(NS, "k") is None
        assert await store.asearch(NS, query="a") == []

    async def test_delete_of_what_was_never_put_is_fine(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a"})
        await store.adelete(NS, "other")
        assert await store.aget(NS, "k") is not None

    async def test_put_of_none_deletes(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a"})
        nothing: Any = None
        await store.aput(NS, "k", nothing)
        assert await store.aget(NS, "k") is None
        await store.aput(NS, "k", {"text": "a"})
        await store.abatch([PutOp(NS, "k", None)])
        assert await store.aget(NS, "k") is None

    async def test_created_at_is_kept_and_updated_at_moves(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a"})
        first = await store.aget(NS, "k")
        await store.aput(NS, "k", {"text": "b"})
        second = await store.aget(NS, "k")
        assert first is not None
        assert second is not None
        assert first.created_at == second.created_at
        assert first.updated_at < second.updated_at

    async def test_times_have_a_zone_and_agree_with_search(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a"})
        item = await store.aget(NS, "k")
        (found,) = await store.asearch(NS)
        assert item is not None
        assert item.created_at.utcoffset() is not None
        assert (found.created_at, found.updated_at) == (item.created_at, item.updated_at)

    async def test_a_returned_value_is_a_copy(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "a"})
        item = await store.aget(NS, "k")
        assert item is not None
        item.value["text"] = "changed"
        again = await store.aget(NS, "k")
        assert again is not None
        assert again.value == {"text": "a"}

    async def test_a_stored_value_is_a_copy(self, store: BaseStore) -> None:
        value: dict[str, Any] = {"text": "a", "list": [1]}
        await store.aput(NS, "k", value)
        value["list"].append(2)
        item = await store.aget(NS, "k")
        assert item is not None
        assert item.value["list"] == [1]

    async def test_the_synchronous_methods_work_from_another_thread(self, store: BaseStore) -> None:
        def work() -> list[Any]:
            store.put(NS, "k", {"text": "green tea"})
            store.put(NS, "gone", {"text": "red wine"})
            store.delete(NS, "gone")
            found = store.search(NS, query="tea")
            return [store.get(NS, "k"), [item.key for item in found], store.list_namespaces()]

        item, found, namespaces = await asyncio.to_thread(work)
        assert item.value == {"text": "green tea"}
        assert found == ["k"]
        assert namespaces == [NS]

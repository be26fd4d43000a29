"""Time to live, in minutes, also in parts of one."""

import asyncio

from langgraph.store.base import BaseStore

NS = ("users", "ana")
MOMENT = 0.0005
# Longer than any of the tests takes, and below one minute: rounded down it would be none at all.
HALF = 0.5


async def expire(store: BaseStore) -> None:
    """Put a short-lived item, and wait till its time is over."""
    await store.aput(NS, "k", {"text": "tea"}, ttl=MOMENT)
    await asyncio.sleep(MOMENT * 60 + 0.1)


class Lifetimes:
    async def test_an_item_lives_till_its_time_is_over(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "tea"}, ttl=HALF)
        assert await store.aget(NS, "k") is not None
        assert len(await store.asearch(NS, query="tea")) == 1
        assert await store.alist_namespaces() == [NS]

    async def test_an_expired_item_is_not_read(self, store: BaseStore) -> None:
        await expire(store)
        assert await store.aget(NS, "k", refresh_ttl=False) is None

    async def test_an_expired_item_is_not_found(self, store: BaseStore) -> None:
        await expire(store)
        assert await store.asearch(NS, refresh_ttl=False) == []
        assert await store.asearch(NS, query="tea", refresh_ttl=False) == []

    async def test_the_namespace_of_an_expired_item_is_not_listed(self, store: BaseStore) -> None:
        await expire(store)
        assert await store.alist_namespaces() == []

    async def test_an_expired_item_is_not_renewed_by_reading(self, store: BaseStore) -> None:
        await expire(store)
        await store.aget(NS, "k", refresh_ttl=True)
        await store.asearch(NS, refresh_ttl=True)
        assert await store.aget(NS, "k", refresh_ttl=False) is None

    async def test_an_item_put_again_without_a_lifetime_stays(self, store: BaseStore) -> None:
        await store.aput(NS, "k", {"text": "tea"}, ttl=MOMENT)
        await store.aput(NS, "k", {"text": "tea"}, ttl=None)
        await store.aput(NS, "forever", {"text": "tea"})
        await expire_other(store)
        assert await store.aget(NS, "k") is not None
        assert {item.key for item in await store.asearch(NS)} >= {"k", "forever"}

    async def test_reading_with_refresh_renews_part_of_a_minute(self, store: BaseStore) -> None:
        for read in ("get", "search", "query"):
            await store.aput(NS, read, {"text": read}, ttl=HALF)
        await store.aget(NS, "get", refresh_ttl=True)
        await store.asearch(NS, refresh_ttl=True)
        await store.asearch(NS, query="query", refresh_ttl=True)
        await swept(store)
        assert {item.key for item in await store.asearch(NS, refresh_ttl=False)} == {"get", "search", "query"}


async def expire_other(store: BaseStore) -> None:
    await store.aput((*NS, "other"), "x", {"text": "tea"}, ttl=MOMENT)
    await asyncio.sleep(MOMENT * 60 + 0.1)


async def swept(store: BaseStore) -> None:
    """Where expired items go only when they are swept, sweep."""
    sweep = getattr(store, "sweep_ttl", None)
    if sweep is not None:
        await sweep()

"""Writes on a condition: a put or a delete upon the version that was read, in every store that keeps versions."""

from typing import Any

import pytest
from langgraph.store.base import BaseStore, GetOp, PutOp

from memory.long_term.postgres_store import ConflictError
from memory.long_term.statements.operations import PutIf

NS = ("users", "ana")


@pytest.fixture(params=["ours", "cached", "batched", "early", "stock", "in_memory"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def version_of(store: BaseStore, key: str = "k") -> int:
    item: Any = await store.aget(NS, key)
    return int(item.version) if item else 0


async def put_if(store: BaseStore, value: dict[str, Any] | None, version: int, key: str = "k") -> None:
    await store.abatch([PutIf(PutOp(NS, key, value), version)])


async def test_a_write_upon_the_version_that_was_read_takes_effect(store: BaseStore) -> None:
    await put_if(store, {"text": "one"}, 0)
    first = await version_of(store)
    await put_if(store, {"text": "two"}, first)
    item: Any = await store.aget(NS, "k")
    assert item.value == {"text": "two"}
    assert item.version > first
    (found,) = await store.asearch(NS, query="two")
    assert found.version == item.version  # type: ignore[attr-defined]
    assert found.score == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("value", [{"text": "mine"}, None], ids=["put", "delete"])
async def test_a_write_upon_another_version_changes_nothing(
    store: BaseStore, value: dict[str, Any] | None
) -> None:
    await store.aput(NS, "k", {"text": "one"})
    stale = await version_of(store)
    await store.aput(NS, "k", {"text": "two"})
    for version in (stale, stale - 1, stale + 2, 0, 7, -1):
        with pytest.raises(ConflictError, match="read it again"):
            await put_if(store, value, version)
    item = await store.aget(NS, "k")
    assert item is not None
    assert item.value == {"text": "two"}
    assert [found.score for found in await store.asearch(NS, query="two")] == [pytest.approx(1.0, abs=0.01)]


async def test_the_first_write_takes_effect_once(store: BaseStore) -> None:
    await put_if(store, {"text": "one"}, 0)
    with pytest.raises(ConflictError):
        await put_if(store, {"text": "two"}, 0)
    with pytest.raises(ConflictError):
        await put_if(store, {"text": "two"}, 12, key="never there")
    assert [item.key for item in await store.asearch(NS)] == ["k"]


async def test_a_key_that_was_deleted_and_put_again_is_another_item(store: BaseStore) -> None:
    """ABA: the same value under the same key is not what was read."""
    await store.aput(NS, "k", {"text": "one"})
    seen = {await version_of(store)}
    for _ in range(3):
        await store.adelete(NS, "k")
        await store.aput(NS, "k", {"text": "one"})
        version = await version_of(store)
        assert version not in seen
        for old in seen:
            with pytest.raises(ConflictError):
                await put_if(store, {"text": "two"}, old)
        seen.add(version)
    assert await version_of(store) == max(seen)


async def test_a_delete_upon_its_version(store: BaseStore) -> None:
    await store.aput(NS, "k", {"text": "one"})
    await put_if(store, None, await version_of(store))
    assert await store.aget(NS, "k") is None
    assert await store.asearch(NS, query="one") == []
    # Nothing is there, as was expected.
    await put_if(store, None, 0)
    with pytest.raises(ConflictError):
        await put_if(store, None, 5)


async def test_one_condition_that_fails_refuses_the_whole_batch(store: BaseStore) -> None:
    await store.aput(NS, "k", {"text": "one"})
    await store.aput(NS, "other", {"text": "one"})
    version = await version_of(store)
    with pytest.raises(ConflictError):
        await store.abatch(
            [
                PutOp(NS, "new", {"text": "new"}),
                PutIf(PutOp(NS, "other", None), await version_of(store, "other")),
                PutIf(PutOp(NS, "k", {"text": "two"}), version + 1),
                PutOp(("users", "bob"), "k", {"text": "new"}),
                GetOp(NS, "k"),
            ]
        )
    assert {item.key: item.value["text"] for item in await store.asearch(())} == {"k": "one", "other": "one"}


async def test_of_two_conditions_on_one_key_each_is_looked_at(store: BaseStore) -> None:
    await store.aput(NS, "k", {"text": "one"})
    read = await version_of(store)
    twice = [PutIf(PutOp(NS, "k", {"text": text}), read) for text in ("two", "three")]
    with pytest.raises(ConflictError, match="read it again"):
        await store.abatch(twice)
    item = await store.aget(NS, "k")
    assert item is not None
    assert item.value == {"text": "one"}
    follow = [
        PutIf(PutOp(NS, "k", {"text": "two"}), read),
        PutIf(PutOp(NS, "k", {"text": "three"}), read + 1),
    ]
    await store.abatch(follow)
    item = await store.aget(NS, "k")
    assert item is not None
    assert item.value == {"text": "three"}


async def test_a_plain_write_still_wins(store: BaseStore) -> None:
    await store.aput(NS, "k", {"text": "one"})
    version = await version_of(store)
    await store.aput(NS, "k", {"text": "two"})
    await store.aput(NS, "k", {"text": "three"})
    assert await version_of(store) > version
    item = await store.aget(NS, "k")
    assert item is not None
    assert item.value == {"text": "three"}

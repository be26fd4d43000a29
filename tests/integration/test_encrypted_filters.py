"""Filters over sealed values: by tokens, or by opening what is in scope."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from langgraph.store.base import BaseStore, PutOp, SearchOp

from memory.long_term.postgres_store import PostgresStore
from memory.long_term.statements.operations import STRATEGY
from memory.long_term.statements.renewal import ASKED
from memory.long_term.wrappers import encrypted
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.postgres.pool import open_pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import create_database, index
from tests.services.encrypted import (
    ANA,
    House,
)
from tests.services.postgres import drop_database


async def test_filters_that_need_the_value_are_bounded_and_exact(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encrypted, "MAX_OPENED", 30)
    store = house.store()
    await store.abatch(
        [PutOp(ANA, f"k{n}", {"text": f"tea w{n}", "n": n, "in": {"a": n % 3}}) for n in range(30)]
    )
    for query in (None, "tea"):
        pages = [
            await store.asearch(ANA, query=query, filter={"n": {"$gte": 7}}, limit=5, offset=at)
            for at in range(0, 30, 5)
        ]
        keys = [item.key for page in pages for item in page]
        assert sorted(keys) == sorted(f"k{n}" for n in range(7, 30))
    assert len(await store.asearch((), filter={"in.a": 0}, limit=50)) == 10
    await store.aput(ANA, "more", {"text": "tea"})
    with pytest.raises(ValueError, match="more than 30 sealed memories"):
        await store.asearch(ANA, filter={"n": {"$gt": 7}})
    assert len(await store.asearch(ANA, filter={"n": 7})) == 1
    for prefix, wanted in ((ANA, {"n": {"$gt": 7}}), (("users",), {})):
        with pytest.raises(ValueError, match="within one owner alone"):
            await store.asearch(prefix, query="tea", filter={STRATEGY: "hybrid", **wanted})


async def test_fields_without_tokens_are_opened_to_be_compared(house: House) -> None:
    store = house.store(filtered=("n",))
    await store.abatch([PutOp(ANA, f"k{n}", {"text": "tea", "n": n % 2, "m": n}) for n in range(6)])
    assert {item.key for item in await store.asearch(ANA, filter={"n": 1, "m": {"$in": [1, 2, 3]}})} == {
        "k1",
        "k3",
    }
    [hit] = await store.asearch(ANA, query="tea", filter={"m": 4})
    assert hit.key == "k4"
    assert len(await store.asearch(ANA, query="tea", filter={STRATEGY: "hybrid", "n": 1})) == 3
    with pytest.raises(ValueError, match="within one owner alone"):
        await store.asearch(ANA, query="tea", filter={STRATEGY: "hybrid", "m": 4})
    [(value,)] = house.rows("SELECT value FROM memory_items WHERE key = 'k1'")
    assert len(value) == 2


async def test_an_order_renews_what_it_gives_alone(house: House) -> None:
    store = house.store()
    for n in (1, 9):
        await store.aput(ANA, f"k{n}", {"text": "tea", "n": n}, ttl=5)
    before = dict(house.rows("SELECT key, expires_at FROM memory_items"))
    await store.abatch([SearchOp(ANA, filter={"n": {"$gt": 5}}, refresh_ttl=ASKED)])
    after = dict(house.rows("SELECT key, expires_at FROM memory_items"))
    assert after["k1"] == before["k1"]
    assert after["k9"] > before["k9"]


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, 1e20, 10**20, "", "a", "b", "1"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
VALUES = st.dictionaries(st.sampled_from(["x", "y", "x.a", "x.0"]), JSON, max_size=3)
OPERATORS = st.one_of(
    st.dictionaries(st.sampled_from(["$eq", "$ne"]), JSON, min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(JSON, max_size=3), min_size=1, max_size=1),
    st.dictionaries(
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
        st.integers(-3, 3) | st.sampled_from([0.5, "", "a", "1"]),
        min_size=1,
        max_size=2,
    ),
    st.fixed_dictionaries({"$exists": st.booleans()}),
)
FILTERS = st.dictionaries(
    st.sampled_from(["x", "y", "x.a", "x.0", "x.-1", "x.a.b", "x.."]),
    JSON | OPERATORS,
    min_size=1,
    max_size=2,
)


def test_any_filter_finds_what_it_finds_in_the_open(postgres_address: str) -> None:
    address = create_database(postgres_address)

    async def open_both(stack: AsyncExitStack) -> tuple[PostgresStore, EncryptedStore]:
        pool = await stack.enter_async_context(open_pool(address, max_size=2, timeout_s=20, name="filters"))
        house = House(pool, address)
        store = house.store()
        await store.setup()
        return PostgresStore(pool, index(HashedWords())), store

    async def agree(plain: BaseStore, sealed: BaseStore, values: list[Any], wanted: list[Any]) -> None:
        for store, owner in ((plain, ("open", "o")), (sealed, ("sealed", "s"))):
            for item in await store.asearch(owner, limit=100):
                await store.adelete(owner, item.key)
            await store.abatch([PutOp(owner, str(n), value, index=False) for n, value in enumerate(values)])
        for each in wanted:
            found = [
                {item.key for item in await store.asearch(owner, filter=each, limit=100)}
                for store, owner in ((plain, ("open", "o")), (sealed, ("sealed", "s")))
            ]
            assert found[0] == found[1], (values, each)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        plain, sealed = runner.run(open_both(stack))

        @rules(
            max_examples=25,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(st.lists(VALUES, min_size=3, max_size=6), st.lists(FILTERS, min_size=8, max_size=12))
        def check(values: list[Any], wanted: list[Any]) -> None:
            runner.run(agree(plain, sealed, values, wanted))

        try:
            check()
        finally:
            runner.run(stack.aclose())
            drop_database(postgres_address, address)

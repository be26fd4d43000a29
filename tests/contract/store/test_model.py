"""Random operations of several tenants: our store against a dictionary."""

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.store.base import BaseStore, GetOp, ListNamespacesOp, MatchCondition, Op, PutOp, SearchOp

from memory.namespaces import owner_namespace
from tests.contract.store.embedding import HashedWords
from tests.contract.store.places import PLACES, alone, empty
from tests.contract.store.tenants import LABELS

Namespace = tuple[str, ...]
Model = dict[tuple[Namespace, str], dict[str, Any]]
RAW = [*LABELS, "*"]
# As users are spelled by us, and as a caller of the bare store might spell them.
OWNERS: list[Namespace] = [owner_namespace(raw) for raw in RAW] + [
    ("users", raw) for raw in RAW if raw != "*"
]
NUMBERS = st.integers(-12, 12) | st.sampled_from([0.5, 10**20])


# Without these hypothesis would invent the fields that have defaults, too.
def put(namespace: Namespace, key: str, value: dict[str, Any] | None) -> PutOp:
    return PutOp(namespace, key, value)


def get(namespace: Namespace, key: str) -> GetOp:
    return GetOp(namespace, key)


namespaces = st.builds(
    lambda owner, kind: (*owner, *kind),
    st.sampled_from(OWNERS),
    st.sampled_from([(), ("facts",), ("facts", "old")]),
)
prefixes = namespaces | st.sampled_from([("users",), ()])
keys = st.sampled_from(["k", "K", "k.", "k%"])
values = st.fixed_dictionaries({"text": st.sampled_from(["tea", "wine", "green tea"]), "n": NUMBERS})
operations: st.SearchStrategy[Op] = st.one_of(
    st.builds(put, namespaces, keys, values),
    st.builds(put, namespaces, keys, values),
    st.builds(put, namespaces, keys, st.none()),
    st.builds(get, namespaces, keys),
    st.builds(
        lambda prefix, bound, query: SearchOp(prefix, {"n": {"$gt": bound}}, 100, 0, query),
        prefixes,
        NUMBERS,
        st.sampled_from([None, "tea"]),
    ),
    st.builds(lambda prefix: ListNamespacesOp((MatchCondition("prefix", prefix),)), prefixes),
)


def expected(model: Model, op: Op) -> Any:
    """Apply one operation; what it should give, in a form that has no order."""
    if isinstance(op, PutOp):
        model.pop((op.namespace, op.key), None)
        if op.value is not None:
            model[op.namespace, op.key] = op.value
        return None
    if isinstance(op, GetOp):
        return model.get((op.namespace, op.key))
    if isinstance(op, SearchOp):
        prefix, bound = op.namespace_prefix, op.filter["n"]["$gt"] if op.filter else 0
        return {
            (namespace, key): value
            for (namespace, key), value in model.items()
            if namespace[: len(prefix)] == prefix and value["n"] > bound
        }
    assert op.match_conditions
    prefix = tuple(op.match_conditions[0].path)
    return {namespace for namespace, _ in model if namespace[: len(prefix)] == prefix}


def comparable(op: Op, result: Any) -> Any:
    if isinstance(op, GetOp):
        return result and result.value
    if isinstance(op, SearchOp):
        assert len({(item.namespace, item.key) for item in result}) == len(result)
        return {(item.namespace, item.key): item.value for item in result}
    return set(result) if isinstance(op, ListNamespacesOp) else result


async def check(store: BaseStore, batches: list[list[Op]]) -> None:
    model: Model = {}
    for batch in batches:
        wanted = [expected(model, op) for op in batch]
        found = await store.abatch(batch)
        assert [comparable(op, result) for op, result in zip(batch, found, strict=True)] == wanted
    everything = expected(model, SearchOp((), {"n": {"$gt": -100}}))
    assert comparable(SearchOp(()), await store.asearch((), limit=1_000)) == everything


def test_s02_random_operations_of_many_tenants_agree_with_a_dictionary(
    database_of: Callable[[str], str],
) -> None:
    address = database_of("ours")

    with asyncio.Runner() as runner:
        opening = PLACES["ours"].open(address, HashedWords(), alone)
        store = runner.run(opening.__aenter__())
        runner.run(PLACES["ours"].set_up(store))

        @settings(
            max_examples=40,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(st.lists(st.lists(operations, min_size=1, max_size=6), min_size=4, max_size=8))
        def agree(batches: list[list[Op]]) -> None:
            empty(address)
            runner.run(check(store, batches))

        try:
            agree()
        finally:
            runner.run(opening.__aexit__(None, None, None))

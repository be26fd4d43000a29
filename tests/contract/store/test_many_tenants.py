"""S02: random operations of many tenants at once, each answer as a dictionary gives it; `make soak` drives 100,000."""

import asyncio
import os
import random
from typing import Any

import pytest
from langgraph.store.base import GetOp, ListNamespacesOp, Op, PutOp, SearchOp

from memory.long_term.postgres_store import ConflictError, PostgresStore
from memory.long_term.statements.operations import PutIf
from tests.contract.store.tenants import Kept, Model
from tests.services.long_term import opened

OPERATIONS = int(os.environ.get("TENANT_OPERATIONS", "25_000"))
BATCH = 400
WORLDS = 4
SEED = 20_261_122


def comparable(op: Op, result: Any, expected: Any) -> Any:
    """The result as the model spells it; a page of a search need only be a part, of the right size, without repeats."""
    if isinstance(op, GetOp):
        return result and result.value
    if isinstance(op, ListNamespacesOp):
        assert len(result) == len(set(result))
        return set(result)
    if not isinstance(op, SearchOp):
        return result
    found = {(item.namespace, item.key): item.value for item in result}
    assert len(found) == len(result)
    if op.offset:
        assert len(found) == max(0, len(expected) - op.offset)
        assert all(place in expected and expected[place] == value for place, value in found.items())
        return expected
    return found


async def agree(store: PostgresStore, model: Model, ops: list[Op]) -> None:
    wanted = [model.expected(op) for op in ops]
    found = await store.abatch(ops)
    for op, result, each in zip(ops, found, wanted, strict=True):
        assert comparable(op, result, each) == each, op


async def conditional(store: PostgresStore, model: Model) -> int:
    """A write upon a version: right, stale, or on an item that is not there; a refused batch leaves nothing."""
    (owner,) = model.owners(1)
    place, other = model.place(owner), model.place(owner)
    item = await store.aget(*place)
    assert (item is None) == (place not in model.items)
    version = 0 if item is None else item.version  # type: ignore[attr-defined]
    right = model.random.random() < 0.5
    given = (
        version
        if right
        else model.random.choice([each for each in (0, version - 1, version + 1, 7) if each != version])
    )
    write = PutOp(*place, model.random.choice([model.value(), model.value(), None]))
    ops: list[Op] = [PutIf(write, given)]
    if other != place:
        ops.insert(0, PutOp(*other, {"text": "beside it"}))
    if right:
        await agree(store, model, ops)
    else:
        with pytest.raises(ConflictError):
            await store.abatch(ops)
    return 1 + len(ops)


async def expiring(store: PostgresStore, model: Model) -> int:
    """What has no time to live is gone for every later read, and is swept."""
    (owner,) = model.owners(1)
    place = model.place(owner)
    await store.aput(*place, model.value(), ttl=0)
    model.items.pop(place, None)
    assert await store.aget(*place) is None
    if model.random.random() < 0.3:
        await store.sweep_ttl()
    return 2


async def live(store: PostgresStore, model: Model, operations: int) -> int:
    done = 0
    while done < operations:
        ops = model.batch(BATCH)
        await agree(store, model, ops)
        done += len(ops) + await conditional(store, model) + await expiring(store, model)
    everything = SearchOp((model.root,), None, 2_000, refresh_ttl=False)
    await agree(store, model, [everything])
    return done + 1


@pytest.mark.timeout(600)
async def test_s02_random_operations_of_many_tenants_agree_with_a_dictionary(
    database: str,
) -> None:
    async with opened(database, max_size=WORLDS) as store:
        # One world's root is how another one's begins.
        models = [Model(f"w{'1' * number}", random.Random(SEED + number)) for number in range(WORLDS)]
        done = await asyncio.gather(*(live(store, model, OPERATIONS // WORLDS) for model in models))
        print(
            f"{sum(done):,} operations of {sum(len({p[0][:2] for p in m.items}) for m in models)} tenants agreed"
        )
        assert sum(done) >= OPERATIONS
        found = await store.asearch((), limit=10_000)
        assert {item.namespace[0] for item in found} == {model.root for model in models}
        assert len(found) == sum(len(model.items) for model in models)


def test_the_model_tells_one_filter_from_another() -> None:
    """A model that agrees with everything would prove nothing."""
    model = Model("w", random.Random(1))
    for number in range(50):
        model.items[("w", "u"), str(number)] = Kept({"text": "tea", **model.value()}, True)
    sizes = [len(model.found(model.search(("w", "u")))) for _ in range(200)]
    assert sizes.count(0) < 190
    assert len(set(sizes)) > 10

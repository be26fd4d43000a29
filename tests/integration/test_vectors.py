"""The vectors of memories as they are kept: one owner's alone, of sealed memories too, and without embedding again."""

import numpy as np
import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from memory.lifecycle.learning.remember import put
from memory.long_term.vectors import vectors_of
from memory.long_term.wrappers.encrypted import EncryptedStore
from memory.namespaces import memory_namespace, owner_namespace
from memory.schema import Memory, Status
from tests.services.chat import ANA
from tests.services.encrypted import House
from tests.unit.memory_parts import learned, told

BOB = "bob@example.com"
FACT, EPISODE = learned("The user lives in Porto.", 1), told("I went for a run. It was hot. I met Ines.", 2)
GONE = learned("The user lives in Faro.", 3, status=Status.RETRACTED)


def name(memory: Memory, user: str = ANA) -> tuple[tuple[str, ...], str]:
    return memory_namespace(user, memory.kind), memory.id


async def test_each_memory_that_is_found_by_meaning_has_its_vector(house: House) -> None:
    store: BaseStore = house.store()
    await store.abatch([put(user, each) for user in (ANA, BOB) for each in (FACT, EPISODE, GONE)])
    found = await vectors_of(store, owner_namespace(ANA), [name(each) for each in (FACT, EPISODE, GONE)])
    assert found is not None and found.keys() == {name(FACT), name(EPISODE)}
    assert isinstance(store, EncryptedStore)
    assert all(vector.dtype == np.float32 and np.linalg.norm(vector) > 0.9 for vector in found.values())


async def test_nobody_elses_vectors_are_told(house: House) -> None:
    store = house.store()
    await store.abatch([put(BOB, FACT)])
    assert await vectors_of(store, owner_namespace(ANA), [name(FACT)]) == {}
    with pytest.raises(ValueError, match="is not of the owner"):
        await vectors_of(store, owner_namespace(ANA), [name(FACT, BOB)])


async def test_a_store_that_keeps_no_vectors_to_read_says_so() -> None:
    assert await vectors_of(InMemoryStore(), owner_namespace(ANA), [name(FACT)]) is None

"""What a subscriber is told: once it has acknowledged never again, before that always, and no more than is granted."""

from datetime import UTC, datetime, timedelta

import pytest
from langgraph.store.memory import InMemoryStore

from memory.lifecycle.learning.remember import put
from memory.lifecycle.sharing.grants import Grant, give, revoke
from memory.lifecycle.sharing.rooms import OwnRoom, Signed
from memory.lifecycle.sharing.subscriptions import (
    LATE,
    Notice,
    acknowledge,
    news,
    subscribe,
    subscription_of,
    unsubscribe,
)
from memory.long_term.rows.readers import Reader, grantee
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Provenance, Source, Status, Validity, fingerprint

PLANNER = Reader("ana", "planner")
RESEARCHER = Reader("ana", "researcher")
WHO = grantee("agent", "planner")
EARLIER = datetime.now(UTC) - timedelta(days=1)


def fact(
    name: str, *, status: Status = Status.ACTIVE, subject: str = "", kind: Kind = Kind.SEMANTIC
) -> Memory:
    came = Provenance(
        thread_id="t", message_ids=["h"], source=Source.USER, said_at=EARLIER, recorded_at=EARLIER
    )
    return Memory(
        id=name,
        kind=kind,
        text=f"The user likes {name}.",
        subject=subject,
        status=status,
        fingerprint=fingerprint(name),
        turn="t:h",
        provenance=came,
        validity=Validity(valid_from=EARLIER),
    )


async def learn(store: InMemoryStore, *memories: Memory, agent: str = "") -> None:
    for memory in memories:
        where = Signed(OwnRoom(store, Reader("ana", agent)), agent, {"t:h"}) if agent else store
        await where.abatch([put("ana", memory)])


async def told(store: InMemoryStore, reader: Reader = PLANNER, limit: int = 50) -> list[str]:
    return [each.memory_id for each in await news(store, reader, limit=limit)]


@pytest.fixture
async def store() -> InMemoryStore:
    """The planner may read what the user told, and has subscribed to facts."""
    made = InMemoryStore()
    await give(made, "ana", Grant(WHO, ("semantic", "episodic")), datetime.now(UTC))
    await learn(made, fact("old"))
    await subscribe(made, PLANNER, datetime.now(UTC), kinds=[Kind.SEMANTIC])
    return made


async def test_what_is_new_is_told_in_order_until_it_is_acknowledged(store: InMemoryStore) -> None:
    await learn(store, fact("tea"), fact("chess"), fact("rain", kind=Kind.EPISODIC))
    assert await told(store) == ["tea", "chess"]
    first = await news(store, PLANNER, limit=1)
    assert first == [Notice("tea", Kind.SEMANTIC, None, "The user likes tea.", first[0].at)]
    await acknowledge(store, PLANNER, first)
    assert await told(store) == ["chess"]
    await acknowledge(store, PLANNER, await news(store, PLANNER))
    assert await told(store) == []
    await learn(store, fact("wine"))
    assert await told(store) == ["wine"]


async def test_who_learned_it_is_told_and_nobody_hears_of_their_own(store: InMemoryStore) -> None:
    await give(store, "ana", Grant(WHO, ("semantic",), keeper="researcher"), datetime.now(UTC))
    await learn(store, fact("trains"), agent="researcher")
    await learn(store, fact("steps"), agent="planner")
    assert [(each.memory_id, each.learned_by) for each in await news(store, PLANNER)] == [
        ("trains", "researcher")
    ]


async def test_what_is_granted_when_it_is_told_counts(store: InMemoryStore) -> None:
    await learn(store, fact("tea"))
    await learn(store, fact("trains"), agent="researcher")
    assert await told(store) == ["tea"]
    await revoke(store, "ana", WHO)
    assert await told(store) == []
    await give(store, "ana", Grant(WHO, ("semantic",), keeper="researcher"), datetime.now(UTC))
    assert await told(store) == ["trains"]


async def test_what_does_not_hold_or_is_no_memory_is_no_news(store: InMemoryStore) -> None:
    await learn(store, fact("gone", status=Status.SUPERSEDED), fact("waits", status=Status.QUARANTINED))
    await store.aput(memory_namespace("ana", "semantic"), "other", {"text": "another program's"})
    assert await told(store) == []


async def test_only_what_is_about_the_subject(store: InMemoryStore) -> None:
    await subscribe(store, PLANNER, datetime.now(UTC), kinds=[Kind.SEMANTIC], subject="Rex")
    await learn(store, fact("bones", subject="rex"), fact("tea", subject="The user"))
    assert await told(store) == ["bones"]


async def test_what_comes_to_light_late_is_told_all_the_same(store: InMemoryStore) -> None:
    """A transaction that began before another, and ended after it, dates what it wrote by its beginning."""
    await learn(store, fact("second"))
    await acknowledge(store, PLANNER, await news(store, PLANNER))
    await learn(store, fact("first"))
    kept = store._data[memory_namespace("ana", "semantic")]
    known = await subscription_of(store, PLANNER)
    assert known is not None
    late = max(kept["second"].created_at - LATE / 2, known.cursor.since)
    kept["first"].created_at = late
    kept["first"].updated_at = late
    assert await told(store) == ["first"]


async def test_subscribing_again_loses_nothing_and_unsubscribing_ends_it(store: InMemoryStore) -> None:
    await learn(store, fact("tea"))
    await subscribe(store, PLANNER, datetime.now(UTC), kinds=[Kind.SEMANTIC])
    assert await told(store) == ["tea"]
    assert await told(store, RESEARCHER) == []
    await unsubscribe(store, PLANNER)
    assert await told(store) == []
    await acknowledge(store, PLANNER, [])
    assert await subscription_of(store, PLANNER) is None


async def test_more_than_a_page_is_told_whole(store: InMemoryStore) -> None:
    names = [f"m{number:03}" for number in range(450)]
    await learn(store, *map(fact, names))
    heard: list[str] = []
    while some := await news(store, PLANNER, limit=100):
        heard += [each.memory_id for each in some]
        await acknowledge(store, PLANNER, some)
    assert heard == names

"""Among many memories, those with the words of a query are found while it is embedded: with the same result."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from langgraph.store.base import PutOp, SearchItem, SearchOp

from config.timings import timings
from memory.lifecycle.learning.build import episodes, semantic
from memory.lifecycle.learning.remember import put
from memory.lifecycle.turns.evidence import Evidence, Said
from memory.lifecycle.turns.extraction import Fact
from memory.long_term.postgres_store import PostgresStore
from memory.long_term.statements import searching
from memory.long_term.statements.operations import options
from memory.namespaces import owner_namespace
from tests.services.long_term import drop, opened

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = ("green tea", "red wine", "a kayak", "the old violin", "rye bread", "a telescope")
ASKED = (
    "Who had green tea and rye bread?",
    "What of the kayak last week?",
    "When did Ana buy wine?",
    "violin",
)


async def told(store: PostgresStore, user: str) -> None:
    ops: list[PutOp] = []
    for number in range(40):
        said = Said(
            f"m{number}", "user", f"I bought {WORDS[number % 6]} on day {number}.", _at(number), "Ana"
        )
        ops += [put(user, each) for each in episodes(Evidence(f"t{number // 8}", (said,)), "", _at(number))]
        if number % 3 == 0:
            fact = Fact(
                statement=f"The user bought {WORDS[number % 6]}.",
                category="event",
                importance=0.5,
                quote=said.text,
                message_id=said.id,
            )
            ops.append(put(user, semantic("t", said, fact, run_id=None, turn="t:m", now=_at(number))))
    await store.abatch(ops)


def _at(number: int) -> datetime:
    return NOON - timedelta(days=number)


def search(text: str, user: str = "ana") -> SearchOp:
    return SearchOp(owner_namespace(user), query=text, filter=options("hybrid", NOON), limit=20)


def shown(found: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(item.key, item.receipt) for items in found for item in items]


@pytest_asyncio.fixture
async def many(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PostgresStore]:
    """A store to which Ana's memories are many."""
    async with opened(database) as store:
        await told(store, "ana")
        monkeypatch.setattr(searching, "MANY", 1)
        yield store


@pytest.mark.parametrize("kept", [True, False], ids=["procedures", "statements"])
async def test_it_finds_what_one_statement_finds(
    database: str, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    async with opened(database) as store:
        await told(store, "ana")
        await told(store, "bob")
        if not kept:
            store._calls = {}
        ops = [search(text) for text in ASKED]
        whole = [shown(await store.abatch([op])) for op in ops]
        assert sum(map(len, whole)) > 40
        looked: list[str] = []
        ahead = store._told

        async def watched(plan: Any) -> Any:
            looked.append(plan.search.op.query)
            return await ahead(plan)

        monkeypatch.setattr(searching, "MANY", 1)
        monkeypatch.setattr(store, "_told", watched)
        assert [shown(await store.abatch([op])) for op in ops] == whole
        assert looked == list(ASKED)
        # Several searches have connections enough to wait for.
        assert [shown([found]) for found in await store.abatch(ops)] == whole
        assert looked == list(ASKED)


async def test_what_ends_while_the_query_is_embedded_is_not_found(
    many: PostgresStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = owner_namespace("ana")
    keys = {"ends", "changes", "stays"}
    for key in keys:
        await many.aput(place, key, {"text": f"a zeppelin {key}", "status": "active"})
    embed = many._embed

    async def slow(plans: Any) -> Any:
        monkeypatch.setattr(many, "_embed", embed)
        vectors = await embed(plans)
        await many.adelete(place, "ends")
        await many.aput(place, "changes", {"text": "a zeppelin", "status": "superseded"}, index=False)
        return vectors

    asked = SearchOp(
        place, query="zeppelin", filter={**options("hybrid", NOON), "status": "active"}, limit=20
    )
    [found] = await many.abatch([asked])
    assert {item.key for item in _items(found)} >= keys
    monkeypatch.setattr(many, "_embed", slow)
    [found] = await many.abatch([search("zeppelin")])
    assert {item.key for item in _items(found)} & keys == {"stays"}


def _items(found: Any) -> list[SearchItem]:
    assert isinstance(found, list)
    return found


async def test_a_batch_that_writes_is_searched_as_it_leaves_it(
    many: PostgresStore,
) -> None:
    await many.abatch([search("tea")])
    new = PutOp(owner_namespace("ana"), "new", {"text": "a zeppelin"})
    _, found = await many.abatch([new, search("zeppelin")])
    assert _items(found)[0].key == "new"


async def test_functions_that_went_away_meanwhile_are_done_without(
    many: PostgresStore,
    database: str,
) -> None:
    whole = shown(await many.abatch([search(ASKED[0])]))
    drop(database)
    assert shown(await many.abatch([search(ASKED[0])])) == whole


async def test_a_query_that_cannot_be_embedded_leaves_no_connection_taken(
    many: PostgresStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await many.abatch([search("tea")])

    async def fails(_: Any) -> Any:
        raise RuntimeError("the model is away")

    monkeypatch.setattr(many, "_embed", fails)
    with pytest.raises(RuntimeError, match="away"):
        await many.abatch([search("wine")])
    monkeypatch.undo()
    assert many.pool.get_stats()["pool_available"] == many.pool.get_stats()["pool_size"]
    assert await many.abatch([search("wine")])


async def test_a_batch_is_one_read_however_many_statements_it_takes(
    many: PostgresStore,
) -> None:
    await many.abatch([search("tea")])
    before = timings.of("store read").count
    await many.abatch([search("wine")])
    await many.abatch([search(text) for text in ASKED])
    assert timings.of("store read").count == before + 2

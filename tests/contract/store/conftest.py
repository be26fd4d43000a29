"""The suite's fixtures for the stores in `places`, and the failures that are expected of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from langgraph.store.base import BaseStore

from tests.contract.store.embedding import HashedWords
from tests.contract.store.known import KNOWN, behaviour_of, reason_for
from tests.contract.store.places import PLACES, create_database, empty
from tests.services.postgres import drop_database


@pytest.fixture(scope="session")
def database_of(postgres_address: str) -> Iterator[Callable[[str], str]]:
    """The address of the database that one kind of store has to itself."""
    made: dict[str, str] = {}

    def find(name: str) -> str:
        if name not in made:
            made[name] = create_database(postgres_address)
        return made[name]

    yield find
    for address in made.values():
        drop_database(postgres_address, address)


@pytest.fixture(params=[name for name in PLACES if name != "early"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def embedder() -> HashedWords:
    return HashedWords()


@pytest.fixture
async def store(
    store_name: str, embedder: HashedWords, request: pytest.FixtureRequest
) -> AsyncIterator[BaseStore]:
    place = PLACES[store_name]
    address = request.getfixturevalue("database_of")(store_name) if place.in_postgres else ""
    ready = bool(address) and empty(address)
    async with place.open(address, embedder) as opened:
        if not ready:
            await place.set_up(opened)
        yield opened


@pytest.fixture
async def setups(
    store_name: str, embedder: HashedWords, request: pytest.FixtureRequest
) -> AsyncIterator[list[Callable[[], Awaitable[None]]]]:
    place = PLACES[store_name]
    address = request.getfixturevalue("database") if place.in_postgres else ""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(place.open(address, embedder)) for _ in range(8)]
        yield [lambda one=one: place.set_up(one) for one in opened]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (found := behaviour_of(item)) and (reason := reason_for(*found)):
            item.add_marker(pytest.mark.xfail(strict=True, reason=reason))


def pytest_collection_finish(session: pytest.Session) -> None:
    """An expected failure of a test that is no more would go on being believed."""
    found = [behaviour for item in session.items if (behaviour := behaviour_of(item))]
    if found and not session.config.option.keyword and len({name for _, name in found}) > 100:
        gone = [pair for pair in KNOWN if not any(reason_for(*each, {pair: "x"}) for each in found)]
        assert not gone, f"expected failures of tests that do not exist: {gone}"

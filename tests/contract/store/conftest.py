"""The suite's fixtures for the stores in `places`, and the failures that are expected of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
import pytest_asyncio
from langgraph.store.base import BaseStore

from memory.postgres.pool import Pool
from tests.contract.store.embedding import HashedWords
from tests.contract.store.known import KNOWN, behaviour_of, reason_for
from tests.contract.store.places import PLACES, Connect, alone, cleaner, create_database, empty
from tests.services.postgres import drop_database

HERE = Path(__file__).parent


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
        cleaner(address).close()
        drop_database(postgres_address, address)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def connect() -> AsyncIterator[Connect]:
    """Pools that all tests of a database share, on the loop that they all run on."""
    pools: dict[str, Pool] = {}
    async with AsyncExitStack() as stack:

        async def find(address: str) -> Pool:
            if address not in pools:
                pools[address] = await stack.enter_async_context(alone(address))
            return pools[address]

        @asynccontextmanager
        async def shared(address: str) -> AsyncIterator[Pool]:
            yield await find(address)

        yield shared


@pytest.fixture(params=[name for name in PLACES if name != "early"])
def store_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def embedder() -> HashedWords:
    return HashedWords()


@pytest_asyncio.fixture(loop_scope="session")
async def store(
    store_name: str, embedder: HashedWords, connect: Connect, request: pytest.FixtureRequest
) -> AsyncIterator[BaseStore]:
    place = PLACES[store_name]
    address = request.getfixturevalue("database_of")(store_name) if place.in_postgres else ""
    ready = bool(address) and empty(address)
    async with place.open(address, embedder, connect) as opened:
        if not ready:
            await place.set_up(opened)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def setups(
    store_name: str, embedder: HashedWords, request: pytest.FixtureRequest
) -> AsyncIterator[list[Callable[[], Awaitable[None]]]]:
    place = PLACES[store_name]
    address = request.getfixturevalue("empty_database") if place.in_postgres else ""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(place.open(address, embedder, alone)) for _ in range(8)]
        yield [lambda one=one: place.set_up(one) for one in opened]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if (found := behaviour_of(item)) and (reason := reason_for(*found)):
            item.add_marker(pytest.mark.xfail(strict=True, reason=reason))


def pytest_collection_finish(session: pytest.Session) -> None:
    """An expected failure of a test that is no more would go on being believed."""
    found = [behaviour for item in session.items if (behaviour := behaviour_of(item))]
    if found and not session.config.option.keyword and len({name for _, name in found}) > 100:
        gone = [pair for pair in KNOWN if not any(reason_for(*each, {pair: "x"}) for each in found)]
        assert not gone, f"expected failures of tests that do not exist: {gone}"

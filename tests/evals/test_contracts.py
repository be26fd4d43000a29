"""Every contract, through the real graph on real Postgres: one test a case, which its id names."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.evals.case import Case, load
from tests.evals.player import play
from tests.evals.world import World, open_world
from tests.services.postgres import new_database

CASES = load()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres_address: str) -> AsyncIterator[World]:
    with new_database(postgres_address) as database:
        async with open_world(database) as opened:
            yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.category}:{case.id}")
async def test_contract(world: World, case: Case) -> None:
    played = await play(world, case)
    if played.faults:
        pytest.fail("\n".join([case.why, *played.faults]), pytrace=False)
    assert played.checks > 0

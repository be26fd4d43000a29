"""What the contracts guard: without a part of the product, some of them fail. `tests.evals.guards` shows all parts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.evals.case import load
from tests.evals.guards import GUARDS, Guard, failing, without
from tests.evals.running import chosen
from tests.evals.world import World, open_world
from tests.services.postgres import new_database

CASES = load()
SHOWN = (
    "undo takes memories back",
    "memories are their owner's",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres_address: str) -> AsyncIterator[World]:
    with new_database(postgres_address) as database:
        async with open_world(database) as opened:
            yield opened


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.part)
def test_a_part_is_there_to_be_taken_away(guard: Guard) -> None:
    with without(guard):
        assert chosen(CASES, guard.cases)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("part", SHOWN)
async def test_without_a_part_a_contract_fails(world: World, part: str) -> None:
    (guard,) = [guard for guard in GUARDS if guard.part == part]
    assert await failing(world, guard, CASES)

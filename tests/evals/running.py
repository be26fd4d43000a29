"""Runs cases outside of pytest, on an embedded Postgres of their own."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

from memory.postgres.housing import prepare
from memory.postgres.layout import DataFolder
from tests.evals.case import Case
from tests.evals.player import Played, play
from tests.evals.world import OFFLINE, World, open_world
from tests.services.clusters import quick_server
from tests.services.postgres import new_data_folder, new_database, wipe


@contextmanager
def own_postgres() -> Iterator[str]:
    """The address of an empty database, on a server that goes with it."""
    made = new_data_folder("mnemograph-evals-")
    try:
        prepare(DataFolder(made))
        with quick_server(made) as server, new_database(server) as database:
            yield database
    finally:
        wipe(made)


@asynccontextmanager
async def own_world(model: str = OFFLINE, reach: Mapping[str, str] = {}) -> AsyncIterator[World]:
    """A world on a database that goes with it."""
    with own_postgres() as database:
        async with open_world(database, model, reach) as world:
            yield world


async def play_all(
    world: World, cases: Sequence[Case], tell: Callable[[Played], None] = lambda _: None
) -> list[Played]:
    """One after the other; a case that raises has failed, and says with what."""
    results = []
    for case in cases:
        try:
            played = await play(world, case)
        except Exception as error:  # noqa: BLE001 - the others are to be run all the same
            played = Played(case, [f"{type(error).__name__}: {error}"], checks=1)
        tell(played)
        results.append(played)
    return results


def chosen(cases: Sequence[Case], words: Sequence[str]) -> list[Case]:
    """The cases with any of these words in their category or id; all of them without words."""
    return [
        case for case in cases if not words or any(word in f"{case.category}:{case.id}" for word in words)
    ]

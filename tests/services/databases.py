"""Databases of a test's own: copies of one whose tables were made once a session, and empty ones."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from memory.long_term.upkeep.setting_up import set_up_tables
from memory.postgres.pool import open_pool
from memory.short_term.postgres.saver import PostgresSaver
from tests.services.postgres import new_database


async def _make_tables(address: str) -> None:
    async with open_pool(address, max_size=2, timeout_s=20, name="template") as pool:
        await set_up_tables(pool)
        await PostgresSaver(pool).setup()


@pytest.fixture(scope="session")
def set_up_template(postgres_address: str) -> Iterator[str]:
    """The name of a database as the first start leaves it, which no embedding model has written to yet."""
    with new_database(postgres_address) as address, ThreadPoolExecutor(1) as apart:
        # Whoever asks first may do so from within a loop.
        apart.submit(asyncio.run, _make_tables(address)).result()
        yield urlsplit(address).path[1:]


@pytest.fixture
def database(postgres_address: str, set_up_template: str) -> Iterator[str]:
    """The address of a database of its own: our tables, and nothing in them."""
    with new_database(postgres_address, set_up_template) as address:
        yield address


@pytest.fixture
def empty_database(postgres_address: str) -> Iterator[str]:
    """The address of one without any table, with the extension vector: as before the first start."""
    with new_database(postgres_address) as address:
        yield address


@pytest.fixture(scope="module")
def module_database(postgres_address: str, set_up_template: str) -> Iterator[str]:
    """One that the tests of a file share."""
    with new_database(postgres_address, set_up_template) as address:
        yield address


@pytest.fixture
def superuser_database(superuser_address: str) -> Iterator[str]:
    """An empty one where our role is a superuser."""
    with new_database(superuser_address) as address:
        yield address

"""Long-term memory as the settings ask for it, and the sentences when it cannot be had."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest
from langgraph.store.memory import InMemoryStore

from config.errors import UserError
from config.settings import Settings
from memory.long_term.factory import open_store
from memory.long_term.postgres_store import PostgresStore
from tests.contract.store.places import create_database
from tests.services.factory import opened, refused, use_letters
from tests.services.postgres import Client, drop_database, postmaster_of

NS = ("users", "ana", "facts")


async def test_what_one_process_stored_the_next_one_finds(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(monkeypatch, empty_database) as store:
        assert isinstance(store, PostgresStore)
        await store.aput(NS, "k", {"text": "aab"})
    async with opened(monkeypatch, empty_database) as store:
        assert [item.key for item in await store.asearch(NS, query="aab")] == ["k"]


async def test_another_dimension_is_refused_in_a_sentence(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(monkeypatch, empty_database) as store:
        await store.aput(NS, "k", {"text": "aab"})
    sentence = await refused(opened(monkeypatch, empty_database, name="test:wider", dims=9))
    assert all(
        part in sentence
        for part in ("'test:letters' with 8 dimensions", "'test:wider' with 9", "mnemograph reembed")
    )
    assert "MNEMOGRAPH_EMBEDDINGS" in sentence
    async with opened(monkeypatch, empty_database) as store:
        assert await store.aget(NS, "k") is not None


async def test_another_model_of_the_same_dimension_is_refused_in_a_sentence(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(monkeypatch, empty_database):
        pass
    sentence = await refused(opened(monkeypatch, empty_database, name="test:other"))
    assert all(part in sentence for part in ("'test:letters'", "'test:other'", "MNEMOGRAPH_EMBEDDINGS"))


async def test_a_models_name_may_hold_anything(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        async with opened(monkeypatch, empty_database, name='test:it\'s 100%s \\ "x"') as store:
            await store.aput(NS, "k", {"text": "a"})
    assert "test:plain" in await refused(opened(monkeypatch, empty_database, name="test:plain"))


async def test_six_processes_worth_of_factories_start_together(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        opening = [stack.enter_async_context(opened(monkeypatch, empty_database)) for _ in range(6)]
        stores = await asyncio.gather(*opening)
        await asyncio.gather(*(store.aput(NS, str(n), {"text": "a"}) for n, store in enumerate(stores)))
        assert len(await stores[0].asearch(NS)) == 6


async def test_memory_needs_no_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    async with opened(monkeypatch, nowhere, store="memory") as store:
        assert isinstance(store, InMemoryStore)
        await store.aput(NS, "k", {"text": "aab"})
        assert [item.key for item in await store.asearch(NS, query="aab")] == ["k"]


async def test_postgres_down_at_the_start_is_one_sentence_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as bound:  # taken, and nobody listens
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        address = f"postgresql://ana:canary-password@127.0.0.1:{port}/memories"
        use_letters(monkeypatch)
        sentence = await refused(open_store(Settings(postgres=address, connect_timeout_s=0.3)))
    assert f"127.0.0.1:{port}" in sentence
    assert "canary" not in sentence


@pytest.fixture
def bare_database(postgres_address: str) -> Iterator[str]:
    address = create_database(postgres_address, "template0")
    yield address
    drop_database(postgres_address, address)


async def test_a_database_where_we_may_not_create_the_extension(
    bare_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "CREATE EXTENSION vector" in await refused(opened(monkeypatch, bare_database))


async def test_the_store_works_again_after_the_server_restarted(
    used_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(used_data_dir)
    address = client.address
    try:
        async with opened(monkeypatch, address) as store:
            await store.aput(NS, "before", {"text": "aab"})
            os.kill(postmaster_of(used_data_dir), signal.SIGQUIT)  # an immediate stop, as a crash
            found: list[str] = []
            while "after" not in found:
                # Refused while the server is away; pytest's time-out bounds the tries.
                try:
                    await store.aput(NS, "after", {"text": "aab"})
                    found = [item.key for item in await store.asearch(NS, query="aab")]
                except (psycopg.Error, UserError):
                    await asyncio.sleep(0.05)
            assert set(found) == {"before", "after"}
    finally:
        client.end()

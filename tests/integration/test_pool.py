"""The pool against a server that stops, restarts, refuses and comes late."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from pgvector import Bit, HalfVector, SparseVector
from psycopg_pool import PoolTimeout

from config.errors import UserError
from memory.postgres.embedded import EmbeddedServer
from memory.postgres.errors import explain
from memory.postgres.layout import DataFolder
from memory.postgres.pool import Pool, open_pool
from memory.postgres.retry import once_more
from tests.services.postgres import PATIENCE_S, gone, postmaster_of, until


@pytest.fixture
def own_server(used_data_dir: Path) -> Iterator[tuple[Path, str]]:
    """A server of this test's own, to be killed: (data folder, address)."""
    server = EmbeddedServer(used_data_dir)
    yield used_data_dir, server.acquire()
    server.release()


def restart(folder: Path, number: signal.Signals) -> None:
    """Ends the postmaster and waits until the guard has started another."""
    before = postmaster_of(folder)
    os.kill(before, number)
    pid_file = DataFolder(folder).cluster / "postmaster.pid"
    until(lambda: pid_file.exists() and postmaster_of(folder) != before, "another postmaster")


async def value(pool: Pool, query: str = "SELECT 1 AS one") -> object:
    async with pool.connection() as connection:
        row = await (await connection.execute(query)).fetchone()
    assert row is not None
    return next(iter(row.values()))


async def eventually(pool: Pool) -> None:
    """Waits until the pool serves again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await value(pool)
            except (psycopg.OperationalError, PoolTimeout):
                await asyncio.sleep(0.05)
            else:
                return


async def test_rows_are_dictionaries_and_every_statement_commits(database: str) -> None:
    async with open_pool(database, max_size=3, timeout_s=10, name="p1") as pool:
        async with pool.connection() as first, pool.connection() as second:
            await first.execute("CREATE TABLE t (i int)")
            await first.execute("INSERT INTO t VALUES (7)")
            assert await (await second.execute("SELECT i FROM t")).fetchall() == [{"i": 7}]
            assert first.prepare_threshold == 0
        assert await value(pool, "SELECT current_setting('application_name')") == "p1"
    unprepared = open_pool(database, max_size=1, timeout_s=10, name="p2", prepare_threshold=None)
    async with unprepared as pool, pool.connection() as connection:
        assert connection.prepare_threshold is None


async def test_vectors_go_in_and_out_as_numpy(database: str) -> None:
    async with open_pool(database, max_size=1, timeout_s=10, name="vectors") as pool, pool.connection() as c:
        given = np.array([1.0, 2.5], dtype=np.float32)
        row = await (await c.execute("SELECT %s <-> %s::vector AS d", (given, given))).fetchone()
        assert row == {"d": 0.0}


@pytest.mark.parametrize(
    "given",
    [HalfVector([1.0, 2.5]), SparseVector([0.0, 2.5]), Bit("101")],
    ids=lambda given: type(given).__name__,
)
async def test_other_types_of_the_extension_go_in_and_those_with_numbers_come_out(
    database: str, given: HalfVector | SparseVector | Bit
) -> None:
    async with open_pool(database, max_size=1, timeout_s=10, name="vectors") as pool, pool.connection() as c:
        row = await (await c.execute("SELECT %s AS v", (given,))).fetchone()
        assert row is not None
        assert row["v"] == ("101" if isinstance(given, Bit) else given)


async def test_a_database_without_the_extension_is_served(database: str) -> None:
    name = f"plain_{os.getpid()}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    address = psycopg.conninfo.make_conninfo(database, dbname=name)
    async with open_pool(address, max_size=1, timeout_s=10, name="plain") as pool:
        assert await value(pool) == 1
        assert await value(pool, "SELECT to_regtype('vector')") is None
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_asking_again_for_the_extension_needs_no_superuser(database: str) -> None:
    async with open_pool(database, max_size=1, timeout_s=10, name="again") as pool, pool.connection() as c:
        await c.execute("CREATE EXTENSION IF NOT EXISTS vector")


async def test_terminated_backends_are_replaced_before_anybody_notices(database: str) -> None:
    async with open_pool(database, max_size=6, min_size=6, timeout_s=10, name="victims") as pool:
        for _ in range(3):
            with psycopg.connect(database, autocommit=True) as connection:
                killed = connection.execute(
                    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ).fetchone()
            assert killed == (6,)
            assert await asyncio.gather(*(value(pool) for _ in range(12))) == [1] * 12
            await asyncio.to_thread(until, lambda: pool.get_stats()["pool_available"] == 6, "six are back")
        assert pool.get_stats()["pool_size"] == 6


async def test_a_connection_that_answered_a_moment_ago_is_not_asked_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = psycopg.AsyncConnection.execute

    async def counted(self: psycopg.AsyncConnection, query: str, *args: object, **kwargs: object) -> object:
        asked.append(query)
        return await execute(self, query, *args, **kwargs)

    async with open_pool(database, max_size=1, timeout_s=10, name="trusted") as pool:
        await once_more(lambda: value(pool))
        monkeypatch.setattr(psycopg.AsyncConnection, "execute", counted)
        monkeypatch.setattr("memory.postgres.pool._TRUSTED_S", 3600.0)
        await once_more(lambda: value(pool))
        await once_more(lambda: value(pool))
        assert asked == ["SELECT 1 AS one"] * 2
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'trusted'"
            )
        assert await once_more(lambda: value(pool)) == 1, "the farewell of the server was not seen"
        monkeypatch.setattr("memory.postgres.pool._TRUSTED_S", 0.0)
        asked.clear()
        await once_more(lambda: value(pool))
        assert asked == ["", "SELECT 1 AS one"]
        monkeypatch.setattr("memory.postgres.pool._TRUSTED_S", 3600.0)
        asked.clear()
        await value(pool)
        assert asked == ["", "SELECT 1 AS one"], "nobody would repeat this one"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
async def test_it_reconnects_when_the_server_comes_back(
    own_server: tuple[Path, str], number: signal.Signals
) -> None:
    folder, address = own_server
    async with open_pool(address, max_size=8, min_size=8, timeout_s=10, name="reconnect") as pool:
        async with pool.connection() as connection:
            await connection.execute("CREATE TABLE kept (i int)")
            await connection.execute("INSERT INTO kept VALUES (1)")
        for _ in range(2):
            await asyncio.to_thread(restart, folder, number)
            await eventually(pool)
            assert await asyncio.gather(*(value(pool) for _ in range(8))) == [1] * 8
        assert await value(pool, "SELECT i FROM kept") == 1


async def test_an_outage_is_reported_once_and_survived(
    own_server: tuple[Path, str], caplog: pytest.LogCaptureFixture
) -> None:
    _, address = own_server
    async with open_pool(address, max_size=4, min_size=4, timeout_s=1, name="outage") as pool:
        # Out of the way, not stopped: the guard would bring a stopped one back.
        sockets = Path(psycopg.conninfo.conninfo_to_dict(address)["host"]) / ".s.PGSQL.5432"
        away = sockets.with_name("away")
        with psycopg.connect(address, autocommit=True) as connection:
            sockets.rename(away)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'outage'"
            )
        with caplog.at_level(logging.WARNING, logger="psycopg.pool"):
            for _ in range(5):
                with pytest.raises(PoolTimeout) as caught:
                    await value(pool)
            sentence = explain(caught.value, address)
            assert sentence is not None
            assert "gave no connection in time" in sentence.sentence
        errors = [r for r in caplog.records if "error connecting" in r.message or "reconnection" in r.message]
        assert len(errors) == 1
        away.rename(sockets)
        await eventually(pool)


async def test_an_unreachable_server_is_one_sentence_and_leaves_nothing_behind() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = asyncio.all_tasks()
    with pytest.raises(UserError, match=rf"127\.0\.0\.1:{port} cannot be reached: start it") as caught:
        async with open_pool(f"postgresql://u:s3cret@127.0.0.1:{port}/d", max_size=2, timeout_s=1, name="x"):
            pass
    assert "s3cret" not in str(caught.value)
    assert asyncio.all_tasks() == before


async def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"postgresql://u:s3cret@127.0.0.1:{silent.getsockname()[1]}/d"
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(UserError, match=r"127\.0\.0\.1"):
                async with open_pool(address, max_size=2, timeout_s=1, name="silent"):
                    pass


async def test_wrong_login_and_database_are_said_at_once(database: str) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(database)
    wrong = psycopg.conninfo.make_conninfo(database, password="wr0ng")
    missing = psycopg.conninfo.make_conninfo(database, dbname="missing")
    async with asyncio.timeout(60):  # far below the pool's own patience
        with pytest.raises(UserError, match="refused the login") as caught:
            async with open_pool(wrong, max_size=1, timeout_s=600, name="wrong"):
                pass
        assert "wr0ng" not in str(caught.value)
        assert str(parts["host"]) in str(caught.value)
        with pytest.raises(UserError, match="no database of that name"):
            async with open_pool(missing, max_size=1, timeout_s=600, name="missing"):
                pass


async def test_nonsense_for_an_address_is_one_sentence() -> None:
    with pytest.raises(UserError, match="cannot be read: it looks like postgresql://"):
        async with open_pool("nonsense s3cret", max_size=1, timeout_s=1, name="nonsense"):
            pass


async def test_a_server_that_starts_a_little_later_is_waited_for(used_data_dir: Path) -> None:
    server = EmbeddedServer(used_data_dir)
    address = server.acquire()
    server.release()
    await asyncio.to_thread(gone, used_data_dir)
    starter = threading.Timer(0.5, server.acquire)
    starter.start()
    async with open_pool(address, max_size=1, timeout_s=20, name="late") as pool:
        assert await value(pool) == 1
    starter.join()
    server.release()

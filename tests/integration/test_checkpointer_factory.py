"""Short-term memory as the settings ask for it, and the sentences when it cannot be had."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from cli.rotate_keys import seal_conversations
from config.errors import UserError
from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.postgres.saver import PostgresSaver
from memory.short_term.redis.module import RedisSaver
from memory.short_term.redis.plain import PlainRedisSaver
from memory.short_term.savers import MemorySaver
from memory.short_term.threads import ThreadQuery, threads_in
from tests.contract.test_checkpointers import graph, thread
from tests.services.certificates import self_signed
from tests.services.postgres import until
from tests.services.redis import LocalRedis, free_port, install
from tests.services.sealed import BOTH_KEYS, NEW_KEY, OLD_KEY

SECRET = "canary-password"


async def refused(settings: Settings) -> str:
    """The one sentence with which opening fails."""
    with pytest.raises(UserError) as caught:
        async with open_checkpointer(settings):
            pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert SECRET not in sentence
    return sentence


async def taken(address: str, caplog: pytest.LogCaptureFixture) -> tuple[type, str]:
    """Which saver the factory made, after a run of a graph on it, and what it said of that."""
    with caplog.at_level(logging.INFO, "memory.short_term"):
        async with open_checkpointer(Settings(checkpointer=address)) as saver:
            state = await graph(saver).ainvoke({"notes": ["a"]}, thread("t"))
            assert state["notes"] == (await graph(saver).aget_state(thread("t"))).values["notes"]
            assert [row.thread_id for row in await threads_in(saver, ThreadQuery())] == ["t"]
            return type(saver), caplog.text


@contextmanager
def user(address: str, *rules: str) -> Iterator[str]:
    """The address for a user of these rights."""
    with redis.Redis.from_url(address) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", f">{SECRET}", "~*", "&*", *rules)
        try:
            yield address.replace("redis://", f"redis://app:{SECRET}@")
        finally:
            client.execute_command("ACL", "DELUSER", "app")


@contextmanager
def policy(address: str, name: str) -> Iterator[None]:
    with redis.Redis.from_url(address) as client:
        client.config_set("maxmemory-policy", name)
        try:
            yield
        finally:
            client.config_set("maxmemory-policy", "noeviction")


async def test_a_redis_with_modules_and_one_without(
    redis_database: str, plain_redis_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    made, said = await taken(redis_database, caplog)
    assert made is RedisSaver and "it has RediSearch and RedisJSON" in said
    made, said = await taken(plain_redis_database, caplog)
    assert made is PlainRedisSaver and "it has no RediSearch" in said


@pytest.mark.parametrize("which", ["redis_database", "plain_redis_database"])
async def test_few_connections_serve_many_threads(request: pytest.FixtureRequest, which: str) -> None:
    configured = Settings(checkpointer=request.getfixturevalue(which), pool_size=2)
    async with open_checkpointer(configured) as saver:
        runs = [graph(saver).ainvoke({"notes": [str(n)]}, thread(str(n))) for n in range(12)]
        assert [state["notes"][0] for state in await asyncio.gather(*runs)] == [str(n) for n in range(12)]


async def test_what_a_user_may_not_do_is_not_relied_on(
    redis_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with user(redis_database, "+@all", "-module") as address:
        made, said = await taken(address, caplog)
    assert made is RedisSaver and SECRET not in said
    with user(redis_database, "+@all", "-FT._LIST", "-info") as address:
        made, said = await taken(address, caplog)
    assert made is PlainRedisSaver and "RediSearch may not be used by this user" in said
    assert "does not say whether it evicts keys" in said and SECRET not in said


@pytest.mark.parametrize("name", ["allkeys-lru", "volatile-ttl"])
async def test_r30_a_redis_that_evicts_is_refused_in_a_sentence(plain_redis_database: str, name: str) -> None:
    with policy(plain_redis_database, name):
        sentence = await refused(Settings(checkpointer=plain_redis_database))
    assert f"its maxmemory-policy is {name}" in sentence and "noeviction" in sentence


@pytest.fixture(scope="module")
def cluster_address() -> Iterator[str]:
    """It refuses commands whose keys lie in several slots, which one Redis alone would not."""
    server = LocalRedis(install(), modules=(), options=("--cluster-enabled", "yes"))
    try:
        with redis.Redis.from_url(server.address) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
            until(lambda: client.cluster("INFO")["cluster_state"] == "ok", "all slots are served")
        yield server.address
    finally:
        server.stop()


@pytest.fixture
def cluster(cluster_address: str) -> str:
    """The same one, emptied."""
    with redis.Redis.from_url(cluster_address) as client:
        client.flushall()
    return cluster_address


async def test_a_cluster_is_taken_as_one(cluster: str, caplog: pytest.LogCaptureFixture) -> None:
    made, said = await taken(cluster, caplog)
    assert made is PlainRedisSaver and "it is a cluster" in said


async def test_threads_of_a_cluster_are_sealed_under_another_key(cluster: str) -> None:
    for number, key in enumerate((OLD_KEY, BOTH_KEYS, NEW_KEY)):
        configured = Settings(checkpointer=cluster, encryption_keys=key)
        async with open_checkpointer(configured) as saver:
            for name in "abc":
                state = await graph(saver).ainvoke({"notes": ["a"]}, thread(name))
                assert state["notes"] == ["a", "first", "second"] * (number + 1)
        assert (await seal_conversations(configured, read_clear=False) > 0) is (key == BOTH_KEYS)


async def test_tls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate, key = self_signed(tmp_path)
    port = free_port()
    tls = ("--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    server = LocalRedis(
        install(),
        modules=(),
        options=(*tls, "--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no"),
    )
    try:
        made, _ = await taken(f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}", caplog)
        assert made is PlainRedisSaver
        assert "cannot be used" in await refused(Settings(checkpointer=f"rediss://localhost:{port}/0"))
    finally:
        server.stop()


async def test_a_redis_that_is_down_is_one_sentence() -> None:
    with socket.socket() as bound:  # taken, and nobody listens
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        sentence = await refused(
            Settings(checkpointer=f"redis://ana:{SECRET}@{place}/0", connect_timeout_s=1)
        )
    assert f"The Redis at {place} cannot be used" in sentence


async def test_an_address_that_cannot_be_read_is_one_sentence() -> None:
    sentence = await refused(Settings(checkpointer=f"redis://:{SECRET}@localhost:port/0"))
    assert "MNEMOGRAPH_CHECKPOINTER" in sentence


async def test_postgres_down_is_one_sentence() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        address = f"postgresql://ana:{SECRET}@{place}/threads"
        assert place in await refused(Settings(postgres=address, connect_timeout_s=0.3))


@pytest.mark.parametrize("which", ["redis_database", "plain_redis_database"])
async def test_redis_is_closed_with_the_factory(request: pytest.FixtureRequest, which: str) -> None:
    address = request.getfixturevalue(which)
    with redis.Redis.from_url(address) as watcher:
        before = {client["id"] for client in watcher.client_list()}
        async with open_checkpointer(Settings(checkpointer=address)) as saver:
            await graph(saver).ainvoke({"notes": ["a"]}, thread("t"))
            assert {client["id"] for client in watcher.client_list()} > before
        until(lambda: {client["id"] for client in watcher.client_list()} == before, "all are closed")


async def test_postgres_is_closed_with_the_factory(database: str) -> None:
    def connections() -> int:
        with psycopg.connect(database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'mnemograph-threads'"
            ).fetchone()
        assert row
        return int(row[0])

    async with open_checkpointer(Settings(postgres=database)) as saver:
        assert isinstance(saver, PostgresSaver)
        assert connections() >= 1
    until(lambda: not connections(), "every backend notices")


async def test_memory_needs_nothing() -> None:
    async with open_checkpointer(Settings(checkpointer="memory")) as saver:
        assert isinstance(saver, MemorySaver)

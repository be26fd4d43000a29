"""A Redis as it is found: what it can do, and whether it may keep threads."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import NoPermissionError, RedisClusterException, RedisError, ResponseError

from config.errors import UserError
from memory.redis_place import redis_place

log = logging.getLogger(__name__)

KEEPS = "noeviction"
PROBE = "mnemograph:probe"
HEALTH_CHECK_S = 30


@dataclass(frozen=True)
class Found:
    """What a Redis said of itself.

    Attributes:
        modules: whether RediSearch and RedisJSON answer.
        why: in words, for the log.
        cluster: whether it is one of a cluster.
    """

    modules: bool
    why: str
    cluster: bool


async def look_over(address: str, *, timeout_s: float) -> Found:
    """Ask it. Raises UserError when it does not answer, and when it may forget a thread to make room."""
    try:
        async with (
            open_client(address, connections=1, timeout_s=timeout_s, patient=False) as client,
            asyncio.timeout(timeout_s),
        ):
            await client.ping()
            told = await _told(client, redis_place(address, "MNEMOGRAPH_CHECKPOINTER"))
            _refuse_eviction(told, redis_place(address, "MNEMOGRAPH_CHECKPOINTER"))
            cluster = str(told.get("cluster_enabled", 0)) == "1"
            if cluster:
                return Found(False, "it is a cluster, which the modules' saver is not used on", True)
            modules, why = await _modules(client)
            return Found(modules, why, False)
    except (RedisError, OSError, ValueError) as error:
        raise unusable(redis_place(address, "MNEMOGRAPH_CHECKPOINTER"), error) from error


def unusable(where: str, error: Exception) -> UserError:
    return UserError(
        f"The Redis at {where} cannot be used ({type(error).__name__}): start it, correct "
        "MNEMOGRAPH_CHECKPOINTER, or set MNEMOGRAPH_CHECKPOINTER=postgres."
    )


async def _told(client: Any, where: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = await client.info()
    except NoPermissionError:
        told = {}
    if "maxmemory_policy" not in told:
        log.warning(
            "The Redis at %s does not say whether it evicts keys: make sure that its maxmemory-policy is %s.",
            where,
            KEEPS,
        )
    return told


def _refuse_eviction(told: dict[str, Any], where: str) -> None:
    policy = told.get("maxmemory_policy", KEEPS)
    if policy != KEEPS:
        raise UserError(
            f"The Redis at {where} may evict conversations (its maxmemory-policy is {policy}): set it to {KEEPS}, "
            "or set MNEMOGRAPH_CHECKPOINTER to another Redis or to postgres."
        )


async def _modules(client: Any) -> tuple[bool, str]:
    """By using them: MODULE LIST is forbidden on many managed servers, and says nothing of permissions."""
    for name, command in (("RediSearch", ("FT._LIST",)), ("RedisJSON", ("JSON.TYPE", PROBE))):
        try:
            await client.execute_command(*command)
        except NoPermissionError:
            return False, f"{name} may not be used by this user"
        except ResponseError:
            return False, f"it has no {name}"
    return True, "it has RediSearch and RedisJSON"


@asynccontextmanager
async def open_client(
    address: str, *, connections: int, timeout_s: float, patient: bool
) -> AsyncIterator[Redis]:
    """A client of one server; a `patient` one waits for answers as long as its caller does."""
    pool = BlockingConnectionPool.from_url(
        address,
        protocol=2,
        max_connections=connections,
        timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        socket_timeout=None if patient else timeout_s,
        health_check_interval=HEALTH_CHECK_S,
        retry=_once_more(),
    )
    client: Redis = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.disconnect()


@asynccontextmanager
async def open_cluster(address: str, *, connections: int, timeout_s: float) -> AsyncIterator[Any]:
    """A client of a whole cluster. Raises UserError when it has no answer for some slots."""
    cluster: Any = RedisCluster.from_url(
        address,
        protocol=2,
        max_connections=connections,
        socket_connect_timeout=timeout_s,
        socket_timeout=timeout_s,
        health_check_interval=HEALTH_CHECK_S,
    )
    try:
        await cluster.initialize()
    except (RedisClusterException, RedisError, OSError) as error:
        await cluster.aclose()
        raise unusable(redis_place(address, "MNEMOGRAPH_CHECKPOINTER"), error) from error
    try:
        yield cluster
    finally:
        await cluster.aclose()


def _once_more() -> Retry:
    """After a lost connection, never after a silence: a caller's patience is spent then."""
    return Retry(NoBackoff(), 1, supported_errors=(Lost,))

"""A Redis that may be away at any time: every exchange ends soon, with an answer or one of AWAY."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from config.errors import UserError

AWAY = (RedisError, OSError)
"""What is raised when Redis does not answer (TimeoutError is an OSError) or refuses."""


class Client:
    """Transactions of plain commands on one Redis or Valkey (not a cluster), each within `timeout_s` seconds.

    `redis` has socket timeouts of its own: an exchange that took too long is left to them, since a connection
    that is cancelled in the middle of one is lost to its pool.
    """

    def __init__(self, redis: Any, *, timeout_s: float = 0.5) -> None:
        self._redis = redis
        self.timeout_s = timeout_s
        self._running: set[asyncio.Task[list[Any]]] = set()

    @property
    def late_s(self) -> float:
        """How late a command may still reach Redis: the waits for a connection, to connect, to send."""
        return 3 * self.timeout_s

    async def transact(self, fill: Callable[[Any], object]) -> list[Any]:
        """The answers to what `fill` puts into a MULTI pipeline. Raises one of AWAY."""
        task = asyncio.create_task(self._transact(fill))
        self._running.add(task)
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=self.timeout_s)
        if not done:
            raise TimeoutError("Redis did not answer in time.")
        return task.result()

    async def _transact(self, fill: Callable[[Any], object]) -> list[Any]:
        async with self._redis.pipeline(transaction=True) as pipe:
            fill(pipe)
            answers: list[Any] = await pipe.execute()
            return answers

    def _ended(self, task: "asyncio.Task[list[Any]]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()

    async def aclose(self) -> None:
        """Wait for the exchanges that nobody waits for any more."""
        if self._running:
            await asyncio.wait(self._running)


@asynccontextmanager
async def open_redis(
    address: str, *, timeout_s: float = 0.5, max_connections: int = 32
) -> AsyncIterator[Client]:
    """A client of redis://, rediss:// or unix://. It does not connect yet; raises UserError on no address."""
    try:
        pool = BlockingConnectionPool.from_url(
            address,
            max_connections=max_connections,
            timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            socket_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )
    except ValueError:
        raise UserError(
            "The cache's Redis address cannot be read: it looks like redis://:password@host:6379/0."
        ) from None
    redis: Any = Redis(connection_pool=pool)
    client = Client(redis, timeout_s=timeout_s)
    try:
        yield client
    finally:
        await client.aclose()
        await redis.aclose()
        await pool.disconnect()

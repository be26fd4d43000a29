"""Whether the two memories behind the server answer."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Identifier
from redis.asyncio import Redis

from config.settings import Settings
from memory.postgres.address import postgres_address

log = logging.getLogger(__name__)

LIMIT_S = 3.0
FRESH_S = 1.0


@dataclass
class Readiness:
    """Asks the databases themselves, at most once a second however many ask us."""

    configured: Settings
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _answers: dict[str, bool] = field(default_factory=dict)
    _at: float = -FRESH_S

    async def __call__(self) -> dict[str, bool]:
        """Per memory, whether it answered within `LIMIT_S`."""
        async with self._asking:
            if time.monotonic() - self._at >= FRESH_S:
                store, checkpointer = await asyncio.gather(self._store(), self._checkpointer())
                self._answers = {"store": store, "checkpointer": checkpointer}
                self._at = time.monotonic()
            return self._answers

    async def _store(self) -> bool:
        return self.configured.store == "memory" or await self._postgres("memory_items")

    async def _checkpointer(self) -> bool:
        where = self.configured.checkpointer.get_secret_value()
        if where == "memory":
            return True
        return await (self._postgres("checkpoints") if where == "postgres" else self._redis(where))

    async def _postgres(self, table: str) -> bool:
        try:
            async with (
                asyncio.timeout(LIMIT_S),
                postgres_address(self.configured) as address,
                await psycopg.AsyncConnection.connect(address, autocommit=True) as connection,
            ):
                await connection.execute(SQL("SELECT 1 FROM {} LIMIT 1").format(Identifier(table)))
        except Exception as error:  # noqa: BLE001 - every failure means the same: not ready
            log.warning("the %s table does not answer: %s", table, type(error).__name__)
            return False
        return True

    async def _redis(self, address: str) -> bool:
        client = Redis.from_url(address)
        try:
            async with asyncio.timeout(LIMIT_S):
                await client.ping()
        except Exception as error:  # noqa: BLE001 - every failure means the same: not ready
            log.warning("Redis does not answer: %s", type(error).__name__)
            return False
        finally:
            await client.aclose()
        return True

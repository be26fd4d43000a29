"""LangGraph's Postgres checkpointer over a pool: each statement on a connection of its own, within a deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.postgres.base import PRUNE_SNAPSHOT_SQL
from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import AsyncCursor
from psycopg.rows import DictRow, dict_row

from config.errors import UserError
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more
from memory.short_term.postgres.prune import Statements

TIMEOUT_S = 30.0


class PooledSaver(AsyncPostgresSaver):
    """What takes longer than `timeout_s` raises UserError."""

    def __init__(self, pool: Pool, *, serde: SerializerProtocol, timeout_s: float = TIMEOUT_S) -> None:
        super().__init__(pool, serde=serde)
        self.pool = pool
        self._timeout_s = timeout_s

    async def _rows(self, statement: str, parameters: Any = None) -> list[DictRow]:
        """One statement, which is one transaction, and its rows."""

        async def work() -> list[DictRow]:
            # Autocommit: there is no transaction to end, as the pool's own context would see to.
            connection = await self.pool.getconn()
            try:
                cursor = await connection.execute(statement, parameters, binary=True)
                return await cursor.fetchall() if cursor.rownumber is not None else []
            finally:
                await self.pool.putconn(connection)

        async with self._deadline():
            return await once_more(work)

    async def _transaction(self, statements: Statements) -> None:
        """All of them in one snapshot, planned with what they are given: some take long lists of ids."""
        rows: Any = None
        async with self._cursor() as cursor, cursor.connection.transaction():
            await cursor.execute(PRUNE_SNAPSHOT_SQL)
            with suppress(StopIteration):
                while True:
                    statement, parameters = statements.send(rows)
                    async with self._deadline():
                        await cursor.execute(statement, parameters, prepare=False)
                        rows = await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError as error:
            raise UserError(
                f"The Postgres of the conversations did not answer within {self._timeout_s:g} s: "
                "try again in a moment."
            ) from error

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        """A cursor on a connection that nobody else has meanwhile; what is left of the stock saver uses it, too."""
        async with (
            self.pool.connection() as connection,
            connection.cursor(binary=True, row_factory=dict_row) as cursor,
        ):
            if pipeline:
                async with connection.transaction():
                    yield cursor
            else:
                yield cursor

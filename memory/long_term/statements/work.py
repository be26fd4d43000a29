"""A connection at work for one owner after another, within one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from memory.long_term.rows.isolation import enter, give_up_late
from memory.long_term.rows.readers import Reader
from memory.long_term.rows.row_grants import enter_as

Params = Sequence[Any] | Mapping[str, Any]


class Work:
    """`calls`: of the statements that the database has a procedure for, how each is called.

    `alone`: every statement is a transaction of its own; else all of them are one, of the connection's.
    `patient`: its statements take as long as they have to, as those that write wait for their turn; else each of
    them is given up after PATIENCE_MS.
    `reader`: who reads beside the owner (memory.long_term.rows.row_grants); it has no procedures.
    """

    def __init__(
        self,
        conn: AsyncConnection[DictRow],
        role: str,
        calls: Mapping[str, str],
        *,
        alone: bool = False,
        patient: bool = True,
        reader: Reader | None = None,
    ) -> None:
        self.conn = conn
        self.calls = {} if reader else calls
        self._role = role
        self._alone = alone
        self._patient = patient
        self._reader = reader.setting if reader else ""
        self._owner: str | None = None

    async def ask(self, owner: str, statement: str, params: Params = ()) -> AsyncCursor[DictRow]:
        """Run a statement for an owner; a procedure takes its parameters in their order."""
        call = self.calls.get(statement)
        if call is not None:
            named = params.items() if isinstance(params, Mapping) else enumerate(params)
            found = await self.query(
                call, [owner, self._role, *(value for name, value in named if name != "owner")]
            )
        elif self._alone:
            async with self.conn.transaction():
                await self._enter(owner)
                return await self.query(statement, params)
        else:
            if owner != self._owner:
                await self._enter(owner)
            found = await self.query(statement, params)
        self._owner = owner
        return found

    async def _enter(self, owner: str) -> None:
        if not self._patient and (self._alone or self._owner is None):
            await give_up_late(self.conn)
        if self._reader:
            await enter_as(self.conn, owner, self._role, self._reader)
        else:
            await enter(self.conn, owner, self._role)

    async def query(self, statement: str, params: Params) -> AsyncCursor[DictRow]:
        cursor = self.conn.cursor(binary=True)
        await cursor.execute(cast(Any, statement), params)
        return cursor

"""A connection at work for one owner after another, within one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from memory.long_term.isolation import enter
from memory.long_term.procedures import Procedure

Params = Sequence[Any] | Mapping[str, Any]


class Work:
    """`kept` are the procedures that the database has, by the statement that each stands for."""

    def __init__(self, conn: AsyncConnection[DictRow], role: str, kept: Mapping[str, Procedure]) -> None:
        self.conn = conn
        self.kept = kept
        self._role = role
        self._owner: str | None = None

    async def ask(self, owner: str, statement: str, params: Params = ()) -> AsyncCursor[DictRow]:
        """Run a statement for an owner; a procedure takes its parameters in their order."""
        procedure = self.kept.get(statement)
        if procedure is not None:
            named = params.items() if isinstance(params, Mapping) else enumerate(params)
            given = [value for name, value in named if name != "owner"]
            found = await self.query(procedure.call, [owner, self._role, *given])
        else:
            if owner != self._owner:
                await enter(self.conn, owner, self._role)
            found = await self.query(statement, params)
        self._owner = owner
        return found

    async def query(self, statement: str, params: Params) -> AsyncCursor[DictRow]:
        cursor = self.conn.cursor(binary=True)
        await cursor.execute(cast(Any, statement), params)
        return cursor

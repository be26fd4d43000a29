"""Our usual statements as functions of the server: one message does what it takes several to do from here.

Each enters its owner (see memory.long_term.isolation) and then runs the very statement that it stands for, planned once
a connection. Its name holds a digest of its text, so that releases side by side each find their own. A database that
lacks one (a replica whose primary is older, a user who may not create it) is asked by the statements themselves.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pgvector import Bit, HalfVector
from psycopg import sql

from memory.long_term.isolation import entering
from memory.postgres.pool import Pool
from memory.postgres.setup_lock import setup_lock

_THERE = "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regproc(name) IS NOT NULL"
_TYPES: Final[Mapping[type, str]] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    Bit: "bit varying",
    HalfVector: "halfvec",
}


@dataclass(frozen=True)
class Procedure:
    """`given` are the types of its parameters after the owner and the role; `gives`, of its columns by name."""

    what: str
    given: Sequence[str]
    gives: Mapping[str, str]
    body: str

    @property
    def name(self) -> str:
        text = f"{self.given} {self.gives} {self.body} {entering('$1', '$2')}"
        return f"memory_{self.what}_{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"

    @property
    def call(self) -> str:
        """The statement that calls it, with the owner, the role and its own parameters."""
        return (
            f"SELECT * FROM {self.name}({', '.join(f'%b::{each}' for each in ('text', 'text', *self.given))})"
        )

    @property
    def definition(self) -> str:
        columns = ", ".join(f"{name} {each}" for name, each in self.gives.items())
        return (
            f"CREATE OR REPLACE FUNCTION {self.name}({', '.join(('text', 'text', *self.given))}) "
            f"RETURNS TABLE ({columns}) LANGUAGE plpgsql AS $procedure$\n#variable_conflict use_column\n"
            f"BEGIN\nPERFORM {entering('$1', '$2')};\n{self.body}\nEND $procedure$"
        )


def standing_for(what: str, query: str, params: Sequence[Any], gives: Mapping[str, str]) -> Procedure:
    """Of a query with its parameters as "%s"; those given here tell their types."""
    number = iter(range(3, 3 + len(params)))
    text = re.sub("%s", lambda _: f"${next(number)}", query).replace("%%", "%")
    return Procedure(what, [_type(each) for each in params], gives, f"RETURN QUERY {text};")


def _type(value: Any) -> str:
    if isinstance(value, list):
        return f"{_type(value[0])}[]"
    return _TYPES[type(value)]


async def keep(pool: Pool, procedures: Iterable[Procedure]) -> None:
    """Define those that the database lacks."""
    wanted = {each.name: each for each in procedures}
    if wanted.keys() <= await kept(pool, wanted):
        return
    async with setup_lock(pool, "procedures"):
        for name in wanted.keys() - await kept(pool, wanted):
            async with pool.connection() as conn:
                await conn.execute(sql.SQL(wanted[name].definition))


async def kept(pool: Pool, names: Iterable[str]) -> set[str]:
    """Which of them the database has."""
    async with pool.connection() as conn:
        rows = await (await conn.execute(_THERE, (list(names),))).fetchall()
    return {row["name"] for row in rows}

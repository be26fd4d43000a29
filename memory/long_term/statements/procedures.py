"""Our usual statements as functions of the server: one message does what it takes several to do from here.

Each enters its owner (see memory.long_term.rows.isolation) and then runs the very statement that it stands for, planned
once a connection. Its name holds a digest of its text, so that releases side by side each find their own. A database
that lacks one (a replica whose primary is older, a user who may not create it) is asked by the statements themselves.
"""

import hashlib
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pgvector import Bit, HalfVector
from psycopg import errors, sql

from memory.long_term.rows.isolation import TENANT, entering
from memory.postgres.pool import Pool
from memory.postgres.setup_lock import setup_lock

log = logging.getLogger(__name__)

# Beside our tables, made by whoever made them or by us, word for word ours, and ours to call.
_THERE = """
    SELECT p.proname AS name, format('%%I.%%I', n.nspname, p.proname) AS place
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_proc p ON p.pronamespace = n.oid
    JOIN unnest(%s::text[], %s::text[], %s::int[]) AS ours(name, source, given)
        ON p.proname = ours.name AND p.prosrc = ours.source AND p.pronargs = ours.given
    WHERE t.oid = 'memory_items'::regclass AND NOT p.prosecdef AND has_function_privilege(p.oid, 'EXECUTE')
        AND (p.proowner = t.relowner OR pg_get_userbyid(p.proowner) = current_user)
"""
_SCHEMA = """
    SELECT quote_ident(n.nspname) AS schema, EXISTS (SELECT FROM pg_roles WHERE rolname = %s) AS exempt
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = 'memory_items'::regclass
"""
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

    def call(self, place: str) -> str:
        """The statement that calls it where it is, with the owner, the role and its own parameters."""
        return f"SELECT * FROM {place}({', '.join(f'%b::{each}' for each in ('text', 'text', *self.given))})"

    @property
    def source(self) -> str:
        return f"\n#variable_conflict use_column\nBEGIN\nPERFORM {entering('$1', '$2')};\n{self.body}\nEND "

    def definition(self, schema: str) -> str:
        columns = ", ".join(f"{name} {each}" for name, each in self.gives.items())
        return (
            f"CREATE OR REPLACE FUNCTION {schema}.{self.name}({self.signature}) "
            f"RETURNS TABLE ({columns}) LANGUAGE plpgsql AS $procedure${self.source}$procedure$"
        )

    @property
    def signature(self) -> str:
        return ", ".join(("text", "text", *self.given))


def standing_for(what: str, query: str, params: Sequence[Any], gives: Mapping[str, str]) -> Procedure:
    """Of a query with its parameters as "%s"; those given here tell their types."""
    number = iter(range(3, 3 + len(params)))
    text = re.sub("%s", lambda _: f"${next(number)}", query).replace("%%", "%")
    return Procedure(what, [_type(each) for each in params], gives, f"RETURN QUERY {text};")


def _type(value: Any) -> str:
    if isinstance(value, list):
        return f"{_type(value[0])}[]"
    return _TYPES[type(value)]


async def keep(pool: Pool, procedures: Collection[Procedure]) -> None:
    """Define those that the database lacks, as far as it may be written."""
    names = {each.name for each in procedures}
    try:
        if names <= (await kept(pool, procedures)).keys():
            return
        async with setup_lock(pool, "procedures"):
            there = await kept(pool, procedures)
            for each in procedures:
                if each.name not in there:
                    await _define(pool, each)
    except (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege) as error:
        log.info("this database is asked by statements alone (%s)", type(error).__name__)


async def _define(pool: Pool, procedure: Procedure) -> None:
    async with pool.connection() as conn, conn.transaction():
        row = await (await conn.execute(_SCHEMA, (TENANT,))).fetchone()
        schema, exempt = (row["schema"], row["exempt"]) if row else ("public", False)
        await conn.execute(sql.SQL(procedure.definition(schema)))
        if exempt:
            # Where nobody may call what others make, the role that superusers work as must be let.
            name = f"{schema}.{procedure.name}({procedure.signature})"
            await conn.execute(sql.SQL(f"GRANT EXECUTE ON FUNCTION {name} TO {TENANT}"))


async def kept(pool: Pool, procedures: Iterable[Procedure]) -> dict[str, str]:
    """Which of them the database has: where each is, by its name."""
    given = [(each.name, each.source, 2 + len(each.given)) for each in procedures]
    async with pool.connection() as conn:
        rows = await conn.execute(_THERE, [list(column) for column in zip(*given, strict=True)])
        return {row["name"]: row["place"] for row in await rows.fetchall()}

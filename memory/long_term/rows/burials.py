"""Who was erased, and when: what began before that is refused by the database, in the transaction that writes.

A row holds a keyed hash of the owner and a time, and no personal data. The key is beside it, so that a dump takes it
along: whoever has the whole database can tell whether somebody they guess was erased, and no more.
"""

from typing import Final, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from config.errors import UserError
from memory.long_term.rows.isolation import TENANT
from memory.postgres.migrations import Migration

PART: Final = "erasures"

_LOCK: LiteralString = "hashtextextended('mnemograph:owner:' || {owner}, 0)"
_MARK: LiteralString = "sha256(k.key || convert_to({owner}, 'UTF8'))"

# Writers share it until their transactions end. It is a statement of its own, before the one that writes: that one
# then sees whether the owner was erased while it waited.
SHARE: Final = f"SELECT pg_advisory_xact_lock_shared({_LOCK.format(owner='%(owner)s')})"
_OURS_ALONE: Final = f"SELECT pg_advisory_xact_lock({_LOCK.format(owner='%(owner)s')})"

# By when the work began, `age` seconds before this transaction.
ERASED_SINCE: Final = f"""EXISTS (
        SELECT FROM memory_erasure_key k JOIN memory_erasures e ON e.mark = {_MARK.format(owner="%(owner)s")}
        WHERE e.erased_at >= now() - make_interval(secs => %(age)s::double precision)
    )"""
_ERASED: Final = f"SELECT {ERASED_SINCE} AS erased"
_BURY: Final = f"""
    INSERT INTO memory_erasures (mark, erased_at)
    SELECT {_MARK.format(owner="%(owner)s")}, clock_timestamp() FROM memory_erasure_key k
    ON CONFLICT (mark) DO UPDATE SET erased_at = excluded.erased_at
"""  # noqa: S608 - our own words
_GRANT: Final = f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{TENANT}')
            AND (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
            GRANT SELECT, INSERT, UPDATE ON memory_erasures TO {TENANT};
            GRANT SELECT ON memory_erasure_key TO {TENANT};
        END IF;
    END $$
"""  # noqa: S608 - our own names

MIGRATIONS: Final = (
    Migration(
        1,
        "who was erased, and when",
        (
            "CREATE TABLE memory_erasures (mark bytea PRIMARY KEY, erased_at timestamptz NOT NULL)",
            "CREATE TABLE memory_erasure_key (one boolean PRIMARY KEY DEFAULT true CHECK (one), key bytea NOT NULL)",
            """
            INSERT INTO memory_erasure_key (key)
            SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))
            """,
            _GRANT,
        ),
    ),
)


class ErasedError(UserError):
    """Work that began before its owner was erased may write nothing of the owner any more."""

    def __init__(self) -> None:
        super().__init__(
            "The memories of this user were erased while this was under way, so nothing of it was kept: what is "
            "said from now on is remembered again."
        )


async def bury(conn: AsyncConnection[DictRow], owner: str) -> None:
    """Until this transaction ends nobody writes for the owner; what was written before is there to be deleted."""
    asked = {"owner": owner}
    await conn.execute(_OURS_ALONE, asked)
    await conn.execute(_BURY, asked)


async def admit(conn: AsyncConnection[DictRow], owner: str, age_s: float) -> None:
    """For the rest of this transaction nobody erases the owner. Raises ErasedError for work that began before that."""
    await conn.execute(SHARE, {"owner": owner})
    row = await (await conn.execute(_ERASED, {"owner": owner, "age": age_s})).fetchone()
    if row and row["erased"]:
        raise ErasedError


def is_burial(error: Exception) -> bool:
    """Whether nothing was written because the owner was erased since the work began: see statements.writes."""
    return isinstance(error, psycopg.errors.NotNullViolation) and error.diag.column_name == "version"

"""Whether the settings and what a database holds agree on encryption."""

from typing import Final, LiteralString

from config.errors import UserError
from config.settings import Settings
from memory.long_term.rows.isolation import EVERYBODY, enter
from memory.long_term.upkeep.takeover import left_over
from memory.long_term.wrappers.encrypted import SEALED
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.owner_keys import OwnerKeys
from memory.postgres.pool import Pool

SAMPLE: Final = 1_000
"""Memories that are looked at when a store is opened: where encryption was never on, the first is in clear."""

_MASTERS: LiteralString = "SELECT DISTINCT master FROM memory_keys ORDER BY master"
_IN_CLEAR: LiteralString = """
    SELECT EXISTS (SELECT FROM (SELECT value FROM memory_items LIMIT %s) sample WHERE NOT value ? %s) AS found
"""


async def owner_keys(
    configured: Settings, pool: Pool, place: str, *, sealing: bool = False
) -> OwnerKeys | None:
    """The owners' keys under the master keys of the settings; None without encryption. The tables are there.

    Raises UserError where the memories are sealed and no key is given, where they are in clear and one is (unless
    `sealing` is what is being done), and on master keys that do not open what is sealed.
    """
    given = configured.master_keys()
    if not given:
        if masters := await _masters(pool):
            raise UserError(
                f"The memories in the Postgres at {place} are encrypted, but MNEMOGRAPH_ENCRYPTION_KEYS is empty: set "
                f"it to the master keys that they are sealed under ({', '.join(map(repr, masters))})."
            )
        return None
    if not sealing and await _any_in_clear(pool):
        raise UserError(
            f"The Postgres at {place} holds memories in clear, but MNEMOGRAPH_ENCRYPTION_KEYS is set: stop what uses "
            "it and run `mnemograph encrypt`, which seals them, or empty the setting."
        )
    keys = OwnerKeys(pool, MasterKeys(given))
    await keys.setup()
    return keys


async def _masters(pool: Pool) -> list[str]:
    """The ids of the master keys that wrap any owner's key."""
    async with pool.connection() as conn, conn.transaction():
        row = await (await conn.execute("SELECT to_regclass('memory_keys') AS there")).fetchone()
        if row is None or row["there"] is None:
            return []
        await enter(conn, EVERYBODY, "none")
        return [row["master"] for row in await (await conn.execute(_MASTERS)).fetchall()]


async def _any_in_clear(pool: Pool) -> bool:
    if await left_over(pool):
        return True
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        row = await (await conn.execute(_IN_CLEAR, (SAMPLE, SEALED))).fetchone()
    return bool(row and row["found"])

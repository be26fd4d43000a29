"""What has long not been read grows cold: its vectors leave the index that every search reads, and stay in the table.

A cold view is marked by its lane (COLD more) and has no signs. Its words, its time and its key find it as before, and
its vector where nothing warm is near. What a search or a get returns is noted here and written a while later by
`Heat.flush`, which warms it: no read writes.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from psycopg.rows import DictRow

from memory.long_term.ranking.lanes import COLD
from memory.long_term.rows.isolation import EVERYBODY, IN_ORDER, enter
from memory.postgres.pool import Pool

log = logging.getLogger(__name__)

BATCH: Final = 500
MAX_NOTED: Final = 50_000
MOST: Final = 100_000
"""Memories that grow cold in one go: what has expired waits for them."""
PAUSE: Final = timedelta(days=2)
ROUND: Final = timedelta(hours=1)
"""How often what is read all the time is written down, and how often what has grown cold is looked for."""

_READ: LiteralString = """
    UPDATE memory_lookup l SET read_at = now()
    FROM unnest(%(owners)s::text[], %(ids)s::bigint[]) AS given(owner, id)
    WHERE l.owner = given.owner AND l.id = given.id AND (l.read_at IS NULL OR l.read_at < now() - %(round)s)
"""
_WARM: LiteralString = f"""
    UPDATE memory_vectors v SET lane = lane - {COLD},
        bits = binary_quantize(CASE WHEN s.centre IS NULL THEN embedding ELSE embedding - s.centre END)
    FROM unnest(%(owners)s::text[], %(paths)s::text[], %(ids)s::bigint[]) AS given(owner, path, id), memory_spaces s
    WHERE v.owner = given.owner AND v.path = given.path AND v.id = given.id AND v.lane >= {COLD} AND s.id = v.space
"""
# Those that somebody is writing are left for another time.
_COOL: LiteralString = f"""
    WITH unread AS (
        SELECT l.owner, l.path, l.id FROM memory_lookup l JOIN memory_items m ON m.owner = l.owner AND m.id = l.id
        WHERE (l.owner, l.id) > (%(owner)s, %(id)s)
            AND GREATEST(l.read_at, m.updated_at, %(began)s) < now() - %(unread)s AND EXISTS (
            SELECT FROM memory_vectors v WHERE v.owner = l.owner AND v.path = l.path AND v.id = l.id AND v.lane < {COLD}
        )
        ORDER BY l.owner, l.id LIMIT %(limit)s FOR UPDATE OF l SKIP LOCKED
    ), cooled AS (
        UPDATE memory_vectors v SET lane = lane + {COLD}, bits = '' FROM unread u
        WHERE v.owner = u.owner AND v.path = u.path AND v.id = u.id AND v.lane < {COLD}
    )
    SELECT owner, id FROM unread ORDER BY owner, id
"""
# What was read before anybody noted it counts as read when that began. Who stops for longer than a round begins anew.
_BEGAN: LiteralString = """
    INSERT INTO memory_heat AS h (one) VALUES (true) ON CONFLICT (one) DO UPDATE SET tended = now(),
        began = CASE WHEN h.tended < now() - %(pause)s THEN now() ELSE h.began END
    RETURNING began
"""
_ANY: LiteralString = f"SELECT EXISTS (SELECT FROM memory_vectors WHERE lane >= {COLD}) AS there"


class Heat:
    """Which memories were read since the last flush. Without `unread`, how long cold takes, nothing is noted."""

    def __init__(self, unread: timedelta | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.unread = unread
        self._clock = clock
        self._next = clock()
        self._read: dict[tuple[str, int], str] = {}

    def note(self, rows: Iterable[DictRow]) -> None:
        """Beyond MAX_NOTED some are forgotten: they look unread for a while longer."""
        if self.unread is not None:
            for row in rows:
                if len(self._read) < MAX_NOTED:
                    self._read[row["owner"], row["id"]] = row["path"]

    async def tend(self, pool: Pool) -> None:
        """Flush, and every ROUND let grow cold what nobody read."""
        if self.unread is None:
            return
        await self.flush(pool)
        if self._clock() >= self._next:
            self._next = self._clock() + ROUND.total_seconds()
            async with pool.connection() as conn:
                row = await (await conn.execute(_BEGAN, {"pause": PAUSE})).fetchone()
            began = row["began"] if row else None
            cooled = await cool(pool, self.unread, began=began)
            log.info("%d memories that nobody read have grown cold", cooled)

    async def flush(self, pool: Pool) -> int:
        """Write down what was read, and warm what of it was cold; returns how many memories were read."""
        read, self._read = self._read, {}
        listed = sorted((owner, path, number) for (owner, number), path in read.items())
        try:
            for start in range(0, len(listed), BATCH):
                await _note(pool, listed[start : start + BATCH])
        except Exception:
            self._read = read | self._read
            raise
        return len(listed)


async def _note(pool: Pool, read: Sequence[tuple[str, str, int]]) -> None:
    owners, paths, ids = map(list, zip(*read, strict=True))
    given: dict[str, Any] = {"owners": owners, "paths": paths, "ids": ids, "round": ROUND}
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        await conn.execute(_READ, given)
        await conn.execute(_WARM, given)


async def cool(
    pool: Pool, unread: timedelta, batch: int = BATCH, began: datetime | None = None, most: int = MOST
) -> int:
    """Let grow cold what was neither read nor written for so long, `batch` a transaction; returns how many memories.

    `began`: when reads began to be noted; `most` at a time, the rest at the next.
    """
    cooled, after = 0, ("", 0)
    while cooled < most:
        asked = {"unread": unread, "limit": batch, "began": began, "owner": after[0], "id": after[1]}
        async with pool.connection() as conn, conn.transaction():
            await enter(conn, EVERYBODY, "none")
            await conn.execute(IN_ORDER)
            done = await (await conn.execute(_COOL, asked)).fetchall()
        cooled += len(done)
        if len(done) < batch:
            break
        after = (done[-1]["owner"], done[-1]["id"])
    return cooled


async def has_cold(pool: Pool) -> bool:
    """Whether anybody has a cold memory."""
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, EVERYBODY, "none")
        row = await (await conn.execute(_ANY)).fetchone()
    return bool(row and row["there"])

"""Every owner's key: made at the first write, kept wrapped in the database and, for a moment, in this process."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from psycopg import sql
from psycopg.rows import DictRow

from memory.long_term.rows.burials import admit
from memory.long_term.rows.isolation import EVERYBODY, enter, working_role
from memory.long_term.rows.owned import delete
from memory.long_term.wrappers import key_table
from memory.long_term.wrappers.master_keys import MasterKeys
from memory.long_term.wrappers.owner_key import OwnerKey
from memory.postgres.migrations import migrate
from memory.postgres.pool import Pool
from memory.postgres.retry import once_more

MAX_AGE_S: Final = 10.0
PAGE: Final = 200

Found = dict[str, OwnerKey]


class OwnerKeys:
    """Keys by owner ("users.ana"), in the table memory_keys of the database that `pool` is on.

    `memories`: a pool on the database of the memories, where that is another one (then backups of it hold no key).
    A key is believed for `max_age_s` seconds: so long at most goes another process on with one that was destroyed.
    At most `max_owners` keys stay in memory. Use it on one event loop.
    """

    def __init__(
        self,
        pool: Pool,
        masters: MasterKeys,
        *,
        memories: Pool | None = None,
        max_age_s: float = MAX_AGE_S,
        max_owners: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._memories = memories
        self._masters = masters
        self._max_age_s = max_age_s
        self._max_owners = max_owners
        self._clock = clock
        self._kept: OrderedDict[str, tuple[OwnerKey, float]] = OrderedDict()
        self._lent: dict[str, list[OwnerKey]] = {}
        self._destroyed = 0
        self._role: str | None = None

    async def setup(self) -> None:
        """Make the table; the memories' own set-up comes first.

        Raises UserError on master keys with which some owner's memories could not be read: before a new owner's key
        is wrapped with a wrong one.
        """
        await migrate(self._pool, key_table.PART, key_table.MIGRATIONS)
        self._role = await working_role(self._pool)
        asked = {"newest": self._masters.newest, "given": self._masters.ids}
        for row in await self._run(EVERYBODY, key_table.SAMPLES, asked, rows=True):
            self._secret(row)

    async def of(self, owners: Collection[str], *, fresh: bool = False) -> Found:
        """The keys of those owners who have one; `fresh` from the database. Raises UserError on a wrong master key."""
        now = self._clock()
        kept = {} if fresh else {owner: each for owner in owners if (each := self._young(owner, now))}
        missing = [owner for owner in dict.fromkeys(owners) if owner not in kept]
        if not missing:
            return kept
        destroyed = self._destroyed
        rows = await once_more(lambda: self._read(missing))
        found = {row["owner"]: self._unwrapped(row) for row in rows}
        if destroyed == self._destroyed:
            for owner in missing:
                self._keep(owner, found.get(owner), now)
        return kept | found

    async def made(self, owners: Mapping[str, float]) -> Found:
        """The keys of these owners, made for those who have none.

        The work that asks for one began so many seconds ago; raises ErasedError when the owner was erased since.
        """
        found = await self.of(owners.keys())
        missing = {owner: age_s for owner, age_s in owners.items() if owner not in found}
        for owner, age_s in missing.items():
            await once_more(lambda owner=owner, age_s=age_s: self._add(owner, age_s))  # type: ignore[misc]
        # Another process may have made it first: what the table holds is the key.
        return found | (await self.of(missing.keys(), fresh=True) if missing else {})

    async def destroy(self, owner: str) -> dict[str, int]:
        """Delete the owner's key and, in the same transaction, all that is kept of the owner: rows by table.

        No copy of the values can be read from then on, but with a backup that holds the key's row, too, and the master
        key of that time (see `rewrap`). Doing it again does no harm.
        """
        counts: Counter[str] = Counter()
        for pool in (self._pool, self._memories):
            if pool is not None:
                counts.update(await once_more(lambda pool=pool: delete(pool, owner)))  # type: ignore[misc]
        self._destroyed += 1
        self._kept.pop(owner, None)
        self._lent.pop(owner, None)
        return dict(counts)

    async def rewrap(self) -> int:
        """Wrap every key with the newest master key, after which the others are not needed; returns how many."""
        count, after = 0, ""
        while rows := await once_more(lambda after=after: self._old(after)):  # type: ignore[misc]
            secrets = [self._secret(row) for row in rows]
            for row, secret in zip(rows, secrets, strict=True):
                await once_more(lambda row=row, secret=secret: self._wrap_anew(row, secret))  # type: ignore[misc]
            count, after = count + len(rows), rows[-1]["owner"]
        return count

    def known(self, owner: str) -> OwnerKey:
        """Without asking the database. Raises LookupError when the key is not here, or was destroyed."""
        if owner in self._kept:
            return self._kept[owner][0]
        if owner in self._lent:
            return self._lent[owner][-1]
        raise LookupError(
            "An owner's key is not at hand, or was destroyed meanwhile: an encrypted store is searched and written "
            "through its EncryptedStore alone."
        )

    @contextmanager
    def lent(self, keys: Mapping[str, OwnerKey]) -> Iterator[None]:
        """For as long as this lasts, `known` finds these, whatever is pushed out of memory."""
        for owner, key in keys.items():
            self._lent.setdefault(owner, []).append(key)
        try:
            yield
        finally:
            for owner, key in keys.items():
                held = self._lent.get(owner, [])
                if key in held:
                    held.remove(key)
                if not held:
                    self._lent.pop(owner, None)

    def _young(self, owner: str, now: float) -> OwnerKey | None:
        key, since = self._kept.get(owner, (None, 0.0))
        return key if key is not None and now - since < self._max_age_s else None

    def _keep(self, owner: str, key: OwnerKey | None, now: float) -> None:
        self._kept.pop(owner, None)
        if key is not None:
            self._kept[owner] = (key, now)
        while len(self._kept) > self._max_owners:
            self._kept.popitem(last=False)

    def _unwrapped(self, row: DictRow) -> OwnerKey:
        kept = self._kept.get(row["owner"])
        if kept is not None and kept[0].id == row["id"]:
            return kept[0]
        return OwnerKey(row["owner"], row["id"], self._secret(row))

    def _secret(self, row: DictRow) -> bytes:
        return self._masters.unwrap(row["master"], row["owner"], row["id"], row["wrapped"])

    async def _read(self, owners: list[str]) -> list[DictRow]:
        return await self._run(
            owners[0] if len(owners) == 1 else EVERYBODY, key_table.READ, (owners,), rows=True
        )

    async def _old(self, after: str) -> list[DictRow]:
        asked = {"master": self._masters.newest, "after": after, "limit": PAGE}
        return await self._run(EVERYBODY, key_table.OLD, asked, rows=True)

    async def _add(self, owner: str, age_s: float) -> None:
        key, secret = OwnerKey.fresh(owner)
        role = await self._working_role()
        if self._memories is not None:
            async with self._memories.connection() as conn, conn.transaction():
                await admit(conn, owner, age_s)
        async with self._pool.connection() as conn, conn.transaction():
            await enter(conn, owner, role)
            if self._memories is None:
                await admit(conn, owner, age_s)
            await conn.execute(key_table.ADD, self._row(owner, key.id, secret))

    async def _wrap_anew(self, row: DictRow, secret: bytes) -> None:
        await self._run(row["owner"], key_table.REWRAP, self._row(row["owner"], row["id"], secret))

    def _row(self, owner: str, key_id: str, secret: bytes) -> dict[str, Any]:
        wrapped = self._masters.wrap(owner, key_id, secret)
        return {"owner": owner, "id": key_id, "master": self._masters.newest, "wrapped": wrapped}

    async def _run(self, owner: str, query: str, params: Any, *, rows: bool = False) -> list[DictRow]:
        role = await self._working_role()
        async with self._pool.connection() as conn, conn.pipeline(), conn.transaction():
            await enter(conn, owner, role)
            cursor = await conn.execute(sql.SQL(query), params)
            return await cursor.fetchall() if rows else []

    async def _working_role(self) -> str:
        if self._role is None:
            self._role = await working_role(self._pool)
        return self._role

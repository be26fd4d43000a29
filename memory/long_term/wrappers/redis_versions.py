"""Versions that many processes share, in one Redis or Valkey, with plain commands.

An owner has a version (a random word), a hash of the writers under way, and maybe a mark that lifetimes are
in use. Writers' entries run out after a lease, which a writer renews while it writes: one that dies keeps its
owner out of the cache for that long, and no longer.

Redis may lose what it knew, by a restart (even to an older snapshot), a flush, or a failover. Every answer
therefore holds the server's run id, which is part of the version, and is compared with an epoch kept beside the
versions: when they differ, nobody uses the cache for one lease, so that writers under way can be done.

When Redis cannot be asked, reads pass the cache by. A writer that could not announce itself writes all the
same; it then returns as soon as it has changed the version, or when `max_age_s` has passed and nothing cached
before its write can be served any more. It is never refused, nor kept for longer.

What remains: a Redis split in two masters, or one that evicts a writer's entry in the middle of its write,
can serve what was cached before, for at most `max_age_s`.
"""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from memory.long_term.wrappers.redis_client import AWAY, Client
from memory.long_term.wrappers.scopes import Owner, digest

log = logging.getLogger(__name__)

VERSION_LIVES_S = 86_400
"""A version that nobody changed for so long is forgotten; the next one is new."""

RETRY_S = 0.1
"""Between a writer's attempts to change the version."""


class RedisVersions:
    """`lease_s` and `prefix` are the same in all processes. After a failure reads do not ask for `pause_s`."""

    def __init__(
        self, client: Client, *, prefix: str = "mnemograph:cache", lease_s: float = 5.0, pause_s: float = 1.0
    ) -> None:
        self._client = client
        self._prefix = prefix
        self.lease_s = lease_s
        self._pause_s = pause_s
        self._away_until = float("-inf")

    async def read(self, owners: Sequence[Owner]) -> list[str | None]:
        if not owners or time.monotonic() < self._away_until:
            return [None] * len(owners)
        try:
            found = await self._read(owners)
            missing = [owner for owner, version in zip(owners, found, strict=True) if version == ""]
            if missing:
                await self._create(missing)
                found = await self._read(owners)
        except AWAY as error:
            self._away_until = time.monotonic() + self._pause_s
            log.warning("reads go on without the cache for %s s: %s", self._pause_s, type(error).__name__)
            return [None] * len(owners)
        return [version or None for version in found]

    async def _read(self, owners: Sequence[Owner]) -> list[str | None]:
        """None: withheld. Empty: there is none yet."""
        kinds = [self._key(kind, owner) for owner in owners for kind in ("version", "mortal")]

        def ask(pipe: Any) -> None:
            pipe.info("server")
            pipe.mget(self._key("epoch"), self._key("grace"), *kinds)
            for owner in owners:
                pipe.exists(self._key("writers", owner))

        server, (epoch, grace, *of_owners), *writers = await self._client.transact(ask)
        run = str(server["run_id"])
        if epoch != run.encode():
            await self._begin_epoch(run)
            return [None] * len(owners)
        if grace is not None:
            return [None] * len(owners)
        states = zip(of_owners[::2], of_owners[1::2], writers, strict=True)
        return [
            None if busy or mortal is not None else f"{run}:{version.decode()}" if version else ""
            for version, mortal, busy in states
        ]

    async def _begin_epoch(self, run: str) -> None:
        def begin(pipe: Any) -> None:
            pipe.set(self._key("epoch"), run)
            pipe.set(self._key("grace"), 1, px=self._lease_ms)

        await self._client.transact(begin)

    async def _create(self, owners: Sequence[Owner]) -> None:
        def create(pipe: Any) -> None:
            for owner in owners:
                pipe.set(self._key("version", owner), secrets.token_hex(16), ex=VERSION_LIVES_S, nx=True)

        await self._client.transact(create)

    @asynccontextmanager
    async def writing(
        self, owners: Collection[Owner], *, mortal: Collection[Owner], max_age_s: float
    ) -> AsyncIterator[None]:
        claim = _Claim(self, frozenset(owners), frozenset(mortal))
        await claim.announce()
        done = asyncio.Event()
        keeping = asyncio.create_task(claim.keep(done))
        try:
            yield
        except BaseException:
            done.set()
            # Nothing is acknowledged; the lease ends a claim that cannot be withdrawn.
            await claim.withdraw()
            raise
        finally:
            done.set()
            await keeping
        await claim.settle(max_age_s)

    async def announce(self, owners: Collection[Owner], mortal: Collection[Owner], writer: str) -> None:
        """Change the versions and withhold them for a lease. Raises one of AWAY."""

        def fill(pipe: Any) -> None:
            for owner in owners:
                self._change(pipe, owner, owner in mortal)
                pipe.hset(self._key("writers", owner), writer, 1)
                pipe.pexpire(self._key("writers", owner), self._lease_ms)

        await self._client.transact(fill)

    async def withdraw(self, owners: Collection[Owner], mortal: Collection[Owner], writer: str) -> None:
        """Change the versions and give them out again, if no other writer withholds them. Raises one of AWAY."""

        def fill(pipe: Any) -> None:
            for owner in owners:
                self._change(pipe, owner, owner in mortal)
                pipe.hdel(self._key("writers", owner), writer)

        await self._client.transact(fill)

    async def forget(self, owner: Owner) -> None:
        """Raises one of AWAY."""

        def fill(pipe: Any) -> None:
            pipe.unlink(self._key("version", owner), self._key("mortal", owner))

        await self._client.transact(fill)

    def _change(self, pipe: Any, owner: Owner, mortal: bool) -> None:
        pipe.set(self._key("version", owner), secrets.token_hex(16), ex=VERSION_LIVES_S)
        if mortal:
            pipe.set(self._key("mortal", owner), 1)

    @property
    def _lease_ms(self) -> int:
        return max(1, int(self.lease_s * 1000))

    @property
    def late_s(self) -> float:
        return self._client.late_s

    def _key(self, kind: str, owner: Owner | None = None) -> str:
        return f"{self._prefix}:{kind}" + ("" if owner is None else f":{digest(json.dumps(owner))}")


class _Claim:
    """One writer's announcement, and until when (monotonic) it has stood without a gap."""

    def __init__(self, versions: RedisVersions, owners: frozenset[Owner], mortal: frozenset[Owner]) -> None:
        self._versions = versions
        self._whose = (owners, mortal, secrets.token_hex(8))
        self._stands_until = float("inf")

    async def announce(self) -> None:
        """First, and to renew. Redis counts the lease from later than we do, so ours ends first."""
        sent = time.monotonic()
        try:
            await self._versions.announce(*self._whose)
        except AWAY as error:
            log.warning("a write could not be announced to the cache: %s", type(error).__name__)
            self._stands_until = min(self._stands_until, sent)
            return
        if sent < self._stands_until:
            self._stands_until = sent + self._versions.lease_s

    async def keep(self, done: asyncio.Event) -> None:
        """Renew until it is done. Nothing is cancelled here: see Client."""
        while not done.is_set():
            try:
                async with asyncio.timeout(self._versions.lease_s / 3):
                    await done.wait()
            except TimeoutError:
                await self.announce()

    async def withdraw(self) -> bool:
        try:
            await self._versions.withdraw(*self._whose)
        except AWAY as error:
            log.warning("a written version could not be changed: %s", type(error).__name__)
            return False
        return True

    async def settle(self, max_age_s: float) -> None:
        """Return when nothing that was cached before the write can be served."""
        written = time.monotonic()
        if await self.withdraw() or written < self._stands_until:
            return
        # What was read before the write may have reached Redis this late.
        deadline = written + max_age_s + self._versions.late_s
        while (left := deadline - time.monotonic()) > 0:
            await asyncio.sleep(min(RETRY_S, left))
            if await self.withdraw():
                return

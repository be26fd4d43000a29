"""The version of what an owner has: a cached result is good for the version under which it was read.

The rule that makes a stale hit impossible, whatever the order in which readers and writers run:

- A writer announces itself *before* it writes: the version changes and is withheld until the write has ended.
- A reader asks for the version first. Withheld: it neither takes from the cache nor puts anything there.
  Otherwise it may take what is kept under this version, and keep under it what it reads afterwards.

So what a late reader keeps lands under a version for which nobody asks any more. Versions are never reused.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import Protocol

from memory.long_term.wrappers.scopes import Owner


class Versions(Protocol):
    async def read(self, owners: Sequence[Owner]) -> list[str | None]:
        """One an owner; None: the cache must be passed by for this owner now."""

    def writing(
        self, owners: Collection[Owner], *, mortal: Collection[Owner], max_age_s: float
    ) -> AbstractAsyncContextManager[None]:
        """Around a write to these owners. After it nobody is served what was cached before the write.

        `mortal`: the owners who are given an item with a lifetime; the cache passes them by from then on.
        `max_age_s`: the longest for which anything is served from the cache.
        """

    async def forget(self, owner: Owner) -> None:
        """Of an owner who has nothing any more; the next version is a new one."""


class LocalVersions:
    """Versions of this process alone: right only where no other process writes to the same store.

    Of owners without a write under way it forgets the least recently used beyond `max_owners`, whose next
    version is a new one. Safe to share between stores, loops and threads.
    """

    def __init__(self, *, max_owners: int = 100_000) -> None:
        self._max_owners = max_owners
        self._lock = threading.Lock()
        self._run = secrets.token_hex(16)
        self._numbers = count()
        self._versions: OrderedDict[Owner, str] = OrderedDict()
        self._writers: dict[Owner, int] = {}
        self._mortal: set[Owner] = set()

    async def read(self, owners: Sequence[Owner]) -> list[str | None]:
        with self._lock:
            return [self._read(owner) for owner in owners]

    def _read(self, owner: Owner) -> str | None:
        if owner in self._writers or owner in self._mortal:
            return None
        if owner not in self._versions:
            self._versions[owner] = f"{self._run}:{next(self._numbers)}"
            if len(self._versions) > self._max_owners:
                self._versions.popitem(last=False)
        self._versions.move_to_end(owner)
        return self._versions[owner]

    @asynccontextmanager
    async def writing(
        self,
        owners: Collection[Owner],
        *,
        mortal: Collection[Owner],
        max_age_s: float,  # noqa: ARG002 - nothing here can be away, so nothing need run out
    ) -> AsyncIterator[None]:
        mine = set(owners)
        with self._lock:
            self._mortal.update(mortal)
            for owner in mine:
                self._versions.pop(owner, None)
                self._writers[owner] = self._writers.get(owner, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                for owner in mine:
                    self._writers[owner] -= 1
                    if not self._writers[owner]:
                        del self._writers[owner]

    async def forget(self, owner: Owner) -> None:
        with self._lock:
            self._versions.pop(owner, None)
            self._mortal.discard(owner)

"""What a search knows of its owner beforehand: who speaks in the memories, and how many there are."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Final

FRESH_S: Final = 30.0
MAX_OWNERS: Final = 5_000

SPEAKERS: Final = "SELECT owner, speaker FROM memory_speakers WHERE {}"
COUNT: Final = "SELECT count(*) AS memories FROM memory_lookup WHERE {}"


@dataclass(frozen=True)
class Profile:
    """`memories` tells how rare a word is; it may be half a minute old, as the speakers may."""

    speakers: tuple[str, ...] = ()
    memories: int = 0


@dataclass
class Profiles:
    """The profiles that were read lately. A name that is new for half a minute costs its boost, nothing else."""

    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, tuple[float, Profile]] = field(default_factory=OrderedDict)

    def get(self, owner: str) -> Profile | None:
        found = self._kept.get(owner)
        return found[1] if found is not None and self.clock() - found[0] < FRESH_S else None

    def put(self, owner: str, profile: Profile) -> Profile:
        self._kept[owner] = (self.clock(), profile)
        self._kept.move_to_end(owner)
        while len(self._kept) > MAX_OWNERS:
            self._kept.popitem(last=False)
        return profile

    def wrote(self, owner: str, speakers: Collection[str], memories: int) -> None:
        """So much was written by this process: what was known of the owner stays known, unless somebody is new."""
        at, known = self._kept.get(owner, (0.0, None))
        if known is None:
            return
        if set(speakers) <= set(known.speakers):
            self._kept[owner] = (at, replace(known, memories=known.memories + memories))
        else:
            del self._kept[owner]

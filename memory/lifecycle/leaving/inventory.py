"""Every place that holds something of a user, and how much: what an export is taken from and an erasure empties."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from memory.long_term.erasing import held_by
from memory.namespaces import owner_namespace
from memory.short_term.holdings import held
from memory.short_term.whose import Says, Theirs, threads_of

THREADS = "conversations"
SHARED = "shared conversations"


@dataclass(frozen=True)
class Places:
    """The two memories of a deployment, who said what in a conversation's values, and whose are unnamed runs."""

    store: BaseStore
    saver: BaseCheckpointSaver[Any]
    says: Says
    unnamed: bool = False


@dataclass(frozen=True)
class Inventory:
    """What there is: the user's conversations by id, and how much lies where, 0 included.

    Of `SHARED` conversations, which are others', nothing is the user's but a part of what was said.
    """

    threads: Theirs
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


async def inventory(places: Places, user_id: str) -> Inventory:
    """By looking: rows by table, keys of Redis, entries of this process."""
    threads = await threads_of(places.saver, user_id, places.says, unnamed=places.unnamed)
    counts = await held_by(places.store, owner_namespace(user_id))
    counts |= {THREADS: len(threads.own), SHARED: len(threads.shared)}
    return Inventory(threads, counts | await held(places.saver, threads.own))

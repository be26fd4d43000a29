"""Turns whose words are kept and whose facts are still to come. Each has a mark beside its episode.

The mark is written with the turn's words and goes with its facts, so that it is there exactly while they are missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from langgraph.store.base import BaseStore, PutOp, SearchItem

from memory.lifecycle.turns.evidence import Evidence
from memory.namespaces import Namespace, memory_namespace

LABEL: Final = "pending"
PAGE: Final = 200
ENOUGH: Final = 10
"""So many turns of one conversation no longer wait for a pause in it."""
PATIENCE: Final = 10
"""Nor does a turn that has waited for so many pauses' length."""


@dataclass(frozen=True)
class Pending:
    """A turn that waits: its episode's id, where it was said, and since when it waits."""

    id: str
    thread_id: str
    human_id: str
    since: datetime


def marks(user_id: str) -> Namespace:
    """Where a user's marks are."""
    return memory_namespace(user_id, LABEL)


def marked(user_id: str, episode: str, evidence: Evidence, now: datetime) -> PutOp:
    """The write of a turn's mark; it tells where the words are, and none of them."""
    value = {"thread": evidence.thread_id, "message": evidence.opening.id, "since": now.isoformat()}
    return PutOp(marks(user_id), episode, value, index=False)


def unmarked(user_id: str, episode: str) -> PutOp:
    return PutOp(marks(user_id), episode, None)


async def pending_of(store: BaseStore, user_id: str, thread_id: str | None = None) -> list[Pending]:
    """A user's turns whose facts are still to come, those that wait longest first; of one thread or of all."""
    asked = {"thread": thread_id} if thread_id else None
    found: list[SearchItem] = []
    for number in count():
        page = await store.asearch(
            marks(user_id), filter=asked, limit=PAGE, offset=number * PAGE, refresh_ttl=False
        )
        found += page
        if len(page) < PAGE:
            break
    read = [mark for item in found if (mark := _read(item)) is not None]
    return sorted(read, key=lambda each: (each.since, each.id))


async def cancel(store: BaseStore, user_id: str, ids: Sequence[str] | None = None) -> int:
    """These turns of the user's (without `ids` all that wait) will not be extracted. Returns how many.

    An extraction that is under way writes nothing any more once the turn's episode is changed or gone.
    """
    gone = [each.id for each in await pending_of(store, user_id)] if ids is None else list(ids)
    if gone:
        await store.abatch([unmarked(user_id, each) for each in gone])
    return len(gone)


def is_overdue(waiting: Sequence[Pending], now: datetime, pause_s: float) -> bool:
    """Whether these turns of one conversation should wait for no pause in it any more."""
    since = min((each.since for each in waiting), default=now)
    return len(waiting) >= ENOUGH or now - since > timedelta(seconds=PATIENCE * pause_s)


def _read(item: SearchItem) -> Pending | None:
    """None for what another program put there: recovery reads the marks of everybody at once."""
    thread_id, human_id, since = (item.value.get(name) for name in ("thread", "message", "since"))
    if not (isinstance(thread_id, str) and isinstance(human_id, str) and isinstance(since, str)):
        return None
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        return None
    return Pending(item.key, thread_id, human_id, at) if at.tzinfo else None

"""Which checkpoints of a thread may go; no connection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from memory.short_term.kept import Kept

Place = tuple[str, str]
"""Namespace and checkpoint id."""


@dataclass(frozen=True)
class Held:
    """What choosing needs to know of a checkpoint.

    Attributes:
        parent: the id of the one before it, "" for none.
        root: for a subgraph's, the root's checkpoint from which it was called.
        shown: channels whose value it shows.
        replayed: channels that are told by the writes of earlier checkpoints.
        made: when, if that was looked up.
    """

    parent: str
    root: str
    shown: frozenset[str]
    replayed: frozenset[str]
    made: datetime | None = None


def to_prune(found: Mapping[Place, Held], policy: Kept) -> list[Place]:
    """Those that go. Earlier checkpoints stay while a kept one is replayed from them."""
    by_namespace: dict[str, list[str]] = {}
    for namespace, checkpoint_id in found:
        by_namespace.setdefault(namespace, []).append(checkpoint_id)
    kept: set[Place] = set()
    for namespace, ids in by_namespace.items():
        for number, checkpoint_id in enumerate(sorted(ids, reverse=True)):
            place = (namespace, checkpoint_id)
            if policy.stays(number, found[place].made):
                kept |= set(_with_ancestors(found, place))
    ended = {
        namespace for namespace, ids in by_namespace.items() if _has_ended(namespace, found, max(ids), kept)
    }
    return sorted(place for place in found if place not in kept or place[0] in ended)


def _has_ended(namespace: str, found: Mapping[Place, Held], newest: str, kept: set[Place]) -> bool:
    """A subgraph's call goes with the root's checkpoint that it began from; its namespace has a task after a colon."""
    root = ("", found[namespace, newest].root)
    return ":" in namespace and root in found and root not in kept


def _with_ancestors(found: Mapping[Place, Held], place: Place) -> Iterable[Place]:
    """The checkpoint, and those up to the nearest that show each channel which it replays."""
    yield place
    wanted = found[place].replayed - found[place].shown
    seen = {place}
    while wanted:
        place = (place[0], found[place].parent)
        if place not in found or place in seen:
            return
        seen.add(place)
        yield place
        wanted -= found[place].shown

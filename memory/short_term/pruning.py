"""Which checkpoints of a thread may go; no connection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

Place = tuple[str, str]
"""Namespace and checkpoint id."""


@dataclass(frozen=True)
class Pruning:
    """What stays of each namespace beside the newest checkpoint, which always does; both hold where both are given.

    Attributes:
        keep_last: the newest so many.
        older_than: those made at this moment or later.
    """

    keep_last: int | None = None
    older_than: datetime | None = None

    def stays(self, number: int, made: datetime | None) -> bool:
        """Whether the checkpoint of this number, 0 for the newest, stays."""
        young = self.older_than is None or made is None or made >= self.older_than
        return number == 0 or (young and (self.keep_last is None or number < self.keep_last))


@dataclass(frozen=True)
class Kept:
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


def pruning(strategy: str, keep_last: int | None, older_than: datetime | None) -> Pruning | None:
    """From the arguments of `aprune`; None for whole threads. Raises ValueError for what cannot be meant."""
    limited = keep_last is not None or older_than is not None
    if strategy not in ("keep_latest", "delete") or (strategy == "delete" and limited):
        raise ValueError(f"Unknown prune strategy: {strategy!r}{' with a limit' if limited else ''}")
    if keep_last is not None and keep_last < 1:
        raise ValueError(f"keep_last is {keep_last}; give 1 or more, or the strategy 'delete'.")
    if older_than is not None and older_than.tzinfo is None:
        raise ValueError("older_than has no time zone: give one, such as datetime.now(UTC).")
    if strategy == "delete":
        return None
    return Pruning(keep_last, older_than) if limited else Pruning(keep_last=1)


def to_prune(found: Mapping[Place, Kept], how: Pruning) -> list[Place]:
    """Those that go. Earlier checkpoints stay while a kept one is replayed from them."""
    by_namespace: dict[str, list[str]] = {}
    for namespace, checkpoint_id in found:
        by_namespace.setdefault(namespace, []).append(checkpoint_id)
    kept: set[Place] = set()
    for namespace, ids in by_namespace.items():
        for number, checkpoint_id in enumerate(sorted(ids, reverse=True)):
            place = (namespace, checkpoint_id)
            if how.stays(number, found[place].made):
                kept |= set(_with_ancestors(found, place))
    ended = {
        namespace for namespace, ids in by_namespace.items() if _has_ended(namespace, found, max(ids), kept)
    }
    return sorted(place for place in found if place not in kept or place[0] in ended)


def _has_ended(namespace: str, found: Mapping[Place, Kept], newest: str, kept: set[Place]) -> bool:
    """A subgraph's call goes with the root's checkpoint that it began from; its namespace has a task after a colon."""
    root = ("", found[namespace, newest].root)
    return ":" in namespace and root in found and root not in kept


def _with_ancestors(found: Mapping[Place, Kept], place: Place) -> Iterable[Place]:
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

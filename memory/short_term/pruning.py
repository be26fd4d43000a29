"""Which checkpoints of a thread may go; no connection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

Place = tuple[str, str]
"""Namespace and checkpoint id."""


@dataclass(frozen=True)
class Pruning:
    """What is kept of each namespace: the newest `keep_last`, and what is not older than `older_than`.

    The newest one always stays, unless `keep_last` is 0.
    """

    keep_last: int
    older_than: datetime | None = None


@dataclass(frozen=True)
class Kept:
    """What choosing needs to know of a checkpoint.

    Attributes:
        parent: the id of the one before it, "" for none.
        root: for a subgraph's, the root's checkpoint from which it was called.
        shown: channels whose value it shows.
        replayed: channels that are told by the writes of earlier checkpoints.
    """

    parent: str
    root: str
    shown: frozenset[str]
    replayed: frozenset[str]


def pruning(strategy: str, keep_last: int | None, older_than: datetime | None) -> Pruning:
    """From the arguments of `aprune`. Raises ValueError for what is no strategy, and for a negative number.

    Without `keep_last`, `older_than` alone decides, and the newest checkpoint stays.
    """
    if strategy not in ("keep_latest", "delete"):
        raise ValueError(f"{strategy!r} is no pruning strategy: use 'keep_latest' or 'delete'.")
    if keep_last is not None and keep_last < 0:
        raise ValueError(f"keep_last is {keep_last}, which must be 0 or more.")
    if keep_last is None:
        keep_last = 0 if strategy == "delete" else 1
    return Pruning(keep_last, older_than)


def to_prune(found: Mapping[Place, Kept], touched: Mapping[Place, datetime], how: Pruning) -> list[Place]:
    """Those that go. Earlier checkpoints stay while a kept one is replayed from them.

    `touched` may be empty when no age is asked for.
    """
    by_namespace: dict[str, list[str]] = {}
    for namespace, checkpoint_id in found:
        by_namespace.setdefault(namespace, []).append(checkpoint_id)
    kept: set[Place] = set()
    for namespace, ids in by_namespace.items():
        for number, checkpoint_id in enumerate(sorted(ids, reverse=True)):
            if number < how.keep_last or _is_young((namespace, checkpoint_id), touched, how.older_than):
                kept |= set(_with_ancestors(found, (namespace, checkpoint_id)))
    ended = {
        namespace for namespace, ids in by_namespace.items() if _has_ended(namespace, found, max(ids), kept)
    }
    return sorted(place for place in found if place not in kept or place[0] in ended)


def _has_ended(namespace: str, found: Mapping[Place, Kept], newest: str, kept: set[Place]) -> bool:
    """A subgraph's call goes with the root's checkpoint that it began from; its namespace has a task after a colon."""
    root = ("", found[namespace, newest].root)
    return ":" in namespace and root in found and root not in kept


def _is_young(place: Place, touched: Mapping[Place, datetime], older_than: datetime | None) -> bool:
    return older_than is not None and touched[place] >= older_than


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

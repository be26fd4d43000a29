"""Which checkpoints and threads are no longer kept. Pure: points and a clock in, what goes out.

What goes of a thread is the old end of its history, without holes: undo and replay work as far as the history goes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Policy:
    """What is kept. A limit that is None keeps everything; where both limits of a thread are given, both hold.

    Attributes:
        keep_last: the newest so many checkpoints of a thread.
        keep_for: checkpoints that are younger than this.
        threads_for: threads that were touched within this time; others go as wholes.
    """

    keep_last: int | None = None
    keep_for: timedelta | None = None
    threads_for: timedelta | None = None

    def __bool__(self) -> bool:
        return any(limit is not None for limit in (self.keep_last, self.keep_for, self.threads_for))


@dataclass(frozen=True)
class Point:
    """One checkpoint. `pending`: something is still to run from it, or waits for an answer there.

    `redoes` are the checkpoints that redoing what was undone here goes back to.
    """

    thread_id: str
    checkpoint_id: str
    made: datetime
    pending: bool = False
    redoes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Doomed:
    """What goes of one thread: its oldest checkpoints, so that the newest `keep` stay; 0 is the whole thread."""

    thread_id: str
    keep: int
    checkpoint_ids: tuple[str, ...]


def select_for_pruning(checkpoints: Iterable[Point], policy: Policy, now: datetime) -> list[Doomed]:
    """What goes by the policy.

    Of a thread that is kept, its newest checkpoint stays, and so does a newest one from which a run is to go on,
    which keeps its whole thread. What a redo goes back to stays as long as `keep_for` lets it.
    """
    threads: dict[str, list[Point]] = {}
    for point in checkpoints:
        threads.setdefault(point.thread_id, []).append(point)
    found: list[Doomed] = []
    for thread_id, points in threads.items():
        points.sort(key=lambda point: point.checkpoint_id, reverse=True)
        keep = _kept(points, policy, now)
        if keep < len(points):
            found.append(Doomed(thread_id, keep, tuple(point.checkpoint_id for point in points[keep:])))
    return found


def _kept(points: list[Point], policy: Policy, now: datetime) -> int:
    """How many of a thread's checkpoints stay, newest first."""
    head = points[0]
    if policy.threads_for is not None and head.made < now - policy.threads_for and not head.pending:
        return 0
    staying = [place for place, point in enumerate(points) if _stays(place, point, head.redoes, policy, now)]
    return max(staying) + 1


def _stays(place: int, point: Point, redoes: frozenset[str], policy: Policy, now: datetime) -> bool:
    young = policy.keep_for is None or point.made >= now - policy.keep_for
    among = policy.keep_last is None or place < policy.keep_last or point.checkpoint_id in redoes
    return place == 0 or (young and among)

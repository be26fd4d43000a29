"""Which checkpoints and threads are no longer kept. Pure: points and a clock in, what goes out.

Limits take the old end of a history. From within it go only steps that a turn did between its beginning and its end,
so that undo, replay, fork and edit find each turn whole as far as the history goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

BEGINNING, STEP = "input", "loop"
"""The sources of what a run wrote first, and after it."""


@dataclass(frozen=True)
class Policy:
    """What is kept. A limit that is None keeps everything; where both limits of a thread are given, both hold.

    Attributes:
        keep_last: the newest so many checkpoints of a thread.
        keep_for: checkpoints that are younger than this.
        threads_for: threads that were touched within this time; others go as wholes.
        steps_of: the newest so many turns keep each of their steps, earlier ones their beginning and their end.
    """

    keep_last: int | None = None
    keep_for: timedelta | None = None
    threads_for: timedelta | None = None
    steps_of: int | None = None

    def __bool__(self) -> bool:
        limits = (self.keep_last, self.keep_for, self.threads_for, self.steps_of)
        return any(limit is not None for limit in limits)


@dataclass(frozen=True)
class Point:
    """One checkpoint.

    Attributes:
        pending: something is still to run from it, or was asked there.
        redoes: the checkpoints that redoing what was undone here goes back to.
        parent: the id of the one before it, "" for none.
        source: what wrote it, as LangGraph says: "input" begins a turn, "loop" is a step of one.
        asked: somebody was asked there.
        written: what tasks wrote waits beside it, or waited until they were all done.
        rebuilt: its state is told in part by the checkpoints before it.
    """

    thread_id: str
    checkpoint_id: str
    made: datetime
    pending: bool = False
    redoes: frozenset[str] = frozenset()
    parent: str = ""
    source: str = ""
    asked: bool = False
    written: bool = False
    rebuilt: bool = False


@dataclass(frozen=True)
class Doomed:
    """What goes of one thread: its oldest checkpoints, so that the newest `keep` stay; 0 is the whole thread.

    `steps` go from among those that stay otherwise; of those that are `done`, what their tasks wrote goes.
    """

    thread_id: str
    keep: int
    checkpoint_ids: tuple[str, ...]
    steps: tuple[str, ...] = ()
    done: tuple[str, ...] = ()


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
        steps, done = _inner_steps(points[:keep], policy.steps_of)
        if keep < len(points) or steps or done:
            old = tuple(point.checkpoint_id for point in points[keep:])
            found.append(Doomed(thread_id, keep, old, steps, done))
    return found


def _inner_steps(points: Sequence[Point], steps_of: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of all but the newest turns the steps from which the same turn went on and nothing else did, and what is done.

    LangGraph takes up what tasks wrote beside a checkpoint only where a run goes on from the newest one.
    """
    begun = [point.checkpoint_id for point in points if point.source == BEGINNING]
    if steps_of is None or len(begun) <= steps_of or any(point.rebuilt for point in points):
        return (), ()
    went_on: dict[str, list[str]] = {}
    for point in points:
        went_on.setdefault(point.parent, []).append(point.source)
    old = [
        point
        for point in points
        if point.checkpoint_id < begun[steps_of - 1] and point.checkpoint_id in went_on and not point.asked
    ]
    steps = {
        point.checkpoint_id
        for point in old
        if point.source == STEP
        and went_on[point.checkpoint_id] == [STEP]
        and point.checkpoint_id not in points[0].redoes
    }
    done = [point.checkpoint_id for point in old if point.written and point.checkpoint_id not in steps]
    return tuple(sorted(steps, reverse=True)), tuple(done)


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

"""What a policy keeps: always the newest, always where a run is to go on, and what a redo goes back to."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.short_term.retention import Doomed, Point, Policy, select_for_pruning
from tests.unit.memory_parts import NOON

modest = settings(max_examples=200)
DAY = timedelta(days=1)


def points(
    count: int, thread: str = "t", *, pending: bool = False, redoes: tuple[int, ...] = ()
) -> list[Point]:
    """Checkpoints of a day each, number 0 the newest, made at noon."""
    ids = [f"{count - number:04d}" for number in range(count)]
    made = [Point(thread, each, NOON - number * DAY) for number, each in enumerate(ids)]
    head = Point(thread, ids[0], NOON, pending, frozenset(ids[number] for number in redoes))
    return [head, *made[1:]]


def kept(policy: Policy, found: list[Point], now: timedelta = timedelta()) -> list[int]:
    return [each.keep for each in select_for_pruning(found, policy, NOON + now)]


@pytest.mark.parametrize(
    ("policy", "keep"),
    [
        (Policy(), []),
        (Policy(keep_last=3), [3]),
        (Policy(keep_last=10), []),
        (Policy(keep_for=4.5 * DAY), [5]),
        (Policy(keep_last=3, keep_for=4.5 * DAY), [3]),
        (Policy(keep_last=8, keep_for=4.5 * DAY), [5]),
        (Policy(keep_for=-DAY), [1]),
        (Policy(threads_for=DAY), []),
    ],
)
def test_what_a_policy_keeps(policy: Policy, keep: list[int]) -> None:
    assert kept(policy, points(10)) == keep


def test_an_untouched_thread_goes_as_a_whole_unless_it_waits_for_an_answer() -> None:
    assert kept(Policy(threads_for=DAY), points(3), 2 * DAY) == [0]
    assert kept(Policy(threads_for=DAY), points(3, pending=True), 2 * DAY) == []
    assert kept(Policy(threads_for=DAY, keep_last=1), points(3, pending=True), 2 * DAY) == [1]


def test_what_a_redo_goes_back_to_stays_within_the_policys_time() -> None:
    assert kept(Policy(keep_last=2), points(10, redoes=(1, 6))) == [7]
    assert kept(Policy(keep_last=2, keep_for=3.5 * DAY), points(10, redoes=(1, 6))) == [2]


@modest
@given(
    st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 11)), min_size=1, max_size=3),
    st.none() | st.integers(1, 12),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 3),
    st.randoms(),
)
def test_what_must_never_go(
    shapes: list[tuple[int, bool, int]],
    last: int | None,
    days: int | None,
    threads: int | None,
    random: object,
) -> None:
    policy = Policy(last, None if days is None else days * DAY, None if threads is None else threads * DAY)
    everything = [
        point
        for number, (count, pending, redo) in enumerate(shapes)
        for point in points(count, f"t{number}", pending=pending, redoes=(redo,) if redo < count else ())
    ]
    shuffled = list(everything)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    now = NOON + 2 * DAY
    doomed = {each.thread_id: each for each in select_for_pruning(shuffled, policy, now)}
    for thread in {point.thread_id for point in everything}:
        own = [point for point in everything if point.thread_id == thread]
        gone = set(doomed[thread].checkpoint_ids) if thread in doomed else set()
        if gone == {point.checkpoint_id for point in own}:
            assert policy.threads_for is not None and not own[0].pending
            continue
        assert own[0].checkpoint_id not in gone
        left = [point.checkpoint_id not in gone for point in own]
        assert left == sorted(left, reverse=True), "a hole in the history"
        if policy.keep_for is None:
            assert not own[0].redoes & gone
    if not policy:
        assert doomed == {}


def test_the_ids_that_go_are_the_oldest() -> None:
    [doomed] = select_for_pruning(points(4), Policy(keep_last=2), NOON)
    assert doomed == Doomed("t", 2, ("0002", "0001"))

"""What a policy keeps: always the newest, always where a run is to go on, and what a redo goes back to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.short_term.retention import BEGINNING, STEP, Doomed, Point, Policy, select_for_pruning
from memory.short_term.thinned import ended_calls, relinked
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


def turns(*lengths: int) -> list[Point]:
    """Turns one upon the other, oldest first, of a beginning and so many steps each."""
    found: list[Point] = []
    for length in lengths:
        for number in range(length + 1):
            before = found[-1].checkpoint_id if found else ""
            source = STEP if number else BEGINNING
            found.append(Point("t", f"{len(found):04d}", NOON, parent=before, source=source, written=True))
    return found


def steps_gone(found: list[Point], steps_of: int = 1) -> Doomed:
    [doomed] = select_for_pruning(found, Policy(steps_of=steps_of), NOON) or [Doomed("t", len(found), ())]
    return doomed


def test_the_steps_between_a_turns_beginning_and_its_end_go_but_for_the_newest_turns() -> None:
    found = turns(3, 1, 2, 3)
    assert steps_gone(found) == Doomed(
        "t", 13, (), ("0007", "0002", "0001"), ("0008", "0006", "0005", "0004", "0003", "0000")
    )
    assert steps_gone(found, 2).steps == ("0002", "0001")
    assert steps_gone(found, 4) == Doomed("t", 13, ())
    # What the limits take is gone whole.
    [doomed] = select_for_pruning(found, Policy(keep_last=7, steps_of=1), NOON)
    assert (doomed.keep, doomed.steps) == (7, ("0007",))


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({2: {"asked": True}}, "0002"),
        ({2: {"source": "update"}}, "0002"),
        ({3: {"source": "fork"}}, "0002"),
        ({12: {"redoes": frozenset({"0002"})}}, "0002"),
        ({6: {"parent": "0001", "source": STEP}}, "0001"),
    ],
)
def test_where_a_person_was_asked_or_something_else_went_on_stays(
    change: dict[int, dict[str, object]], stays: str
) -> None:
    found = turns(3, 1, 2, 3)
    for place, fields in change.items():
        found[place] = replace(found[place], **fields)  # type: ignore[arg-type]
    assert stays not in steps_gone(found).steps


def test_a_history_whose_states_are_told_by_earlier_ones_keeps_every_step() -> None:
    found = turns(3, 3)
    found[5] = replace(found[5], rebuilt=True)
    assert select_for_pruning(found, Policy(steps_of=1), NOON) == []


@modest
@given(st.data())
def test_what_thinning_must_never_take(data: st.DataObject) -> None:
    found: list[Point] = []
    for number in range(data.draw(st.integers(1, 25))):
        # Mostly upon the newest, now and then a branch.
        parent = (
            data.draw(st.sampled_from([*[each.checkpoint_id for each in found[-3:]], ""])) if found else ""
        )
        source = data.draw(st.sampled_from([BEGINNING, STEP, STEP, STEP, "update", "fork"]))
        asked = data.draw(st.integers(0, 9)) == 0
        found.append(
            Point("t", f"{number:04d}", NOON, asked=asked, parent=parent, source=source, written=True)
        )
    redoes = frozenset(
        data.draw(st.sets(st.sampled_from([each.checkpoint_id for each in found]), max_size=2))
    )
    found[-1] = replace(found[-1], redoes=redoes)
    steps_of = data.draw(st.integers(1, 3))
    doomed = steps_gone(found, steps_of)
    gone = set(doomed.steps)
    parents = {each.checkpoint_id: each.parent for each in found}
    begun = [each.checkpoint_id for each in found if each.source == BEGINNING]
    for each in found:
        if each.checkpoint_id not in gone:
            continue
        assert each.source == STEP
        assert not each.asked
        assert each.checkpoint_id not in redoes
        assert each.checkpoint_id < begun[-steps_of]
        assert [after.source for after in found if after.parent == each.checkpoint_id] == [STEP]
    assert found[-1].checkpoint_id not in gone | set(doomed.done)
    assert not gone & set(doomed.done)
    linked = parents | relinked(parents, gone)
    assert all(linked[each] not in gone for each in parents if each not in gone)
    # Done again, it finds nothing more.
    left = [
        replace(each, parent=linked[each.checkpoint_id], written=each.checkpoint_id not in doomed.done)
        for each in found
        if each.checkpoint_id not in gone
    ]
    assert steps_gone(left, steps_of) == Doomed("t", len(left), ())


def test_what_went_on_from_a_circle_of_what_goes_goes_on_from_nothing() -> None:
    assert relinked({"c": "b", "b": "a", "a": "b"}, {"a", "b"}) == {"c": ""}
    assert relinked({"d": "c", "c": "b", "b": "a"}, {"b", "c"}) == {"d": "a"}


def test_a_subgraphs_calls_end_with_the_step_they_began_from() -> None:
    roots = [("sub:1", "a"), ("sub:2", "b"), ("kept", "a"), ("", "")]
    assert ended_calls(roots, {"a"}) == ["sub:1"]

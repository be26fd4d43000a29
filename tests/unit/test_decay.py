"""How far a memory has faded: within bounds, never more for being used, borne out or important, and relatively."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from memory.lifecycle.learning.build import semantic
from memory.lifecycle.reading.decay import FLOOR, FRESH, HALF_LIFE, Use, half_life, multiplier, multipliers
from memory.lifecycle.recalling.recall import faded
from memory.lifecycle.recalling.recalled import Hit, recalled
from memory.schema import Kind, Memory
from tests.unit.memory_parts import LATER, NOON, THREAD, fact, said

DAY = timedelta(days=1)
moments = some.integers(-10_000, 30_000).map(lambda hours: NOON + timedelta(hours=hours))
uses = some.none() | some.builds(Use, some.integers(0, 10_000), moments)
memories = some.builds(
    lambda kind, at, importance, also, pinned, number: memory(
        kind, at, importance=importance, also=[f"t:{n}" for n in range(also)], pinned=pinned, id=str(number)
    ),
    some.sampled_from(Kind),
    moments,
    some.floats(0, 1),
    some.integers(0, 200),
    some.booleans(),
    some.integers(0, 10**9),
)


def memory(kind: Kind = Kind.SEMANTIC, at: datetime = NOON, **update: object) -> Memory:
    message = said("I live in Porto.")
    made = semantic(
        THREAD, message, fact("The user lives in Porto.", "I live in Porto"), run_id=None, turn="t", now=LATER
    )
    provenance = made.provenance.model_copy(update={"said_at": at})
    return made.model_copy(update={"kind": kind, "provenance": provenance, "importance": 0.0, **update})


@given(memories, moments, uses)
def test_it_stays_within_its_bounds(kept: Memory, now: datetime, use: Use | None) -> None:
    assert FLOOR <= multiplier(kept, now, use) <= 1


@given(memories, moments, some.timedeltas(timedelta(0), timedelta(days=9_000)), uses)
def test_time_never_makes_it_fresher(kept: Memory, now: datetime, later: timedelta, use: Use | None) -> None:
    assert multiplier(kept, now + later, use) <= multiplier(kept, now, use)


@given(memories, moments, some.integers(0, 1_000), some.integers(0, 1_000), moments)
def test_use_never_makes_it_fade(kept: Memory, now: datetime, fewer: int, more: int, last: datetime) -> None:
    less, most = Use(fewer, last), Use(fewer + more, last)
    assert multiplier(kept, now) <= multiplier(kept, now, less) <= multiplier(kept, now, most)


@given(memories, moments, some.floats(0, 1), some.integers(0, 200))
def test_neither_does_evidence_or_importance(
    kept: Memory, now: datetime, importance: float, also: int
) -> None:
    raised = kept.model_copy(
        update={
            "importance": max(kept.importance, importance),
            "also": [*kept.also, *(f"u:{n}" for n in range(also))],
        }
    )
    assert multiplier(kept, now) <= multiplier(raised, now)


@given(some.lists(memories, max_size=8), moments, some.timedeltas(timedelta(0), timedelta(days=20_000)))
def test_rest_alone_fades_nothing(kept: list[Memory], asked: datetime, rest: timedelta) -> None:
    end = max([asked, *(each.provenance.said_at for each in kept)])
    assert multipliers(kept, end, {}) == multipliers(kept, end + rest, {})


@pytest.mark.parametrize("kept", [memory(Kind.PROCEDURAL), memory(pinned=True)])
def test_a_procedure_and_what_is_pinned_never_fade(kept: Memory) -> None:
    assert half_life(kept) is None
    assert multiplier(kept, NOON + 10_000 * DAY) == 1


def test_after_a_half_life_half_of_what_can_go_is_gone() -> None:
    now = NOON + FRESH + HALF_LIFE[Kind.SEMANTIC]
    assert multiplier(memory(), now) == pytest.approx((1 + FLOOR) / 2)
    assert multiplier(memory(), NOON + FRESH) == 1


def hits(*scores: float) -> list[Hit]:
    dates = [NOON, NOON + 400 * DAY, NOON + 900 * DAY]
    return [
        (memory(at=at, id=str(n)), score, {"lanes": {}})
        for n, (at, score) in enumerate(zip(dates, scores, strict=False))
    ]


def test_among_nearly_alike_the_fresh_one_comes_first_and_the_receipt_says_why() -> None:
    found = faded(hits(3.0, 2.98, 0.0), NOON + 900 * DAY, {"0": Use(1, NOON)})
    assert [hit[0].id for hit in found] == ["1", "0", "2"]
    was = found[1][2]["fading"]
    assert (was["was"], was["uses"]) == (3.0, 1)
    assert FLOOR < was["weight"] < 1
    assert recalled(found[1], 2).why == "used once before"


def test_a_memory_that_is_in_use_stays_first() -> None:
    found = faded(hits(3.0, 2.9, 0.0), NOON + 900 * DAY, {"0": Use(5, NOON + 899 * DAY)})
    assert [hit[0].id for hit in found] == ["0", "1", "2"]


def test_what_answers_better_is_never_put_behind_what_is_merely_fresh() -> None:
    found = faded(hits(3.0, 2.0, 0.0), NOON + 900 * DAY, {})
    assert [hit[0].id for hit in found] == ["0", "1", "2"]


def test_a_store_that_gives_no_receipts_keeps_its_order() -> None:
    plain: list[Hit] = [(kept, score, {}) for kept, score, _ in hits(3.0, 2.99, 0.0)]
    assert faded(plain, NOON + 900 * DAY, {}) == plain

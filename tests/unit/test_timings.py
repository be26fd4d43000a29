"""What was measured: percentiles of what went well, and the newest failure by its class."""

import asyncio

import pytest

from config.timings import KEPT, Timing, Timings


def test_percentiles_are_of_what_was_measured() -> None:
    timing = Timing()
    timing.last_s.extend(n / 1000 for n in range(1, 101))
    assert timing.summary()["p50_ms"] == 51.0 and timing.summary()["p95_ms"] == 96.0
    assert Timing().summary() == {"count": 0, "failed": 0, "p50_ms": None, "p95_ms": None}


def test_only_the_last_ones_are_kept_and_all_are_counted() -> None:
    timings = Timings()
    for _ in range(KEPT + 5):
        with timings.measure("recall"):
            pass
    assert timings.of("recall").count == KEPT + 5 and len(timings.of("recall").last_s) == KEPT


def test_a_failure_stands_until_it_goes_well_again() -> None:
    timings = Timings()
    with pytest.raises(OSError, match="words"), timings.measure("embed"):
        raise OSError("with words that nobody is told")
    assert timings.of("embed").fault == "OSError" and timings.of("embed").failed == 1
    assert timings.summaries() == {}
    with timings.measure("embed"):
        pass
    assert timings.of("embed").fault == "" and timings.summaries()["embed"]["failed"] == 1


def test_what_was_cancelled_counts_for_nothing() -> None:
    timings = Timings()
    with pytest.raises(asyncio.CancelledError), timings.measure("recall"):
        raise asyncio.CancelledError
    assert timings.of("recall").summary()["failed"] == 0 and timings.of("recall").count == 0

"""Operations asked for at once: few round trips, each its own answer or error."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from memory.short_term.together import Together


class Place:
    """Doubles numbers; remembers its batches, and holds them while its gate is shut."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await self.gate.wait()
        if -1 in numbers:
            raise psycopg.DataError("minus one")
        if -2 in numbers:
            raise psycopg.OperationalError("the connection is lost")
        return [2 * number for number in numbers]


async def test_one_alone_goes_at_once() -> None:
    place = Place()
    assert await Together(place.double)(3) == 6
    assert place.batches == [[3]]


async def test_what_comes_meanwhile_makes_up_the_next_batch() -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1, largest=4)
    first = asyncio.create_task(double(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked = [first, *(asyncio.create_task(double(number)) for number in range(1, 8))]
    await asyncio.sleep(0)
    place.gate.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(8)]
    assert place.batches == [[0], [1, 2, 3, 4], [5, 6, 7]]


async def test_of_many_who_wait_a_batch_takes_a_share() -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1, largest=4)
    asked = [asyncio.create_task(double(number)) for number in range(41)]
    await asyncio.sleep(0)
    place.gate.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(41)]
    assert [len(batch) for batch in place.batches] == [20, 10, 5, 4, 2]
    assert [number for batch in place.batches for number in batch] == [*range(41)]


async def test_all_who_wait_are_watched_by_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1)
    loop = asyncio.get_running_loop()
    timers: list[float] = []
    call_later = loop.call_later

    def counted(delay: float, *what: Any) -> asyncio.TimerHandle:
        timers.append(delay)
        return call_later(60, *what)

    monkeypatch.setattr(loop, "call_later", counted)
    first = asyncio.create_task(double(0))
    await asyncio.sleep(0)
    asked = [first, *(asyncio.create_task(double(number)) for number in range(1, 30))]
    await asyncio.sleep(0)
    assert len(timers) == 1
    place.gate.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(30)]


async def test_what_is_asked_in_one_turn_of_the_loop_is_one_batch() -> None:
    place = Place()
    assert await asyncio.gather(*map(Together(place.double), range(5))) == [0, 2, 4, 6, 8]
    assert place.batches == [[0, 1, 2, 3, 4]]


async def test_nothing_waits_behind_a_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.short_term.together.SLOW_S", 0.0)
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=2)
    slow = asyncio.create_task(double(1))
    while not place.batches:  # noqa: ASYNC110 - it is the batches that are watched
        await asyncio.sleep(0)
    place.gate = asyncio.Event()
    place.gate.set()
    assert await double(2) == 4
    slow.cancel()
    assert place.batches == [[1], [2]]


async def test_a_bad_one_fails_alone_and_a_lost_connection_fails_all() -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1)
    asked = [asyncio.create_task(double(number)) for number in (0, 1, -1, 2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    place.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers[:2] == [0, 2] and answers[3] == 4
    assert isinstance(answers[2], psycopg.DataError)
    assert place.batches == [[0, 1, -1, 2], [0], [1], [-1], [2]]
    place.gate.clear()
    asked = [asyncio.create_task(double(number)) for number in (0, 1, -2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    place.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, psycopg.OperationalError) for answer in answers)
    assert await double(5) == 10


async def test_a_batch_whose_askers_have_gone_is_given_up() -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1)
    gone = asyncio.create_task(double(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting = asyncio.create_task(double(2))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    place.gate.set()
    assert await waiting == 4
    assert place.batches == [[1], [2]]


async def test_one_who_gave_up_before_his_turn_is_left_out() -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1)
    first = asyncio.create_task(double(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second, third = (asyncio.create_task(double(number)) for number in (2, 3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    place.gate.set()
    assert await asyncio.gather(first, third) == [2, 6]
    assert place.batches == [[1], [3]]

"""Operations asked for at once: few round trips, each its own answer or error."""

import asyncio
from collections.abc import Sequence

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
    asked = [asyncio.create_task(double(number)) for number in range(8)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    place.gate.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(8)]
    assert place.batches == [[0], [1, 2, 3, 4], [5, 6, 7]]


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
    assert place.batches == [[0], [1, -1, 2], [1], [-1], [2]]
    place.gate.clear()
    asked = [asyncio.create_task(double(number)) for number in (0, 1, -2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    place.gate.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers[0] == 0
    assert all(isinstance(answer, psycopg.OperationalError) for answer in answers[1:])
    assert await double(5) == 10


async def test_a_batch_whose_askers_have_gone_is_given_up() -> None:
    place = Place()
    place.gate.clear()
    double = Together(place.double, at_once=1)
    gone = asyncio.create_task(double(1))
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
    first, second, third = (asyncio.create_task(double(number)) for number in (1, 2, 3))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    place.gate.set()
    assert await asyncio.gather(first, third) == [2, 6]
    assert place.batches == [[1], [3]]

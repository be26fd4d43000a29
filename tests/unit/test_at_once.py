"""Work side by side: all of it, or nothing that goes on."""

import asyncio

import pytest

from memory.at_once import at_once, both


class Slow:
    """Goes on until it is let or cancelled."""

    def __init__(self) -> None:
        self.begun, self.let, self.ended = asyncio.Event(), asyncio.Event(), ""

    async def work(self) -> str:
        self.begun.set()
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # as a statement that is being ended on the server
            self.ended = "cancelled"
            raise
        self.ended = "done"
        return "slow"


async def fails(after: Slow) -> str:
    await after.begun.wait()
    raise ValueError("no")


async def test_results_stand_in_the_order_of_the_work() -> None:
    slow = Slow()

    async def lets() -> str:
        slow.let.set()
        return "quick"

    assert await at_once(slow.work(), lets()) == ["slow", "quick"]
    assert await both(lets(), lets()) == ("quick", "quick")


async def test_what_is_beside_a_failure_has_ended_when_it_is_raised() -> None:
    slow = Slow()
    with pytest.raises(ValueError, match="no"):
        await at_once(slow.work(), fails(slow))
    assert slow.ended == "cancelled"


async def test_whoever_is_cancelled_leaves_nothing_running() -> None:
    slow = Slow()
    task = asyncio.ensure_future(at_once(slow.work(), slow.work()))
    await slow.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.ended == "cancelled"

"""Work side by side, of which nothing goes on once a part of it has failed."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

Result = TypeVar("Result")
First = TypeVar("First")
Second = TypeVar("Second")


async def at_once(*work: Awaitable[Result]) -> list[Result]:
    """What each gives, in their order. Raises what the first one raises that fails, when the others have ended."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        if not all(task.done() for task in tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def both(first: Awaitable[First], second: Awaitable[Second]) -> tuple[First, Second]:
    """`at_once` of two that give different things."""
    found: list[Any] = await at_once(cast(Awaitable[Any], first), cast(Awaitable[Any], second))
    return found[0], found[1]

"""Reads that are no transaction together, spread over connections."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from langgraph.store.base import Result

from memory.at_once import at_once
from memory.long_term.statements.plans import Plan

MOST: Final = 3
"""Connections that one batch takes: others need theirs."""


def ways(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Searches go through an owner's memories side by side; what is only looked up goes with the first."""
    scans = [plan for plan in plans if plan.question is not None]
    looked_up = [plan for plan in plans if plan.question is None]
    apart = [scans[n::MOST] for n in range(min(MOST, len(scans)))] or [[]]
    return [[*looked_up, *apart[0]], *apart[1:]]


async def side_by_side(
    plans: Sequence[Plan], read: Callable[[Sequence[Plan]], Awaitable[list[Result]]]
) -> list[Result]:
    """The results of these reads in their order, each of which is a transaction by itself."""
    apart = ways(plans)
    if len(apart) == 1:
        return await read(plans)
    found = await at_once(*map(read, apart))
    results = {
        id(plan): result
        for way, some in zip(apart, found, strict=True)
        for plan, result in zip(way, some, strict=True)
    }
    return [results[id(plan)] for plan in plans]

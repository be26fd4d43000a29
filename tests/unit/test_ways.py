"""Reads side by side: each once, in their order, over few connections."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langgraph.store.base import GetOp, SearchOp

from memory.long_term.ranking.question import read_question
from memory.long_term.statements.plans import Plan
from memory.long_term.statements.ways import MOST, side_by_side, ways

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def plan(number: int, is_scan: bool) -> Plan:
    made = Plan(SearchOp(("users", str(number))) if is_scan else GetOp(("users", "ana"), str(number)))
    made.question = read_question("tea", [], NOW) if is_scan else None
    return made


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_every_read_is_done_once_and_answered_in_its_place(kinds: list[bool]) -> None:
    plans = [plan(number, is_scan) for number, is_scan in enumerate(kinds)]

    async def read(some: Sequence[Plan]) -> list[Any]:
        return [each.op for each in some]

    assert asyncio.run(side_by_side(plans, read)) == [each.op for each in plans]
    apart = ways(plans)
    assert sorted(map(id, (each for way in apart for each in way))) == sorted(map(id, plans))
    assert 1 <= len(apart) <= min(MOST, max(1, sum(kinds)))


def test_searches_go_apart_and_what_is_looked_up_goes_with_the_first() -> None:
    plans = [plan(number, is_scan) for number, is_scan in enumerate([False, True, False, True])]
    assert [[each.op for each in way] for way in ways(plans)] == [
        [plans[0].op, plans[2].op, plans[1].op],
        [plans[3].op],
    ]

"""Conversations that were brought in stood at the top of the list, with the time at which they were attached."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import ordering
from server.ordering import by_last_turn, last_said_at, touched

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)


def row(updated: int, said: int | None = None, **more: Any) -> dict[str, Any]:
    """Hours before now."""
    metadata = {} if said is None else {"last_said_at": (NOW - timedelta(hours=said)).isoformat()}
    return {"updated_at": (NOW - timedelta(hours=updated)).isoformat(), "metadata": metadata, **more}


async def ordered(rows: list[dict[str, Any]]) -> list[int]:
    """Hours before now, as they are shown."""

    async def given() -> AsyncIterator[dict[str, Any]]:
        for each in rows:
            yield each

    return [
        round((NOW - touched(each)).total_seconds() / 3600)
        for each in [one async for one in by_last_turn(given())]
    ]


async def test_what_was_attached_stands_where_it_was_last_spoken_in() -> None:
    rows = [row(0, 30), row(0, 5), row(1), row(2), row(6), row(40)]
    assert await ordered(rows) == [1, 2, 5, 6, 30, 40]


async def test_what_ran_here_since_counts_as_it_is() -> None:
    ran = row(3, 90, extracted={"id": "m1"})
    assert await ordered([row(1), ran, row(4)]) == [1, 3, 4]
    assert await ordered([row(1), {**ran, "extracted": {"id": None}}, row(4)]) == [1, 4, 90]


@pytest.mark.parametrize(
    "told", ["", "yesterday", 7, None, "2026-05-03T10:00:00", "2999-01-01T00:00:00+00:00"]
)
def test_a_time_that_cannot_be_is_none(told: object) -> None:
    assert touched({**row(2), "metadata": {"last_said_at": told}}) == NOW - timedelta(hours=2)
    assert last_said_at([{"additional_kwargs": {"mnemograph": {"said_at": told}}}], NOW.isoformat()) in (
        NOW.isoformat(),
        told,
    )
    assert last_said_at([], told) in ("", told)


@given(st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 50))))
async def test_all_come_once_and_in_order(given: list[tuple[int, int | None]]) -> None:
    rows = sorted(
        (row(updated, said) for updated, said in given), key=lambda one: one["updated_at"], reverse=True
    )
    found = await ordered(rows)
    assert found == sorted(found)
    assert len(found) == len(rows)


async def test_not_all_of_a_server_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "MOST_HELD", 3)
    seen: list[int] = []

    async def given() -> AsyncIterator[dict[str, Any]]:
        for number in range(20):
            seen.append(number)
            yield row(0, 30 + number)

    async for _ in by_last_turn(given()):
        break
    assert len(seen) == 4

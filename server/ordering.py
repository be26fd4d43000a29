"""Conversations by when something was last said in them.

LangGraph's server gives a row the time at which it was made or changed. Of a thread that it never ran, as one that
was begun in a terminal or brought in, that is when it was attached: then the row's metadata tells what counts.
"""

import heapq
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from agents.conversation import MARK

LAST_SAID_AT: Final = "last_said_at"
MOST_HELD: Final = 2_000
"""Rows that may wait for those before which their time puts them."""

Row = Mapping[str, Any]


def last_said_at(messages: Iterable[Mapping[str, Any]], written_at: object) -> str:
    """When the newest message was said, of their JSON; else when the state was written, or ""."""
    for each in reversed(list(messages)):
        told = ((each.get("additional_kwargs") or {}).get(MARK) or {}).get("said_at")
        if _time(told):
            return str(told)
    return str(written_at) if _time(written_at) else ""


def touched(row: Row) -> datetime:
    """When something was last done in the conversation; `extracted` holds a part of what the server itself ran."""
    updated = datetime.fromisoformat(str(row["updated_at"]))
    told = (
        None
        if any((row.get("extracted") or {}).values())
        else _time((row.get("metadata") or {}).get(LAST_SAID_AT))
    )
    return min(told, updated) if told else updated


async def by_last_turn(rows: AsyncIterator[Row]) -> AsyncIterator[Row]:
    """The rows, which come by their server's times, by what counts: none was touched later than its server says."""
    held: list[tuple[float, int, Row]] = []
    number = 0
    async for row in rows:
        heapq.heappush(held, (-touched(row).timestamp(), number, row))
        number += 1
        newest = datetime.fromisoformat(str(row["updated_at"])).timestamp()
        while held and (-held[0][0] >= newest or len(held) > MOST_HELD):
            yield heapq.heappop(held)[2]
    while held:
        yield heapq.heappop(held)[2]


def _time(told: object) -> datetime | None:
    """One with a zone, as those of rows have."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None

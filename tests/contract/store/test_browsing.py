"""A person's listing of memories on every store: the filters are right, and pages have each memory once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any

from langgraph.store.base import BaseStore

from memory.lifecycle.reading.browsing import Page, Wanted, browse
from memory.namespaces import memory_namespace
from memory.schema import Kind, Memory, Source, Status
from tests.unit.memory_parts import NOON, learned

ME = "ana"
KOLKATA = timezone(timedelta(hours=5, minutes=30))


def made(number: int, kind: Kind, status: Status, source: Source) -> Memory:
    at = NOON + timedelta(hours=number, microseconds=500_000 * (number % 2))
    memory = learned(f"Fact {number}.", number, kind=kind, status=status)
    said_at = at.astimezone(KOLKATA) if number % 3 else at
    came = memory.provenance.model_copy(update={"source": source, "said_at": said_at})
    return memory.model_copy(update={"id": f"id-{number}", "provenance": came})


SORTS = product((Kind.SEMANTIC, Kind.EPISODIC), (Status.ACTIVE, Status.RETRACTED, Status.MERGED), Source)
MEMORIES = [made(number, *sort) for number, sort in enumerate(SORTS)]
FILTERS: Sequence[dict[str, Any]] = (
    {},
    {"kinds": (Kind.EPISODIC, Kind.PROCEDURAL)},
    {"statuses": (Status.ACTIVE,)},
    {"statuses": (Status.ACTIVE, Status.MERGED), "sources": (Source.TOOL, Source.DOCUMENT)},
    {"since": MEMORIES[5].provenance.said_at, "until": MEMORIES[15].provenance.said_at},
    {"since": datetime.min.replace(tzinfo=UTC), "until": MEMORIES[15].provenance.said_at},
    {"since": MEMORIES[20].provenance.said_at, "until": datetime.max.replace(tzinfo=UTC)},
)


async def everything(store: BaseStore, wanted: Wanted, limit: int) -> list[Page]:
    pages = [await browse(store, ME, wanted, limit=limit)]
    while (after := pages[-1].next) and len(pages) < 100:
        pages.append(await browse(store, ME, wanted, limit=limit, after=after))
    return pages


async def test_every_page_is_full_and_has_what_is_wanted_once(store: BaseStore) -> None:
    # One by one: the stock store has no order among those of one moment.
    for each in MEMORIES:
        await store.aput(memory_namespace(ME, each.kind), each.id, each.to_value())
    await store.aput(memory_namespace(ME, Kind.SEMANTIC), "odd", {"status": "active", "text": "a guest's"})
    for given in FILTERS:
        wanted = Wanted(**given)
        pages = await everything(store, wanted, 4)
        listed = [memory for page in pages for memory in page.memories]
        assert {each.id: each for each in listed} == {
            each.id: each for each in MEMORIES if wanted.holds(each)
        }
        assert len(listed) == len({each.id for each in listed})
        assert all(len(page.memories) == 4 for page in pages[:-1])
        assert pages[-1].memories
        assert [each.kind for each in listed] == sorted((each.kind for each in listed), key=list(Kind).index)

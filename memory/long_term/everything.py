"""All that a store keeps of an owner, a page at a time, as the puts that would make it again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final, LiteralString

from langgraph.store.base import BaseStore, GetOp, Item
from psycopg.rows import DictRow

from memory.long_term.erasing import postgres_in
from memory.long_term.rows.isolation import enter
from memory.long_term.rows.places import namespace_of, place_of
from memory.long_term.wrappers.scopes import Owner
from memory.postgres.pool import Pool

PAGE: Final = 200

# In the order in which they came: who puts them so makes neighbours of what were neighbours.
_NAMES: LiteralString = """
    SELECT m.id, m.path, m.key, m.ttl_minutes, l.id IS NOT NULL AS indexed, l.fields
    FROM memory_items m LEFT JOIN memory_lookup l ON l.owner = m.owner AND l.id = m.id
    WHERE m.owner = %s AND m.id > %s AND (m.expires_at IS NULL OR m.expires_at > now())
    ORDER BY m.id LIMIT %s
"""


@dataclass(frozen=True)
class Kept:
    """An item. `index` is a put's: None for the store's own fields, False for what is not to be found."""

    namespace: tuple[str, ...]
    key: str
    value: dict[str, Any]
    index: list[str] | bool | None
    ttl_minutes: float | None
    created_at: datetime
    updated_at: datetime


async def everything(store: BaseStore, owner: Owner) -> AsyncIterator[Kept]:
    """In the order in which they came where the store is ours. What is written meanwhile may be left out."""
    ours = postgres_in(store)
    if ours is None:
        async for kept in _listed(store, owner):
            yield kept
        return
    after = 0
    while rows := await _names(ours.pool, place_of(owner)[0], after):
        after = rows[-1]["id"]
        places = [(namespace_of(place_of(owner)[0], row["path"]), row["key"]) for row in rows]
        found = await store.abatch([GetOp(*place, refresh_ttl=False) for place in places])
        for row, item in zip(rows, found, strict=True):
            if isinstance(item, Item):
                yield _kept(item, _index(row), row["ttl_minutes"])


async def _listed(store: BaseStore, owner: Owner) -> AsyncIterator[Kept]:
    for number in count():
        page = await store.asearch(owner, limit=PAGE, offset=number * PAGE, refresh_ttl=False)
        for item in page:
            yield _kept(item, None, None)
        if len(page) < PAGE:
            return


async def _names(pool: Pool, owner: str, after: int) -> list[DictRow]:
    async with pool.connection() as conn, conn.transaction():
        await enter(conn, owner, "none")
        return await (await conn.execute(_NAMES, (owner, after, PAGE))).fetchall()


def _index(row: DictRow) -> list[str] | bool | None:
    # Of a sealed item no fields are told: then it is found by the store's own.
    return (row["fields"] or None) if row["indexed"] else False


def _kept(item: Item, index: list[str] | bool | None, ttl_minutes: float | None) -> Kept:
    return Kept(
        tuple(item.namespace), item.key, item.value, index, ttl_minutes, item.created_at, item.updated_at
    )

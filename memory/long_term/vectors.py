"""The vectors by which memories are found, as they are kept: nothing is embedded for them."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

import numpy as np
from langgraph.store.base import BaseStore
from numpy.typing import NDArray

from memory.long_term.erasing import postgres_in
from memory.long_term.ranking.spaces import spaces
from memory.long_term.rows.isolation import enter, working_role
from memory.long_term.rows.places import place_of
from memory.namespaces import Namespace

Name = tuple[Namespace, str]
"""A memory's namespace and key."""
PAGE: Final = 2_000

# Of several views the first, in whatever lane, also where it has grown cold.
_FIRST: LiteralString = """
    SELECT DISTINCT ON (m.id) m.path, m.key, v.embedding
    FROM memory_items m
    JOIN memory_vectors v ON v.owner = m.owner AND v.path = m.path AND v.id = m.id
    WHERE m.owner = %s AND m.path = %s AND m.key = ANY(%s) AND v.owner = %s AND v.space = %s
        AND v.lane = ANY('{0,1,2,3}')
    ORDER BY m.id, v.view
"""


async def vectors_of(
    store: BaseStore, owner: Namespace, names: Sequence[Name]
) -> dict[Name, NDArray[np.float32]] | None:
    """Of these memories of one owner, the vector of each that has one; None where the store tells no vectors.

    Sealed memories have theirs in clear (docs/encryption.md). Raises what Postgres raises.
    """
    ours = postgres_in(store)
    if ours is None:
        return None
    space = next((each for each in await spaces(ours.pool) if each.active), None)
    if space is None:
        return {}
    whose, _ = place_of(owner)
    role = await working_role(ours.pool)
    found: dict[Name, NDArray[np.float32]] = {}
    for namespace, keys in _pages(names):
        of, path = place_of(namespace)
        if of != whose:
            raise ValueError(f"{namespace!r} is not of the owner {owner!r}.")
        async with ours.pool.connection() as conn, conn.transaction():
            await enter(conn, whose, role)
            # In binary: to read 384 numbers from text takes longer than to find them.
            asked = (whose, path, keys, whose, space.id)
            rows: list[Any] = await (await conn.execute(_FIRST, asked, binary=True)).fetchall()
        found |= {(namespace, row["key"]): row["embedding"].to_numpy().astype(np.float32) for row in rows}
    return found


def _pages(names: Sequence[Name]) -> list[tuple[Namespace, list[str]]]:
    by_place: dict[Namespace, list[str]] = {}
    for namespace, key in names:
        by_place.setdefault(namespace, []).append(key)
    return [
        (namespace, keys[start : start + PAGE])
        for namespace, keys in by_place.items()
        for start in range(0, len(keys), PAGE)
    ]

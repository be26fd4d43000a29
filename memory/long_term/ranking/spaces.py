"""Which embedding models' vectors a database holds, and whose answer searches: those of two never compare."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from langchain_core.embeddings import Embeddings
from pgvector import HalfVector
from psycopg import AsyncConnection

from config.errors import UserError
from memory.long_term.ranking.signs import centre_of
from memory.postgres.pool import Pool

log = logging.getLogger(__name__)

FAR: Final = 0.45
"""Of the way from what all texts share to the same text."""
LOOK_S: Final = 30.0
"""How often a running store looks whether its space still serves."""

_ALL = "SELECT id, model, dims, active, centre FROM memory_spaces ORDER BY id"
_DIMS = "SELECT dims FROM memory_spaces WHERE model = %s ORDER BY active DESC, id LIMIT 1"
# The first of all serves; each later one waits until its vectors are complete.
_NEW = """
    INSERT INTO memory_spaces (id, model, dims, centre, active)
    SELECT nextval('memory_space_ids'), %s, %s, %b, NOT EXISTS (SELECT FROM memory_spaces) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Space:
    """One model's vectors, and the middle of them, from which their signs are taken."""

    id: int
    model: str
    dims: int
    active: bool = True
    centre: Any = field(default=None, compare=False, repr=False)

    @property
    def far(self) -> float:
        """A cosine below which two texts have nothing in common but what all have, which the middle's length tells."""
        usual = 0.0 if self.centre is None else min(float(self.centre @ self.centre), 0.98)
        return usual + FAR * (1 - usual)


@dataclass(frozen=True)
class Model:
    """An embedding model that has or gets a space."""

    name: str
    dims: int
    embeddings: Embeddings


async def spaces(pool: Pool) -> list[Space]:
    """Every space of this database; none before the first set-up."""
    async with pool.connection() as conn:
        there = await (await conn.execute("SELECT to_regclass('memory_spaces') AS found")).fetchone()
        if there is None or there["found"] is None:
            return []
        rows = await (await conn.execute(_ALL)).fetchall()
    return [
        Space(**row | {"centre": row["centre"] and row["centre"].to_numpy().astype(np.float32)})
        for row in rows
    ]


async def known_dims(pool: Pool, model: str) -> int | None:
    """The dimensions of this model's vectors, as the database has them; None when it has none of its."""
    async with pool.connection() as conn:
        there = await (await conn.execute("SELECT to_regclass('memory_spaces') AS found")).fetchone()
        if there is None or there["found"] is None:
            return None
        row = await (await conn.execute(_DIMS, (model,))).fetchone()
    return row["dims"] if row else None


async def serving_space(pool: Pool, model: Model) -> Space:
    """The space that serves this model, made when the database has none at all.

    Raises UserError when another model's vectors serve.
    """
    found = await spaces(pool)
    if not found:
        found = [await space_of(pool, model)]
    serving = next((space for space in found if space.active), found[0])
    if (serving.model, serving.dims) != (model.name, model.dims):
        raise UserError(
            f"The memories in this database were embedded by {serving.model!r} with {serving.dims} dimensions, not "
            f"by {model.name!r} with {model.dims}: run `mnemograph reembed`, or set MNEMOGRAPH_EMBEDDINGS back to "
            "that model."
        )
    return serving


async def space_of(pool: Pool, model: Model) -> Space:
    """This model's space, made when it has none; it serves at once when it is the first of all.

    Raises what the embedding model raises, of which a new space needs a few texts.
    """
    centre: Any = None
    while True:
        for space in await spaces(pool):
            if (space.model, space.dims) == (model.name, model.dims):
                return space
        if centre is None:
            centre = await centre_of(model.embeddings, model.dims)
        async with pool.connection() as conn:
            await conn.execute(_NEW, (model.name, model.dims, HalfVector(centre)))


async def activate(conn: AsyncConnection[Any], space: Space) -> None:
    """From the end of this transaction on, this space serves. Raises UserError when somebody deleted it meanwhile."""
    await conn.execute("UPDATE memory_spaces SET active = false WHERE active AND id <> %s", (space.id,))
    done = await conn.execute("UPDATE memory_spaces SET active = true WHERE id = %s", (space.id,))
    if done.rowcount != 1:
        raise UserError(
            "The vectors that were being made were deleted by another `mnemograph reembed --forget-old`: run "
            "`mnemograph reembed` again."
        )


def replaced(space: Space) -> UserError:
    """Why a store that has another model loaded than the one that serves may not go on."""
    return UserError(
        f"The memories were embedded anew by another model than {space.model!r}, which this process has loaded: "
        "restart it with MNEMOGRAPH_EMBEDDINGS set as for `mnemograph reembed`."
    )


class Watch:
    """Looks now and then whether a running store's space still serves; the store's own model is loaded for good."""

    def __init__(self, space: Space, clock: Callable[[], float] = time.monotonic) -> None:
        self._space = space
        self._clock = clock
        self._next = clock() + LOOK_S
        self._serves = self._there = True

    async def look(self, pool: Pool) -> bool:
        """Whether it looked just now.

        Raises UserError once the space's vectors are gone; while they only no longer serve, searches go on.
        """
        looks = self._clock() >= self._next
        if looks:
            self._next = self._clock() + LOOK_S
            found = {space.id: space for space in await spaces(pool)}.get(self._space.id)
            self._there = found is not None and (found.model, found.dims) == (
                self._space.model,
                self._space.dims,
            )
            serves = found is not None and found.active
            if self._serves and not serves:
                log.warning(
                    "%s Until then it finds by the old vectors, and writes nothing.", replaced(self._space)
                )
            self._serves = serves
        if not self._there:
            raise replaced(self._space)
        return looks

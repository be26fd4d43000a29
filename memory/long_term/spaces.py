"""Which embedding models' vectors a database holds, and whose answer searches: those of two never compare."""

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from config.errors import UserError
from memory.postgres.pool import Pool

_ALL = "SELECT id, model, dims, active FROM memory_spaces ORDER BY id"


@dataclass(frozen=True)
class Space:
    """One model's vectors."""

    id: int
    model: str
    dims: int
    active: bool = True


async def spaces(pool: Pool) -> list[Space]:
    """Every space of this database; none before the first set-up."""
    async with pool.connection() as conn:
        there = await (await conn.execute("SELECT to_regclass('memory_spaces') AS found")).fetchone()
        if there is None or there["found"] is None:
            return []
        return [Space(**row) for row in await (await conn.execute(_ALL)).fetchall()]


async def known_dims(pool: Pool, model: str) -> int | None:
    """The dimensions of this model's vectors, as the database has them; None when it has none of its."""
    return next((space.dims for space in await spaces(pool) if space.model == model), None)


async def serving_space(pool: Pool, model: str, dims: int) -> Space:
    """The space that serves this model, made when the database has none at all.

    Raises UserError when another model's vectors serve.
    """
    found = await spaces(pool)
    if not found:
        async with pool.connection() as conn:
            await _add(conn, Space(1, model, dims))
        found = await spaces(pool)
    serving = next(space for space in found if space.active)
    if (serving.model, serving.dims) != (model, dims):
        raise UserError(
            f"The memories in this database were embedded by {serving.model!r} with {serving.dims} dimensions, not "
            f"by {model!r} with {dims}: run `mnemograph reembed`, or set MNEMOGRAPH_EMBEDDINGS back to that model."
        )
    return serving


async def _add(conn: AsyncConnection[Any], space: Space) -> None:
    await conn.execute(
        "INSERT INTO memory_spaces (id, model, dims, active) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (space.id, space.model, space.dims, space.active),
    )

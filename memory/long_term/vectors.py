"""Which embedding model a database's vectors come from; another one's would compare as noise."""

from typing import TYPE_CHECKING

from psycopg import sql

from config.errors import UserError

if TYPE_CHECKING:
    from memory.postgres.pool import Pool

_MARK = "mnemograph embeddings: "


async def known_dims(pool: "Pool", name: str) -> int | None:
    """The dimensions of this model's vectors, as the database has them; None when it has none of its."""
    found = await _recorded(pool)
    return found[1] if found and found[0] == _MARK + name else None


async def check_vectors(pool: "Pool", name: str, dims: int) -> None:
    """Raise UserError when the database holds another model's vectors. A missing table is fine."""
    found = await _recorded(pool)
    if found is None:
        return
    comment, stored_dims = found
    if stored_dims not in (None, dims):
        raise UserError(
            f"The memories in this database have vectors of {stored_dims} dimensions, but the embedding "
            f"model {name!r} gives {dims}: set MNEMOGRAPH_EMBEDDINGS back to the model that wrote them"
            f"{_named(comment)}, or use another database."
        )
    if comment and comment.startswith(_MARK) and comment.removeprefix(_MARK) != name:
        raise UserError(
            f"The memories in this database were embedded by {comment.removeprefix(_MARK)!r}, not by "
            f"{name!r}: set MNEMOGRAPH_EMBEDDINGS back to that model, or use another database."
        )


async def record_vectors(pool: "Pool", name: str) -> None:
    """Note on the table which model its vectors come from; called after the first set-up."""
    async with pool.connection() as conn:
        mark = _MARK + name
        found = await _recorded(pool)
        if found is not None and found[0] != mark:
            statement = sql.SQL("COMMENT ON TABLE store_vectors IS {}").format(sql.Literal(mark))
            await conn.execute(statement)


def _named(comment: str | None) -> str:
    return f" ({comment.removeprefix(_MARK)})" if comment and comment.startswith(_MARK) else ""


async def _recorded(pool: "Pool") -> tuple[str | None, int | None] | None:
    """(comment, dimensions) of the vectors' table; None when there is none yet."""
    async with pool.connection() as conn:
        cursor = await conn.execute(
            """
            SELECT obj_description(a.attrelid, 'pg_class') AS comment, a.atttypmod AS dims
            FROM pg_attribute a
            WHERE a.attrelid = to_regclass('store_vectors') AND a.attname = 'embedding'
            """
        )
        row = await cursor.fetchone()
    if row is None:
        return None
    return row["comment"], row["dims"] if row["dims"] and row["dims"] > 0 else None

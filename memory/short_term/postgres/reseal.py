"""Rows of the checkpoint tables sealed anew: under the newest key, or for another thread.

Nothing is made an object of, so no type is needed. A row that was written meanwhile is left for another pass, and
what is done is known from the rows themselves: ended half-way, it goes on when called again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from memory.postgres.pool import Pool
from memory.postgres.retry import once_more
from memory.short_term.postgres.parts import PARTS, SWEEP_THREADS, WITH_PARTS, clear_joined
from memory.short_term.postgres.reseal_sql import BLOBS, CHECKPOINTS, SNAPSHOT, WRITES, Statements
from memory.short_term.sealed.envelope import Place, header_of
from memory.short_term.sealed.passes import Heard, Unread, in_passes, unheard
from memory.short_term.sealed.sealed_state import METADATA, VALUE, WRITE, SealedState
from memory.short_term.sealed.state_serde import BYTES, TYPE, is_envelope

PAGE: Final = 20
"""Rows read at once; one may hold megabytes."""


def _resealed_row(
    state: SealedState, row: Mapping[str, Any], *, what: str, target: str | None = None
) -> dict[str, Any]:
    """A row of checkpoint_blobs or checkpoint_writes, for its own thread or another."""
    thread_id = row["thread_id"]
    place = Place(what, thread_id, row["checkpoint_ns"], row["channel"])
    to = place._replace(thread_id=target or thread_id)
    if row["type"] == "empty":
        return {**row, "thread_id": to.thread_id}
    stored = bytes(row["blob"] or b"")
    kind = TYPE if row["type"] == BYTES and is_envelope(stored) else row["type"]
    serde = state.serde.for_place(place)
    clear = clear_joined(serde, stored) if kind == PARTS else serde.clear((kind, stored))
    return {**row, "thread_id": to.thread_id, "type": BYTES, "blob": state.serde.for_place(to).sealed(clear)}


def _resealed_checkpoint(
    state: SealedState, row: Mapping[str, Any], *, target: str | None = None
) -> dict[str, Any]:
    """A row of checkpoints, for its own thread or another."""
    thread_id, namespace = row["thread_id"], row["checkpoint_ns"]
    to = target or thread_id
    body = dict(row["checkpoint"])
    values = {}
    for name, stored in (body.get("channel_values") or {}).items():
        place = Place(VALUE, thread_id, namespace, name)
        values[name] = state.value(place._replace(thread_id=to), state.opened(place, stored))
    metadata = state.opened_metadata(Place(METADATA, thread_id, namespace), row["metadata"])
    if "thread_id" in metadata:
        metadata["thread_id"] = to
    told = state.metadata(Place(METADATA, to, namespace), metadata)
    body = {**body, "channel_values": values}
    return {**row, "thread_id": to, "checkpoint": Jsonb(body), "metadata": Jsonb(told)}


Resealed = Callable[..., dict[str, Any]]
_TABLES: Final[tuple[tuple[Statements, Resealed], ...]] = (
    (BLOBS, partial(_resealed_row, what=VALUE)),
    (WRITES, partial(_resealed_row, what=WRITE)),
    (CHECKPOINTS, _resealed_checkpoint),
)


async def reseal(
    pool: Pool, state: SealedState, *, on_total: Heard = unheard, on_done: Heard = unheard
) -> int:
    """Seal under the newest key every row that is not; returns how many.

    `on_total` hears how many wait, `on_done` how many more were looked at. At the end it raises UnreadPartsError for
    rows in clear unless the state reads such, and for those that no key opens; UserError where somebody goes on
    writing otherwise.
    """
    asked = {"newest": state.keys.newest, "prefix": header_of(state.keys.newest), "limit": PAGE}
    async with pool.connection() as conn:
        counts = [await (await conn.execute(each.count, asked)).fetchone() for each, _ in _TABLES]
    on_total(sum(row["rows"] for row in counts if row))

    async def once(unread: Unread) -> tuple[int, int]:
        passes = [
            await _table(
                pool, statements, partial(_readable, unread, partial(resealed, state)), asked, on_done
            )
            for statements, resealed in _TABLES
        ]
        return sum(seen for seen, _ in passes), sum(done for _, done in passes)

    try:
        return await in_passes(once)
    finally:
        async with pool.connection() as conn:
            threads = await (await conn.execute(WITH_PARTS)).fetchall()
            await conn.execute(SWEEP_THREADS, {"threads": [row["thread_id"] for row in threads]})


def _readable(unread: Unread, resealed: Resealed, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those that can be read, sealed anew."""
    found: list[dict[str, Any]] = []
    for row in rows:
        place = ("thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "channel", "version")
        with unread.left(" ".join(str(row[name]) for name in place if row.get(name))):
            found.append(resealed(row))
    return found


async def _table(
    pool: Pool,
    statements: Statements,
    readable: Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]],
    asked: Mapping[str, Any],
    on_done: Heard,
) -> tuple[int, int]:
    """One pass: how many rows could be read, and how many of them are sealed now."""
    seen, done, after = 0, 0, statements.start
    while True:
        async with pool.connection() as conn:
            cursor = await conn.cursor(binary=True).execute(statements.page, {**asked, **after})
            page = await cursor.fetchall()
        if not page:
            return seen, done
        after = {name: page[-1][name] for name in statements.start}
        rows = readable(page)
        if rows:
            done += await once_more(partial(_write, pool, statements.update, rows))
        seen += len(rows)
        on_done(len(page))


async def _write(pool: Pool, statement: str, rows: list[dict[str, Any]]) -> int:
    async with pool.connection() as conn, conn.transaction(), conn.cursor() as cursor:
        await cursor.executemany(statement, rows)
        return cursor.rowcount


async def copy_sealed(pool: Pool, state: SealedState, source: str, target: str) -> None:
    """A thread's rows as another's, as of one moment; what the target holds already stays as it is."""
    async with pool.connection() as conn, conn.transaction():
        await conn.execute(SNAPSHOT)
        for statements, resealed in _TABLES:
            await _copy(conn, statements, partial(resealed, state, target=target), source)


async def _copy(conn: AsyncConnection[Any], statements: Statements, resealed: Resealed, source: str) -> None:
    cursor = conn.cursor(binary=True)
    rows = await (await cursor.execute(statements.of_thread, {"thread_id": source})).fetchall()
    if rows:
        await cursor.executemany(statements.insert, [resealed(row) for row in rows])

"""The one way to get connections: a pool that survives a restart of the server."""

import asyncio
import contextlib
import logging
import select
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from pgvector.psycopg.bit import register_bit_info
from pgvector.psycopg.halfvec import register_halfvec_info
from pgvector.psycopg.sparsevec import register_sparsevec_info
from pgvector.psycopg.vector import register_vector_info
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg.types import TypeInfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from config.errors import UserError
from memory.postgres.errors import explain, is_transient, redact
from memory.postgres.retry import repeated

Pool: TypeAlias = AsyncConnectionPool[AsyncConnection[DictRow]]

# Attempts 0, 1 and 3 s after a loss, then a fresh round: left alone the pause doubles up to minutes.
_RECONNECT_ROUND_S = 3.0
_QUIET_S = 60.0
_RETRY_S = 0.2
_TRUSTED_S = 1.0

_REGISTER: Final = {
    "vector": register_vector_info,
    "bit": register_bit_info,
    "halfvec": register_halfvec_info,
    "sparsevec": register_sparsevec_info,
}
_VECTOR_TYPES: Final = """
SELECT typname AS name, oid, typarray AS array_oid, typname::text AS regtype, typdelim AS delimiter FROM pg_type
WHERE oid IN (to_regtype('vector'), to_regtype('bit'), to_regtype('halfvec'), to_regtype('sparsevec'))
"""


@asynccontextmanager
async def open_pool(
    address: str,
    *,
    max_size: int,
    timeout_s: float,
    name: str,
    min_size: int = 1,
    prepare_threshold: int | None = 0,
) -> AsyncIterator[Pool]:
    """An open pool of autocommit connections that give rows as dictionaries.

    Args:
        address: a libpq URI or key=value string; what it sets itself wins over our defaults.
        max_size: connections at most.
        timeout_s: to wait for the server at the start, and later for a free connection.
        name: for logs, and shown as application_name in pg_stat_activity.
        min_size: connections kept open.
        prepare_threshold: uses before a statement is prepared; None behind PgBouncer.

    A connection made before the extension vector existed lacks its adapters: `await pool.drain()` after
    creating it. Raises UserError when the server cannot be used within timeout_s.
    """
    settings = _settings(address, name, timeout_s)
    end = time.monotonic() + timeout_s
    await _first_contact(address, settings, timeout_s)
    pool: Pool = AsyncConnectionPool(
        address,
        kwargs={**settings, "prepare_threshold": prepare_threshold},
        min_size=min_size,
        max_size=max_size,
        open=False,
        name=name,
        timeout=timeout_s,
        configure=_configure,
        check=_Check(),
        reconnect_timeout=_RECONNECT_ROUND_S,
        reconnect_failed=_another_round,
    )
    try:
        try:
            await pool.open(wait=True, timeout=max(end - time.monotonic(), 1.0))
        except PoolTimeout as error:
            raise _refusal(error, address) from error
        yield pool
    finally:
        await pool.close()


def _settings(address: str, name: str, timeout_s: float) -> dict[str, Any]:
    try:
        given = conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        raise UserError(
            "The Postgres address cannot be read: it looks like postgresql://user:password@host:5432/database."
        ) from error
    defaults = {
        "application_name": name,
        "connect_timeout": max(2, min(10, round(timeout_s))),
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    fixed = {"autocommit": True, "row_factory": dict_row}
    return {key: value for key, value in defaults.items() if key not in given} | fixed


async def _first_contact(address: str, settings: dict[str, Any], timeout_s: float) -> None:
    """Says precisely why not, which the pool does not, and at once when waiting cannot help."""
    error: Exception = PoolTimeout("no answer")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    connection = await AsyncConnection.connect(address, **settings)
                except psycopg.Error as failed:
                    error = failed
                    if not is_transient(failed):
                        break
                    await asyncio.sleep(_RETRY_S)
                else:
                    await connection.close()
                    return
    raise _refusal(error, address) from error


def _refusal(error: Exception, address: str) -> UserError:
    return explain(error, address) or UserError(
        f"The Postgres at {redact(address)} cannot be used ({type(error).__name__}): "
        "correct MNEMOGRAPH_POSTGRES."
    )


async def _configure(connection: AsyncConnection[DictRow]) -> None:
    """Registers numpy adapters, 200 times faster than lists; serves a database without the extension, too."""
    # One question: pgvector's own function asks four, each in a transaction, of every connection.
    found = await connection.execute(_VECTOR_TYPES, prepare=False)
    types = {row["name"]: TypeInfo(**row) for row in await found.fetchall()}
    if "vector" in types:
        for name, info in types.items():
            _REGISTER[name](connection, info)


class _Check:
    """Tests a connection at checkout; one dead connection makes all idle ones be tested.

    The pool itself tests one a try and pauses 1, 2, 4 s between tries, so that after a restart ten
    dead connections would cost more than any timeout. One that answered a moment ago is not asked again, which is
    a round trip, where the work is repeated should it be lost, unless something waits to be read from it, as the
    farewell of a server does.
    """

    def __init__(self) -> None:
        self._answered: WeakKeyDictionary[AsyncConnection[DictRow], float] = WeakKeyDictionary()

    async def __call__(self, connection: AsyncConnection[DictRow]) -> None:
        answered = self._answered.get(connection, -_TRUSTED_S)
        if repeated.get() and time.monotonic() - answered < _TRUSTED_S and not _has_news(connection):
            return
        pool: Pool | None = getattr(connection, "_pool", None)
        try:
            # Never prepared: the empty statement would be, anew at every checkout.
            await connection.execute("", prepare=False)
        except Exception:
            if pool is not None:
                await pool.check()
            raise
        self._answered[connection] = time.monotonic()


def _has_news(connection: AsyncConnection[DictRow]) -> bool:
    """Whether its socket has something to read, or has ended; asks nobody and does not wait."""
    if connection.closed:
        return True
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))


async def _another_round(pool: AsyncConnectionPool[Any]) -> None:
    """Goes on trying for those who wait; the pool would rest until the next one comes."""
    if not pool.closed:
        await pool.check()


class _OncePerOutage(logging.Filter):
    """Lets one "error connecting" a minute and pool through: the pool warns at every attempt."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        if not text.startswith(("error connecting in", "reconnection attempt in")):
            return True
        name = str(record.args[0]) if isinstance(record.args, tuple) and record.args else ""
        now = time.monotonic()
        if now - self._last.get(name, -_QUIET_S) < _QUIET_S:
            return False
        self._last[name] = now
        return True


logging.getLogger("psycopg.pool").addFilter(_OncePerOutage())

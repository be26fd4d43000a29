"""One more attempt for work that may be done twice, when the connection under it broke."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from memory.postgres.errors import is_transient

Result = TypeVar("Result")

repeated: ContextVar[bool] = ContextVar("repeated", default=False)
"""Whether the work that is going on is done once more should its connection prove lost."""


def _always() -> bool:
    return True


async def once_more(
    work: Callable[[], Awaitable[Result]], may_repeat: Callable[[], bool] = _always
) -> Result:
    """Run work; run it again when its connection was lost on the way. Raises what the second one raises.

    `may_repeat` is asked then: work that is not idempotent may not be repeated once it may have taken effect.
    A pool that gave no connection has been waited for already.
    """
    first = repeated.set(True)
    try:
        return await work()
    except psycopg.OperationalError as error:
        if isinstance(error, (PoolTimeout, PoolClosed, TooManyRequests)) or not (
            is_transient(error) and may_repeat()
        ):
            raise
    finally:
        repeated.reset(first)
    return await work()

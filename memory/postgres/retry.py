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


async def once_more(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run idempotent work; run it again when its connection was lost on the way. Raises what the second one raises.

    A pool that gave no connection has been waited for already.
    """
    first = repeated.set(True)
    try:
        return await work()
    except psycopg.OperationalError as error:
        if isinstance(error, (PoolTimeout, PoolClosed, TooManyRequests)) or not is_transient(error):
            raise
    finally:
        repeated.reset(first)
    return await work()

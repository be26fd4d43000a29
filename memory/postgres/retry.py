"""One more attempt for work that may be done twice, when the connection under it broke."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from memory.postgres.errors import is_transient

Result = TypeVar("Result")


async def once_more(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run idempotent work; run it again when its connection was lost on the way. Raises what the second one raises.

    A pool that gave no connection has been waited for already.
    """
    try:
        return await work()
    except psycopg.OperationalError as error:
        if isinstance(error, (PoolTimeout, PoolClosed, TooManyRequests)) or not is_transient(error):
            raise
    return await work()

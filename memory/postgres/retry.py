"""One more attempt for work that may be done twice, when the connection under it broke."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

import psycopg

from memory.postgres.errors import is_transient

Result = TypeVar("Result")

repeated: ContextVar[bool] = ContextVar("repeated", default=False)
"""Whether the work that is going on is done once more should its connection prove lost."""


async def once_more(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run idempotent work; run it again when its connection was lost on the way. Raises what the second one raises."""
    first = repeated.set(True)
    try:
        return await work()
    except psycopg.OperationalError as error:
        if not is_transient(error):
            raise
    finally:
        repeated.reset(first)
    return await work()

"""More attempts: one where the connection under some work broke, and some where the server took the work back."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final, TypeVar

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from memory.postgres.errors import is_transient

Result = TypeVar("Result")

ROLLBACKS: Final = 5
"""How often work is done anew that stood in a ring of writers who wait for each other."""
_TAKEN_BACK: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

repeated: ContextVar[bool] = ContextVar("repeated", default=False)
"""Whether the work that is going on is done once more should its connection prove lost."""


def _always() -> bool:
    return True


async def once_more(
    work: Callable[[], Awaitable[Result]], may_repeat: Callable[[], bool] = _always, *, trusts: bool = True
) -> Result:
    """Run work; run it again when its connection was lost on the way. Raises what the second one raises.

    `may_repeat` is asked then: work that is not idempotent may not be repeated once it may have taken effect. What
    the server took back did not, and is repeated up to ROLLBACKS times.
    A pool that gave no connection has been waited for already. `trusts`: a connection that answered a moment ago is
    not asked first whether it is there.
    """
    first = repeated.set(trusts)
    try:
        return await _until_it_stays(work)
    except psycopg.OperationalError as error:
        if isinstance(error, (PoolTimeout, PoolClosed, TooManyRequests, *_TAKEN_BACK)) or not (
            is_transient(error) and may_repeat()
        ):
            raise
    finally:
        repeated.reset(first)
    return await _until_it_stays(work)


async def _until_it_stays(work: Callable[[], Awaitable[Result]]) -> Result:
    for _ in range(ROLLBACKS):
        try:
            return await work()
        except _TAKEN_BACK:
            continue
    return await work()

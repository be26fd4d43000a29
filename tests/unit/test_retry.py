"""One more attempt where the connection broke, none for anything else."""

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from memory.postgres.retry import ROLLBACKS, once_more


class Work:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_a_lost_connection_is_tried_once_more() -> None:
    work = Work(psycopg.OperationalError("server closed the connection unexpectedly"))
    assert await once_more(work) == "done"
    assert work.calls == 2


@pytest.mark.parametrize("kind", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
async def test_what_the_server_took_back_is_done_anew_even_by_work_that_may_not_be_repeated(
    kind: type[psycopg.Error],
) -> None:
    work = Work(*(kind("taken back") for _ in range(ROLLBACKS)))
    assert await once_more(work, lambda: False) == "done"
    assert work.calls == ROLLBACKS + 1
    never = Work(*(kind("taken back") for _ in range(ROLLBACKS + 1)))
    with pytest.raises(kind):
        await once_more(never)
    assert never.calls == ROLLBACKS + 1


async def test_twice_lost_is_lost() -> None:
    lost = [psycopg.OperationalError("server closed the connection unexpectedly") for _ in range(2)]
    work = Work(*lost)
    with pytest.raises(psycopg.OperationalError):
        await once_more(work)
    assert work.calls == 2


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.DiskFull("no space"),
        psycopg.errors.UniqueViolation("twice"),
        PoolTimeout("waited already"),
        ValueError("mine"),
    ],
)
async def test_what_another_attempt_cannot_mend_is_raised_at_once(error: Exception) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        await once_more(work)
    assert work.calls == 1

"""What people read when the Redis behind their conversation fails them."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import OutOfMemoryError, RedisError
from redisvl.exceptions import RedisVLError

from config.errors import UserError


class RedisAwayError(UserError):
    """Redis gave no answer, or none that helps."""


@contextmanager
def spoken() -> Iterator[None]:
    """Raise RedisAwayError, with the cause, for what a client of Redis raises."""
    try:
        yield
    except (RedisError, RedisVLError, OSError) as error:
        raise RedisAwayError(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    if isinstance(error, OutOfMemoryError) or "OOM" in str(error):
        return (
            "The Redis that keeps this conversation has no memory left: give it more or delete conversations, and "
            "send the message again."
        )
    return (
        f"The Redis that keeps this conversation does not serve it ({type(error).__name__}): when it does, send the "
        "message again."
    )

"""Where a Redis is, as it may be told."""

from urllib.parse import urlsplit

from config.errors import UserError


def redis_place(address: str, setting: str) -> str:
    """`host:port`, never the password. Raises UserError, which names the setting, on what cannot be read."""
    try:
        return f"{urlsplit(address).hostname}:{urlsplit(address).port or 6379}"
    except ValueError:
        raise UserError(
            f"The Redis address in {setting} cannot be read: it looks like redis://:password@host:6379/0."
        ) from None

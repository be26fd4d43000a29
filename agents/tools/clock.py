"""What time it is: the model has no clock of its own."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from langchain_core.tools import tool

from config.errors import UserError


@tool
def now(timezone: str = "") -> str:
    """The current date and time.

    Args:
        timezone: An IANA name such as "Europe/Lisbon"; empty for UTC.
    """
    moment = datetime.now(UTC)
    if timezone:
        try:
            moment = moment.astimezone(ZoneInfo(timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            given = repr(timezone[:64])
            raise UserError(f"{given} is not a time zone; use a name such as Europe/Lisbon.") from None
    return f"{moment:%A, %-d %B %Y, %H:%M} ({timezone or 'UTC'})"

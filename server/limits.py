"""What of a run's context a caller may set where keys are on, and who is held to nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from config.settings import Settings

ALWAYS: Final = "user_id"
"""Whose it is, the key says, whatever stands there."""
MODELS: Final = ("model", "extraction_model")
NOT_ALLOWED = (
    "The context's {0} is not for callers to set here: leave it out, or name an assistant that has it."
)
NOT_THIS_MODEL = "The context's {0} names a model that this server does not offer: it offers {1}."

_servers_own: ContextVar[bool] = ContextVar("mnemograph_servers_own", default=False)


@contextmanager
def servers_own_work() -> Iterator[None]:
    """Requests within are the server's own, which hands on what an assistant chose."""
    token = _servers_own.set(True)
    try:
        yield
    finally:
        _servers_own.reset(token)


def over_the_limits(user: str | None, context: Mapping[str, Any], configured: Settings) -> str | None:
    """One sentence when this caller may not set this; None when they may, or where nobody signs in."""
    if user is None or user in configured.operator_names or _servers_own.get():
        return None
    allowed = configured.context_fields
    for name, value in context.items():
        if value is None or name == ALWAYS:
            continue
        if allowed is not None and name not in allowed:
            return NOT_ALLOWED.format(name)
        offered = configured.offered_models
        if name in MODELS and offered and value not in offered:
            return NOT_THIS_MODEL.format(name, ", ".join(offered))
    return None

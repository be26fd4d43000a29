"""Whose memories a run may touch."""

from typing import Any, Protocol

from langgraph.runtime import ServerInfo

from agents.context import ChatContext
from config.errors import UserError
from config.settings import Settings


class HasRuntime(Protocol):
    """A node's Runtime or a tool's ToolRuntime."""

    context: Any
    server_info: ServerInfo | None


def current_context(runtime: HasRuntime) -> ChatContext:
    """The run's context. Raises pydantic.ValidationError, which names the field."""
    given = runtime.context
    if isinstance(given, ChatContext):
        return given
    return ChatContext.model_validate(given or {})


def unnamed_user(configured: Settings) -> str | None:
    """Whose a run is that names nobody; None where people sign in: then it is nobody's."""
    return configured.user if configured.auth == "none" else None


def current_user(runtime: HasRuntime, configured: Settings) -> str:
    """The signed-in user, or else whom the caller names, or else the default user.

    Raises UserError where authentication is on and nobody is signed in: never a default, never a name that a
    request made up.
    """
    info = runtime.server_info
    user = info.user if info else None
    if user is not None and user.is_authenticated and user.identity:
        return str(user.identity)
    named = current_context(runtime).user_id
    if configured.auth == "none":
        return named or configured.user
    if info is None and named:
        return named
    raise UserError(
        "Nobody is signed in and this server asks for a key: send it as 'Authorization: Bearer <key>'."
    )

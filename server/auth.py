"""Who calls, and what they may see: LangGraph's authentication hooks over server/access.py.

Settings auth=none: everybody may call, and nobody is signed in. Settings auth=keys: a key names its user, and
a user sees and changes only what is theirs. LangGraph allows what no handler knows, so the widest one denies.
"""

import logging
from typing import Any, cast

from langgraph_sdk import Auth

from config.settings import settings
from memory.serving import serving
from memory.short_term.threads import OWNER
from memory.short_term.whose import is_anothers
from server.access import (
    NO_KEY,
    NOT_YOURS,
    SERVERS_OWN,
    WRONG_KEY,
    claim,
    own_namespace,
    owned,
    presented_key,
    user_of_key,
)
from server.admission import complaint, context_complaint, context_of, kept_context
from server.asked import AWAY
from server.limits import over_the_limits

log = logging.getLogger(__name__)

auth = Auth()

Filter = dict[str, Any]
TAKEN = {404: "Thread or assistant not found.", 409: "Thread with ID {0} already exists"}
"""LangGraph's own sentences, which tell nothing more."""

NOBODY: Auth.types.MinimalUserDict = {"identity": "", "display_name": "", "is_authenticated": False}


@auth.authenticate
async def authenticate(headers: dict[bytes, bytes]) -> Auth.types.MinimalUserDict:
    """Name the caller. Raises 401 with one sentence."""
    configured = settings()
    if configured.auth == "none":
        return NOBODY
    key = presented_key(headers)
    if not key:
        raise Auth.exceptions.HTTPException(status_code=401, detail=NO_KEY)
    user = user_of_key(key, configured.keys_by_user())
    if user is None:
        raise Auth.exceptions.HTTPException(status_code=401, detail=WRONG_KEY)
    return {"identity": user, "display_name": user, "is_authenticated": True}


def _caller(ctx: Auth.types.AuthContext) -> str | None:
    """The signed-in user; None where nobody has to sign in. Raises 401 otherwise."""
    if ctx.user.is_authenticated and ctx.user.identity:
        return str(ctx.user.identity)
    if settings().auth == "none":
        return None
    raise Auth.exceptions.HTTPException(status_code=401, detail=NO_KEY)


def _refuse(sentence: str | None) -> None:
    if sentence is not None:
        raise Auth.exceptions.HTTPException(status_code=422, detail=sentence)


def _refuse_context(user: str | None, given: dict[str, Any]) -> None:
    """What is kept to run with later is held to what a run is held to."""
    _refuse(context_complaint(given) or over_the_limits(user, given, settings()))


async def _refuse_anothers(user: str, thread_id: Any, status: int) -> None:
    """A thread that the checkpointer alone knows is not theirs who first name it to the server."""
    saver = serving.checkpointer
    if saver is None or not thread_id:
        return
    try:
        taken = await is_anothers(saver, str(thread_id), user)
    except Exception as error:
        log.warning("whose a thread is could not be read: %s", type(error).__name__)
        raise Auth.exceptions.HTTPException(status_code=503, detail=AWAY) from error
    if taken:
        raise Auth.exceptions.HTTPException(status_code=status, detail=TAKEN[status].format(thread_id))


def _without_owner(metadata: Any) -> dict[str, Any]:
    """The mark of ownership is overwritten, so that a client may send back what it was shown."""
    return {name: value for name, value in (metadata or {}).items() if name != OWNER}


@auth.on
async def anything_else(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> bool:  # noqa: ARG001
    """Deny what no handler below knows."""
    return _caller(ctx) is None


@auth.on.threads
async def threads(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Filter | None:
    """Threads and the runs on them. Raises 422 with one sentence on a thread that is made out to be another's."""
    user = _caller(ctx)
    if user is None:
        return None
    if ctx.action == "create":
        await _refuse_anothers(user, value.get("thread_id"), 409)
    if ctx.action in ("create", "update"):
        _refuse(claim(user, metadata=_without_owner(value.get("metadata"))))
    return owned(user, value)


@auth.on.threads.create_run
async def runs(ctx: Auth.types.AuthContext, value: Auth.types.RunsCreate) -> Filter | None:
    """A run on a thread of one's own. Raises 422 with one sentence on what it may not be asked with."""
    kwargs = value["kwargs"] or {}
    _refuse(complaint(kwargs))
    user = _caller(ctx)
    _refuse(over_the_limits(user, context_of(kwargs), settings()))
    if user is None:
        return None
    config = kwargs.get("config") or {}
    configurable = config.get("configurable") or {}
    if configurable.get("__context_provided__") and configurable.get("user_id"):
        # What a context says of the user does not count (agents/identity.py), nor may its copy here.
        configurable["user_id"] = user
    # The server's own notes on the caller stand here, and here it overwrites what a request says.
    asked = {name: given for name, given in configurable.items() if not name.startswith(SERVERS_OWN)}
    _refuse(
        claim(user, metadata=value["metadata"], config_metadata=config.get("metadata"), configurable=asked)
    )
    if value.get("if_not_exists") == "create":
        await _refuse_anothers(user, value.get("thread_id"), 404)
    return owned(user, cast(dict[str, Any], value))


@auth.on.crons
async def crons(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Filter | None:
    user = _caller(ctx)
    _refuse_context(user, kept_context(value.get("payload") or {}))
    return None if user is None else owned(user, value)


@auth.on.assistants
async def assistants(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Filter | None:
    """One's own, to change; to read also those of the operators and those that the server makes, one a graph."""
    user = _caller(ctx)
    if ctx.action in ("create", "update"):
        _refuse_context(user, kept_context(value))
    if user is None:
        return None
    if ctx.action in ("read", "search"):
        shared = [{OWNER: operator} for operator in settings().operator_names]
        return {"$or": [{OWNER: user}, {"created_by": "system"}, *shared]}
    config = value.get("config") or {}
    _refuse(
        claim(
            user,
            metadata=_without_owner(value.get("metadata")),
            config_metadata=config.get("metadata"),
            configurable=config.get("configurable"),
            context=value.get("context"),
        )
    )
    mine = owned(user, value)
    value["metadata"].pop("created_by", None)
    return mine


@auth.on.store
async def store(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> None:
    """Namespaces: one's own alone."""
    user = _caller(ctx)
    if user is None:
        return
    allowed = own_namespace(user, ctx.action, value.get("namespace"))
    if allowed is None:
        own = own_namespace(user, "search", ()) or ()
        raise Auth.exceptions.HTTPException(status_code=403, detail=NOT_YOURS.format(*own))
    value["namespace"] = allowed

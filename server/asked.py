"""Who asks a route of ours, with what, and how it is told that something is wrong: one sentence, bounded bodies."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from langgraph.store.base import BaseStore
from pydantic import BaseModel, ValidationError

from config.errors import UserError
from config.settings import settings
from graphs.chat import Chat, compile_chat
from memory.lifecycle.leaving.erase import NotErasedError
from memory.lifecycle.reading.browsing import NoSuchMemoryError
from memory.long_term.rows.burials import ErasedError
from memory.long_term.statements.writes import ConflictError
from memory.long_term.wrappers.sealed_error import SealedError
from memory.namespaces import owner_namespace
from memory.serving import serving
from server.access import NO_KEY, NOT_FOR_YOU, presented_key, user_of_key

MAX_BODY_BYTES = 100_000
NOT_READY = "The server's memories are not open yet: try again in a moment."
AWAY = "The memory of conversations cannot be reached just now: try again in a moment."
TOO_LONG = "The body of this request is too long: at most {0:,} bytes are taken."
TOO_MANY = "The body of this request holds too many values: at most {0:,} are taken."

Model = TypeVar("Model", bound=BaseModel)


class Refused(Exception):  # noqa: N818 - an answer, and no error of ours
    """What the caller is told instead."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.response = JSONResponse({"detail": detail}, status_code=status)


def user_of(request: Request) -> str:
    """The user whose key this is; where nobody signs in, whom the request names, or else the settings' user.

    Raises Refused on no key, a wrong key, and a user that is named and is another.
    """
    configured = settings()
    named = request.query_params.get("user_id")
    if configured.auth == "none":
        user = named or configured.user
        owner_namespace(user)
        return user
    key = presented_key({name.lower(): value for name, value in request.headers.raw})
    known = user_of_key(key, configured.keys_by_user()) if key else None
    if known is None:
        raise Refused(401, NO_KEY)
    if named not in (None, known):
        raise Refused(403, NOT_FOR_YOU.format("The request", "user_id"))
    return known


def asked_by(request: Request) -> tuple[Chat, str]:
    """The chat over the server's own memories, and for whom. Raises Refused."""
    user_id = user_of(request)
    if serving.checkpointer is None or serving.store is None:
        raise Refused(503, NOT_READY)
    return compile_chat(serving.checkpointer, serving.store), user_id


def store_for(request: Request) -> tuple[BaseStore, str]:
    """The server's own memories, and for whom. Raises Refused."""
    user_id = user_of(request)
    if serving.store is None:
        raise Refused(503, NOT_READY)
    return serving.store, user_id


def query_of(request: Request, model: type[Model]) -> Model:
    """The request's parameters. Raises Refused with one sentence."""
    given = request.query_params
    many = {name for name, each in model.model_fields.items() if "list" in str(each.annotation)}
    return _valid(model, {name: given.getlist(name) if name in many else given[name] for name in given})


async def body_of(request: Request, model: type[Model], *, limit: int = MAX_BODY_BYTES) -> Model:
    """The request's JSON; none is an empty object. Raises Refused with one sentence."""
    taken = bytearray()
    async for piece in request.stream():
        taken += piece
        if len(taken) > limit:
            raise Refused(413, TOO_LONG.format(limit))
    try:
        return _valid(model, None, bytes(taken) or b"{}")
    except (UnicodeDecodeError, RecursionError):
        raise Refused(422, "The body of this request is no JSON object.") from None


def _valid(model: type[Model], given: Any, text: bytes | None = None) -> Model:
    try:
        return model.model_validate(given) if text is None else model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Refused(422, _sentence(first, model.model_fields)) from None


def _sentence(first: Mapping[str, Any], names: Iterable[str]) -> str:
    """What is wrong, in words that hold nothing of what was sent."""
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"There is no {name[:60]!r} here: there are {', '.join(names)}."
    if not name:
        return f"The body is no JSON object with some of {', '.join(names)}."
    return f"The {name[:60]} does not fit: {first['msg'][:1].lower()}{first['msg'][1:].rstrip('.')}."


async def unfit(_: Request, error: Exception) -> Response:
    """The same sentence where FastAPI reads a request by itself, whose own answer repeats what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    # Where in the body JSON ends to be JSON is no name.
    name = () if first["type"] == "json_invalid" else first["loc"][1:]
    return JSONResponse({"detail": _sentence({**first, "loc": name}, ("values", "base"))}, 422)


async def answered(work: Callable[[], Awaitable[Response]]) -> Response:
    """The work's answer, or one sentence with a status that says whose fault it is."""
    try:
        return await work()
    except Refused as refused:
        return refused.response
    except NoSuchMemoryError as error:
        status, sentence = 404, error.sentence
    except NotErasedError as error:
        return JSONResponse({"detail": error.sentence, "left": error.left}, status_code=500)
    except ErasedError as error:
        status, sentence = 409, error.sentence
    except ConflictError as error:
        status, sentence = 409, str(error)
    except UserError as error:
        status, sentence = 422, error.sentence
    except SealedError as error:
        status, sentence = 500, str(error)
    return JSONResponse({"detail": sentence}, status_code=status)

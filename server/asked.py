"""Who asks a route of ours, with what, and how it is told that something is wrong."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError

from config.errors import UserError
from config.settings import settings
from memory.namespaces import owner_namespace
from server.access import NO_KEY, NOT_FOR_YOU, presented_key, user_of_key

MAX_BODY_BYTES = 100_000
NOT_READY = "The server's memories are not open yet: try again in a moment."

Model = TypeVar("Model", bound=BaseModel)


class Refused(Exception):  # noqa: N818 - an answer, and no error of ours
    """What the caller is told instead."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.response = JSONResponse({"detail": detail}, status_code=status)


def user_of(request: Request) -> str:
    """Whose key it is; where nobody signs in, whom the request names, or the settings' user. Raises Refused."""
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


async def body_of(request: Request, model: type[Model]) -> Model:
    """The request's JSON. Raises Refused with one sentence."""
    taken = bytearray()
    async for piece in request.stream():
        taken += piece
        if len(taken) > MAX_BODY_BYTES:
            raise Refused(
                413, f"The body of this request is too long: at most {MAX_BODY_BYTES:,} bytes are taken."
            )
    try:
        return model.model_validate_json(bytes(taken))
    except (ValidationError, UnicodeDecodeError, RecursionError):
        fields = ", ".join(model.model_fields)
        raise Refused(422, f"The body does not fit: it is a JSON object of {fields}.") from None


async def answered(work: Callable[[], Awaitable[Response]]) -> Response:
    """The work's answer, or one sentence with a status that says whose fault it is."""
    try:
        return await work()
    except Refused as refused:
        return refused.response
    except UserError as error:
        return JSONResponse({"detail": error.sentence}, status_code=422)

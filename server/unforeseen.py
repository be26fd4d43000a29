"""Errors beneath LangGraph's own routes that would be a bare "Internal Server Error": one sentence each."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from memory.long_term.wrappers.sealed_error import SealedError
from memory.postgres.errors import explain
from server.asked import answered

SEARCH: Final = "/store/items/search"
READS_THE_BODY: Final = "search_items"
"""Of LangGraph's server: where it reads the body of a search."""
NO_PREFIX: Final = 'A search of the store names its memories, such as {"namespace_prefix": ["users", "ana"]}.'
TOO_LARGE: Final = "A number of this request is larger than any that it can mean."


async def sealed(_: Request, error: Exception) -> Response:
    """A memory that no key opens."""

    async def again() -> Response:
        raise error

    return await answered(again)


async def given_up(_: Request, error: Exception) -> Response:
    """The database took too long."""
    if (known := explain(error)) is None:
        raise error
    return JSONResponse({"detail": known.sentence}, status_code=503)


async def too_large(_: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """No time or count is so large, as of a run in 1e300 seconds."""
    return JSONResponse({"detail": TOO_LARGE}, status_code=422)


async def without_prefix(request: Request, error: Exception) -> Response:
    """LangGraph's server takes the prefix to be there. Any other such error is ours, and is raised."""
    if request.url.path != SEARCH or _raised_in(error.__traceback__) != READS_THE_BODY:
        raise error
    return JSONResponse({"detail": NO_PREFIX}, status_code=422)


def _raised_in(traceback: TracebackType | None) -> str:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_name if traceback else ""


HANDLERS: Final[dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]] = {
    SealedError: sealed,
    psycopg.errors.QueryCanceled: given_up,
    OverflowError: too_large,
    KeyError: without_prefix,
    TypeError: without_prefix,
}

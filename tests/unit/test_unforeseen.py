"""Errors that were answered by a bare "Internal Server Error": what their callers read instead."""

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from memory.long_term.wrappers.sealed_error import SealedError
from server.asked import answered
from server.unforeseen import HANDLERS, NO_PREFIX, SEARCH, TOO_LARGE

SEALED = "The memory 'k' of 'users.ana' was altered."


async def search_items(request: Request) -> Response:
    """As LangGraph's server reads the body of a search."""
    return JSONResponse(tuple((await request.json())["namespace_prefix"]))


async def raising(request: Request) -> Response:
    raise {
        "sealed": SealedError(SEALED),
        "late": psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
        "large": OverflowError("cannot convert float infinity to integer"),
        "ours": TypeError("a bug of ours"),
    }[request.path_params["what"]]


async def asked(method: str, path: str, **given: object) -> httpx.Response:
    routes = [Route(SEARCH, search_items, methods=["POST"]), Route("/{what}", raising)]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [{}, {"namespace_prefix": None}])
async def test_a_search_without_a_prefix_was_a_bare_500(body: dict[str, None]) -> None:
    answer = await asked("POST", SEARCH, json=body)
    assert (answer.status_code, answer.json()) == (422, {"detail": NO_PREFIX})


@pytest.mark.parametrize(
    ("what", "status", "sentence"),
    [("sealed", 500, SEALED), ("late", 503, "took too long"), ("large", 422, TOO_LARGE)],
)
async def test_it_was_answered_without_a_word(what: str, status: int, sentence: str) -> None:
    answer = await asked("GET", f"/{what}")
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


async def test_a_bug_of_ours_stays_one() -> None:
    with pytest.raises(TypeError, match="a bug of ours"):
        await asked("GET", "/ours")


async def test_an_altered_memory_was_a_bare_500_on_our_routes() -> None:
    async def work() -> Response:
        raise SealedError(SEALED)

    answer = await answered(work)
    assert (answer.status_code, answer.body) == (500, f'{{"detail":"{SEALED}"}}'.encode())

"""Found by a review: a stranger to a server with keys was told its metrics, its versions and all its routes."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from config.errors import UserError
from config.settings import Settings, load_settings
from server.meta import Meta

KEY, TOKEN = "ana-0123456789abcdef", "token-0123456789abcdef"
META = ("/metrics", "/metrics/", "/info", "/docs", "/openapi.json")


async def reached(request: Request) -> JSONResponse:
    return JSONResponse({"reached": request.url.path})


def http(auth: str, token: str = "", root_path: str = "") -> httpx.AsyncClient:
    configured = Settings(auth=auth, api_keys=f"ana:{KEY}", metrics_token=token)  # type: ignore[arg-type]
    app = Starlette(routes=[Route("/{rest:path}", reached, methods=["GET", "OPTIONS"])])
    meta = Meta(app, configured=configured)

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await meta({**scope, "root_path": root_path}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(mounted), base_url="http://mnemograph")


@pytest.mark.parametrize("path", META)
async def test_where_keys_are_asked_for_a_stranger_is_told_nothing_of_the_server(path: str) -> None:
    async with http("keys") as asked:
        for headers in ({}, {"x-api-key": KEY[:-1]}, {"authorization": f"Basic {KEY}"}):
            answer = await asked.get(path, headers=headers)
            assert (answer.status_code, "key" in answer.json()["detail"]) == (401, True), headers
            assert answer.headers["www-authenticate"] == "Bearer"
        for headers in ({"x-api-key": KEY}, {"authorization": f"Bearer {KEY}"}):
            assert (await asked.get(path, headers=headers)).status_code == 200
    async with http("keys", root_path="/memory") as below:
        assert (await below.get(f"/memory{path}")).status_code == 401


async def test_whether_it_lives_everybody_may_ask_and_a_browser_may_ask_whether_it_may() -> None:
    async with http("keys", TOKEN) as asked:
        for path in ("/ok", "/health", "/", "/threads/metrics", "/informed"):
            assert (await asked.get(path)).status_code == 200
        assert (await asked.options("/info")).status_code == 200


@pytest.mark.parametrize("auth", ["none", "keys"])
async def test_metrics_are_told_for_a_token_of_their_own_and_nothing_else_is(auth: str) -> None:
    async with http(auth, TOKEN) as asked:
        with_token = {"authorization": f"Bearer {TOKEN}"}
        assert (await asked.get("/metrics", headers=with_token)).status_code == 200
        for headers in ({}, {"authorization": f"Bearer {TOKEN}x"}):
            assert (await asked.get("/metrics", headers=headers)).status_code == 401
        others = {(await asked.get(path, headers=with_token)).status_code for path in META[2:]}
        assert others == {401 if auth == "keys" else 200}


async def test_without_keys_and_token_it_is_open() -> None:
    async with http("none") as asked:
        assert {(await asked.get(path)).status_code for path in META} == {200}


def test_a_token_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(
        UserError, match="MNEMOGRAPH_METRICS_TOKEN is too short: give it 16 or more"
    ) as refused:
        load_settings(metrics_token="abc")
    assert "abc" not in str(refused.value)

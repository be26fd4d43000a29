"""The page: served before a key is asked for, guarded by headers, cached by what it is, and no other file with it."""

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from config.settings import Settings
from server.page import Page
from server.public import Public

SCRIPT = "console.log('a page')\n" * 50


async def beyond(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("behind the key", status_code=401)


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Built</title>", encoding="utf-8")
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    (folder / "assets" / "index-1a2b.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "assets" / "notes.py").write_text("of no kind that a page has", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("not the page's", encoding="utf-8")
    return folder


@pytest.fixture
def http(static: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/{rest:path}", beyond, methods=["GET", "HEAD", "POST"])])
    public = Public(app, configured=Settings(), page=Page(static))
    return httpx.AsyncClient(transport=httpx.ASGITransport(public), base_url="http://127.0.0.1:2024")


async def test_the_front_is_the_built_page_and_runs_nothing_of_elsewhere(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert answer.status_code == 200 and "Built" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} < set(
        policy
    )
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


async def test_a_hashed_file_is_kept_for_ever_and_comes_packed(http: httpx.AsyncClient, static: Path) -> None:
    answer = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": "br, gzip"})
    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0))
    for accepted in ("identity", "br", "gzip;q=0"):
        plain = await http.get("/assets/index-1a2b.js", headers={"accept-encoding": accepted})
        assert "content-encoding" not in plain.headers and plain.text == SCRIPT


async def test_what_the_browser_has_is_not_sent_again(http: httpx.AsyncClient) -> None:
    tag = (await http.get("/")).headers["etag"]
    for known in (tag, f'"other", {tag}', "*"):
        again = await http.get("/", headers={"if-none-match": known})
        assert again.status_code == 304 and again.content == b""
    assert (await http.get("/", headers={"if-none-match": 'W/"other"'})).status_code == 200


async def test_a_head_has_the_headers_alone(http: httpx.AsyncClient) -> None:
    answer = await http.head("/icon.svg")
    assert answer.status_code == 200 and answer.content == b""
    assert answer.headers["content-type"] == "image/svg+xml"
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets//etc/passwd",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/notes.py",
        "/assets/none.js",
        "/assets/",
    ],
)
async def test_no_path_leads_out_of_the_page(static: Path, path: str) -> None:
    async def straight(name: str) -> tuple[int, bytes]:
        app = Public(Starlette(), configured=Settings(), page=Page(static))
        sent: list[dict[str, object]] = []

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            sent.append(message)

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "path": name, "headers": [], "query_string": b""}
        await app(scope, receive, send)  # type: ignore[arg-type]
        status = sent[0]["status"]
        assert isinstance(status, int)
        return status, b"".join(bytes(each.get("body", b"")) for each in sent[1:])  # type: ignore[call-overload]

    for name in (path, path.replace("%2e", ".").replace("%2f", "/")):
        status, body = await straight(name)
        assert status == 404 and b"not the page" not in body


async def test_everything_else_is_behind_the_key(http: httpx.AsyncClient) -> None:
    for path in ("/mnemograph/status", "/index.html", "/threads", "/static/index.html"):
        assert (await http.get(path)).status_code == 401
    assert (await http.post("/")).status_code == 401


async def test_a_page_that_is_built_again_is_served_at_once(http: httpx.AsyncClient, static: Path) -> None:
    assert "Built" in (await http.get("/")).text
    (static / "assets" / "index-3c4d.js").write_text("1", encoding="utf-8")
    (static / "index.html").write_text("<!doctype html><title>Again</title>", encoding="utf-8")
    assert "Again" in (await http.get("/")).text
    assert (await http.get("/assets/index-3c4d.js")).text == "1"


async def test_where_no_page_was_built_a_plain_one_says_how(tmp_path: Path) -> None:
    public = Public(Starlette(), configured=Settings(), page=Page(tmp_path / "none"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(public), base_url="http://x") as http:
        answer = await http.get("/")
        assert answer.status_code == 200 and "make page" in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert (await http.get("/icon.svg")).status_code == 404

"""langchain-openai against a local server that checks what it is sent and misbehaves on demand."""

import asyncio
import base64
import gc
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from config.errors import UserError
from memory.embeddings.checked import CHUNK, CheckedEmbeddings, EmbeddingError
from memory.embeddings.factory import EmbeddingSpec, open_embeddings

KEY = "sk-canary-0123456789"
MODEL = "text-embedding-3-small"
DIMS = 5


class Server(ThreadingHTTPServer):
    """Answers `script` one entry a request (a status, "hang", or vectors), then good vectors."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.script: list[Any] = []
        self.released = threading.Event()
        self.floats = False
        self.clients: list[CheckedEmbeddings] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    """Keeps connections alive, as the real service does."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append({"path": self.path, **body})
        self.server.keys.append(self.headers["Authorization"])
        step = self.server.script.pop(0) if self.server.script else None
        if step == "hang":
            self.server.released.wait(60)
            self.close_connection = True
        elif isinstance(step, int):
            error = {"message": f"no, {self.headers['Authorization']}", "type": "x", "code": "x"}
            self.answer(step, {"error": error})
        else:
            self.answer(200, self.embeddings(step or [good(text) for text in body["input"]]))

    def embeddings(self, vectors: list[list[float]]) -> dict[str, Any]:
        data = [
            {"object": "embedding", "index": index, "embedding": self.packed(vector)}
            for index, vector in enumerate(vectors)
        ]
        return {
            "object": "list",
            "model": MODEL,
            "data": data,
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }

    def packed(self, vector: list[float]) -> Any:
        if self.server.floats:
            return vector
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

    def answer(self, status: int, value: dict[str, Any]) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(content)


def good(text: str) -> list[float]:
    return [1.0, float(len(text)), 0.0, 0.25, -2.0]


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    for client in server.clients:
        client.close()
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()
    gc.collect()  # a client's socket that was left open would be reported here


def embedder(
    server: Server, *, timeout_s: float = 30, retries: int = 2, key: str | None = KEY
) -> CheckedEmbeddings:
    secret = SecretStr(key) if key else None
    spec = EmbeddingSpec(f"openai:{MODEL}", secret, server.url, timeout_s, retries)
    server.clients.append(open_embeddings(spec))
    return server.clients[-1]


async def test_what_the_server_is_sent(server: Server) -> None:
    embeddings = embedder(server)
    assert await embeddings.prepare() == DIMS
    assert await embeddings.aembed_documents(["a", "bb", "", "\ud800"]) == [
        good(text) for text in ("a", "bb", "(no text)", "\ufffd")
    ]
    assert await embeddings.aembed_query("a new text") == good("a new text")
    probe, documents, query = server.bodies
    for body in (probe, documents, query):
        assert set(body) == {"path", "model", "input", "encoding_format"}  # so no dimensions
        assert body["path"] == "/v1/embeddings"
        assert body["model"] == MODEL
        assert body["encoding_format"] == "base64"
    assert documents["input"] == ["a", "bb", "(no text)", "\ufffd"]
    assert query["input"] == ["a new text"]
    assert set(server.keys) == {f"Bearer {KEY}"}


async def test_a_server_that_answers_floats_is_understood(server: Server) -> None:
    server.floats = True
    assert await embedder(server).aembed_query("abc") == good("abc")


async def test_sync_is_the_same(server: Server) -> None:
    embeddings = embedder(server)
    assert await asyncio.to_thread(embeddings.embed_query, "abc") == good("abc")


async def test_many_and_long_texts_stay_within_a_requests_limits(server: Server) -> None:
    texts = [f"{index}" + "x" * 1_000_000 for index in range(CHUNK + 1)]
    assert len(await embedder(server).aembed_documents(texts)) == len(texts)
    for body in server.bodies:
        assert sum(len(text.encode()) for text in body["input"]) <= 300_000
        assert max(len(text.encode()) for text in body["input"]) <= 8191


async def test_a_server_of_ones_own_needs_no_key(server: Server) -> None:
    assert await embedder(server, key=None).prepare() == DIMS
    assert server.keys == ["Bearer none"]


async def test_429_then_success(server: Server) -> None:
    embeddings = embedder(server)
    await embeddings.prepare()
    server.script = [429, 429]
    assert await embeddings.aembed_query("abc") == good("abc")
    assert len(server.bodies) == 4


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "HTTP status 401: check its API key"),
        (404, "HTTP status 404: check its name"),
        (429, "HTTP status 429: it is rate limited"),
        (500, "HTTP status 500"),
    ],
)
async def test_a_refusal_is_one_sentence_without_the_key(server: Server, status: int, words: str) -> None:
    embeddings = embedder(server, retries=0)
    await embeddings.prepare()
    server.script = [status]
    with pytest.raises(EmbeddingError, match=words) as caught:
        await embeddings.aembed_query("abc")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(server.bodies) == 2


async def test_retries_are_bounded(server: Server) -> None:
    embeddings = embedder(server, retries=1)
    await embeddings.prepare()
    server.script = [429] * 9
    with pytest.raises(EmbeddingError, match="429"):
        await embeddings.aembed_query("abc")
    assert len(server.bodies) == 3


async def test_a_hang_ends_within_the_time_out_and_the_next_call_works(server: Server) -> None:
    embeddings = embedder(server, timeout_s=0.5, retries=0)
    server.script = ["hang"]
    with pytest.raises(EmbeddingError, match=r"did not answer within 0\.5 seconds"):
        await embeddings.prepare()
    assert not server.released.is_set()
    assert embeddings.dims is None
    embeddings._timeout_s = 30
    assert await embeddings.prepare() == DIMS


async def test_nobody_there_is_one_sentence(server: Server) -> None:
    embeddings = open_embeddings(
        EmbeddingSpec(f"openai:{MODEL}", SecretStr(KEY), "http://127.0.0.1:1/v1", 30, 0)
    )
    with pytest.raises(EmbeddingError, match=r"failed \(APIConnectionError\)"):
        await embeddings.prepare()


async def test_other_dimensions_later_are_refused(server: Server) -> None:
    embeddings = embedder(server)
    await embeddings.prepare()
    server.script = [[[1.0, 2.0]]]
    with pytest.raises(EmbeddingError, match="2 dimensions where 5 were expected"):
        await embeddings.aembed_query("abc")
    server.script = [[[float("nan")] * DIMS]]
    with pytest.raises(EmbeddingError, match="NaN"):
        await embeddings.aembed_query("abc")


def test_one_client_serves_several_event_loops(server: Server) -> None:
    embeddings = embedder(server)
    for text in ("a", "bb", "ccc"):
        assert asyncio.run(embeddings.aembed_query(text)) == good(text)


async def test_it_can_be_used_again_after_closing(server: Server) -> None:
    embeddings = embedder(server)
    for text in ("a", "bb"):
        assert await embeddings.aembed_query(text) == good(text)
        embeddings.close()
        embeddings.close()


async def test_a_missing_key_is_told_before_anything_is_sent(server: Server) -> None:
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        open_embeddings(EmbeddingSpec(f"openai:{MODEL}", None, None, 30, 0))
    assert server.bodies == []


def test_a_process_with_a_client_ends_quietly(server: Server) -> None:
    program = f"""
import asyncio
from memory.embeddings.factory import EmbeddingSpec, open_embeddings
embeddings = open_embeddings(EmbeddingSpec("openai:m", None, {server.url!r}, 10, 0))
print(asyncio.run(embeddings.prepare()))
embeddings.close()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == f"{DIMS}\n"
    assert done.stderr == ""

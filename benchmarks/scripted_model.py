"""An OpenAI-compatible server that answers at once by a script, and counts what other processes ask of it."""

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import numpy as np

DIMS: Final = 384


class Scripted:
    """`asked` counts calls, texts and characters; `address` is for OPENAI_BASE_URL."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def serving(self) -> Iterator["Scripted"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Two small packets, and the second waits for the first one's receipt.
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = json.dumps(scripted.answer(self.path, body)).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class names it
                """Nobody reads it."""

        return Handler

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            return self._embeddings(body) if path.endswith("/embeddings") else self._completion(body)

    def _embeddings(self, body: dict[str, Any]) -> dict[str, Any]:
        given = body["input"]
        texts = given if isinstance(given, list) else [given]
        self.asked["embedding calls"] += 1
        self.asked["texts embedded"] += len(texts)
        as_text = body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": index, "embedding": _vector(str(text), as_text=as_text)}
            for index, text in enumerate(texts)
        ]
        return {"object": "list", "model": body["model"], "data": data, "usage": _USAGE}

    def _completion(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked["model calls"] += 1
        self.asked["prompt characters"] += len(json.dumps([body["messages"], body.get("tools")]))
        message: dict[str, Any] = {"role": "assistant", "content": _as_json()}
        tools = [tool["function"] for tool in body.get("tools") or []]
        if tools:
            calls = [
                {
                    "id": f"call-{self.asked['model calls']}-{number}",
                    "type": "function",
                    "function": {
                        "name": tools[0]["name"],
                        "arguments": json.dumps(_filled(tools[0]["parameters"])),
                    },
                }
                for number in range(2)
            ]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if tools else "stop"}
        return {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]} | {
            "choices": [choice],
            "usage": _USAGE,
        }


_USAGE: Final = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_facts = iter(range(1_000_000))


def _fact() -> str:
    number = hashlib.sha256(str(next(_facts)).encode()).hexdigest()[:8]
    return f"The user visited the fair number {number}"


def _as_json() -> str:
    """Two facts, as mem0 reads them."""
    facts = [_fact(), _fact()]
    memory = [{"id": str(index), "text": fact, "attributed_to": "user"} for index, fact in enumerate(facts)]
    return json.dumps({"facts": facts, "memory": memory})


def _filled(schema: dict[str, Any]) -> dict[str, Any]:
    """Arguments that fit a tool: a fact wherever it wants text."""
    return {name: _value(each) for name, each in schema.get("properties", {}).items()}


def _value(schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "array":
        return [_value(schema.get("items", {}))]
    if kind == "integer":
        return 5
    return _fact() if kind in ("string", None) else None


def _vector(text: str, *, as_text: bool) -> Any:
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    vector = np.random.default_rng(seed).standard_normal(DIMS).astype(np.float32)
    vector /= np.linalg.norm(vector)
    return base64.b64encode(vector.tobytes()).decode() if as_text else vector.tolist()

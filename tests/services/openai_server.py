"""An OpenAI-compatible server on loopback: scripted, strict about what it is sent, and recorded.

By hand: `python -m tests.services.openai_server --port 8099` (a model that echoes and can call tools).
"""

import argparse
import base64
import hashlib
import json
import random
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from tests.services.http_server import Handler, LocalServer
from tests.services.openai_checks import RefusedError, check_chat, check_text

API_KEY = "sk-test-0123456789abcdefghijklmnop"


@dataclass(frozen=True)
class Reply:
    """One scripted answer; `arguments` of a tool call may be broken JSON."""

    text: str = ""
    tool_calls: tuple[tuple[str, str], ...] = ()
    finish_reason: str | None = None
    kind: Literal["answer", "fail", "hang", "cut", "short", "stall", "reset"] = "answer"
    status: int = 200
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class OpenAIServer(LocalServer):
    """Answers from `script`, one entry a request; an empty script answers with `model(body)`."""

    def __init__(self, port: int = 0, model: Callable[[dict[str, Any]], Reply] | None = None) -> None:
        self.requests: list[Request] = []
        self.refusals: list[str] = []
        self.script: deque[Reply] = deque()
        self.model = model or echo
        self.api_key: str | None = None
        self.known_models: set[str] | None = None
        self.supports_json_schema = True
        self.context_characters = 2_000_000
        self.dimensions = 8
        self.lock = threading.Lock()
        super().__init__(_OpenAIHandler, port)

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    @property
    def chats(self) -> list[dict[str, Any]]:
        return [request.body for request in self.requests if request.path == "/v1/chat/completions"]

    def say(self, text: str, *, finish_reason: str | None = None) -> None:
        self.script.append(Reply(text=text, finish_reason=finish_reason))

    def call(self, name: str, /, **arguments: Any) -> None:
        self.script.append(Reply(tool_calls=((name, json.dumps(arguments)),)))

    def call_many(self, *calls: tuple[str, dict[str, Any]]) -> None:
        self.script.append(
            Reply(tool_calls=tuple((name, json.dumps(arguments)) for name, arguments in calls))
        )

    def call_malformed(self, name: str, arguments: str = '{"text": "unfinis') -> None:
        self.script.append(Reply(tool_calls=((name, arguments),)))

    def structured(self, value: Any) -> None:
        """Given as the text, or as the arguments of the forced tool, whichever was asked for."""
        self.say(json.dumps(value))

    def fail(self, status: int, message: str = "it went wrong", *, code: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script.append(Reply(kind="fail", status=status, text=message, code=code, headers=named))

    def hang(self) -> None:
        self.script.append(Reply(kind="hang"))

    def stall(self, text: str) -> None:
        """Says this much, and nothing more until the server ends."""
        self.script.append(Reply(kind="stall", text=text))

    def cut(self, text: str = "this is cut in the") -> None:
        """Breaks off in the middle of the stream, against the transport's rules."""
        self.script.append(Reply(kind="cut", text=text))

    def end_short(self, text: str = "this ends too") -> None:
        """Ends the stream in good order, but with no finish_reason and no [DONE]."""
        self.script.append(Reply(kind="short", text=text))

    def reset(self) -> None:
        self.script.append(Reply(kind="reset"))

    def forget(self) -> None:
        with self.lock:
            self.requests.clear()
            self.refusals.clear()
            self.script.clear()

    def next_reply(self, body: dict[str, Any]) -> Reply:
        with self.lock:
            scripted = self.script.popleft() if self.script else None
        # Outside the lock: a slow model must not keep the next request waiting.
        reply = scripted or self.model(body)
        forced = body.get("tool_choice")
        if reply.kind == "answer" and isinstance(forced, dict) and not reply.tool_calls:
            return Reply(tool_calls=((forced["function"]["name"], reply.text),))
        return reply


class _OpenAIHandler(Handler):
    @property
    def owner(self) -> OpenAIServer:
        return self.server.owner  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/v1/models":
            models = sorted(self.owner.known_models or {"echo"})
            self._json({"object": "list", "data": [{"id": name, "object": "model"} for name in models]})
        else:
            self._error(404, f"no such address: {self.path}")

    def do_POST(self) -> None:  # noqa: N802
        raw = self.body()
        if not self._authorized():
            return
        try:
            body = json.loads(raw.decode("utf-8"))
            with self.owner.lock:
                self.owner.requests.append(Request(self.path, dict(self.headers.items()), body))
            if self.path == "/v1/chat/completions":
                check_chat(body, supports_json_schema=self.owner.supports_json_schema)
            else:
                check_text(body)
        except (RefusedError, ValueError) as error:
            self.owner.refusals.append(str(error))
            self._error(400, str(error), kind="invalid_request_error")
            return
        if self.owner.known_models is not None and body["model"] not in self.owner.known_models:
            self._error(404, f"The model `{body['model']}` does not exist", code="model_not_found")
        elif self.path == "/v1/chat/completions":
            self._chat(body, len(raw))
        elif self.path == "/v1/embeddings":
            self._embeddings(body)
        else:
            self._error(404, f"no such address: {self.path}")

    def _authorized(self) -> bool:
        scheme, _, key = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and key and self.owner.api_key in (None, key):
            return True
        self._error(401, f"Incorrect API key provided: {key}.", code="invalid_api_key")
        return False

    def _chat(self, body: dict[str, Any], size: int) -> None:
        if size > self.owner.context_characters:
            message = f"This model's maximum context length is {self.owner.context_characters // 4} tokens."
            self._error(400, message, code="context_length_exceeded")
            return
        reply = self.owner.next_reply(body)
        if reply.kind == "fail":
            self._error(reply.status, reply.text, code=reply.code, headers=reply.headers)
        elif reply.kind == "hang":
            self.owner.released.wait()
            self.reset()
        elif reply.kind == "reset":
            self.reset()
        elif body.get("stream"):
            self._stream(body, reply)
        elif reply.kind in {"cut", "short"}:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"id": "chatcmpl-1", "choi')
            self.close_connection = True
        else:
            self._json(completion(body, reply))

    def _stream(self, body: dict[str, Any], reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in events(body, reply):
            self._chunk(f"data: {json.dumps(event)}\n\n".encode())
        if reply.kind == "stall":
            self.owner.released.wait()
        if reply.kind in {"cut", "stall"}:
            return
        if reply.kind != "short":
            self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _embeddings(self, body: dict[str, Any]) -> None:
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not texts or any(text == "" for text in texts):
            self._error(400, "'$.input' is invalid: it must not be empty", kind="invalid_request_error")
            return
        dimensions = body.get("dimensions") or self.owner.dimensions
        as_bytes = body.get("encoding_format") == "base64"
        data = []
        for index, text in enumerate(texts):
            vector = embed(json.dumps(text), dimensions)
            packed: Any = (
                base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode() if as_bytes else vector
            )
            data.append({"object": "embedding", "index": index, "embedding": packed})
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        self._json({"object": "list", "model": body["model"], "data": data, "usage": usage})

    def _json(self, value: Any) -> None:
        self.answer(200, json.dumps(value).encode())

    def _error(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        kind: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        error = {"message": message, "type": kind or "error", "param": None, "code": code or None}
        self.answer(status, json.dumps({"error": error}).encode(), headers)


def completion(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.tool_calls:
        message["tool_calls"] = [_call(body, index, *call) for index, call in enumerate(reply.tool_calls)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": _usage(body, reply)}


def events(body: dict[str, Any], reply: Reply) -> Iterator[dict[str, Any]]:
    """The stream's events: text and tool arguments come in fragments, as the real one sends them."""
    head = _head(body, "chat.completion.chunk")

    def event(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}

    yield event({"role": "assistant", "content": ""})
    for fragment in _fragments(reply.text):
        yield event({"content": fragment})
    for index, (name, arguments) in enumerate(reply.tool_calls):
        opening = _call(body, index, name, "") | {"index": index}
        yield event({"tool_calls": [opening]})
        for fragment in _fragments(arguments):
            yield event({"tool_calls": [{"index": index, "function": {"arguments": fragment}}]})
    if reply.kind in {"cut", "short", "stall"}:
        return
    yield event({}, _finish(reply))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**head, "choices": [], "usage": _usage(body, reply)}


def echo(body: dict[str, Any]) -> Reply:
    """Says what it heard; `call NAME {json}` calls that tool."""
    last = body["messages"][-1]
    text = last["content"] if isinstance(last["content"], str) else json.dumps(last["content"])
    words = text.split(" ", 2)
    names = {tool["function"]["name"] for tool in body.get("tools") or []}
    if last["role"] == "user" and words[0] == "call" and len(words) > 1 and words[1] in names:
        return Reply(tool_calls=((words[1], words[2] if len(words) > 2 else "{}"),))
    return Reply(text=f"You said: {text}" if last["role"] == "user" else f"The tool said: {text}")


def embed(text: str, dimensions: int) -> list[float]:
    """A unit vector that depends on the text alone."""
    source = random.Random(hashlib.sha256(text.encode()).digest())
    vector = [source.gauss(0, 1) for _ in range(dimensions)]
    length = sum(value * value for value in vector) ** 0.5
    return [value / length for value in vector]


def _fragments(text: str) -> Iterator[str]:
    return (text[start : start + 5] for start in range(0, len(text), 5))


def _call(body: dict[str, Any], index: int, name: str, arguments: str) -> dict[str, Any]:
    identity = f"call_{len(body['messages'])}_{index}"
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def _finish(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{len(body['messages'])}", "object": kind, "created": 0, "model": body["model"]}


def _usage(body: dict[str, Any], reply: Reply) -> dict[str, int]:
    prompt, answer = len(json.dumps(body["messages"])) // 4, len(reply.text) // 4 + 1
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    server = OpenAIServer()
    yield server
    server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A local OpenAI-compatible server that echoes.")
    parser.add_argument("--port", type=int, default=8099)
    server = OpenAIServer(parser.parse_args().port)
    print(
        f"OPENAI_BASE_URL={server.base_url} (any key; any model; 'call TOOL {{json}}' calls a tool)",
        flush=True,
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()

"""A LangSmith stand-in on loopback: takes what the real client posts and gives it back as run trees.

By hand: `python -m tests.services.langsmith_collector --port 8098` prints every finished trace's tree.
"""

import argparse
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
import zstandard

from tests.services.http_server import Handler, LocalServer

Mode = Literal["up", "slow", "failing", "redirecting", "limiting"]


class LangSmithCollector(LocalServer):
    """`mode` decides how posts are answered; "slow" holds them until `stop()`."""

    def __init__(
        self, port: int = 0, *, zstd: bool = False, on_trace: Callable[[str], None] | None = None
    ) -> None:
        self.mode: Mode = "up"
        self.zstd = zstd
        self.redirect_to = ""
        self.runs: dict[str, dict[str, Any]] = {}
        self.projects: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.on_trace = on_trace
        self.lock = threading.Lock()
        self.asked = threading.Event()
        super().__init__(_CollectorHandler, port)

    @property
    def posts(self) -> list[str]:
        """The paths of what was posted, in order."""
        return [path for path, _, _ in self.requests if path != "/info"]

    def traces(self) -> list[str]:
        with self.lock:
            return [key for key, run in self.runs.items() if not run.get("parent_run_id")]

    def root(self) -> dict[str, Any]:
        """The root run of the only trace."""
        (trace,) = self.traces()
        return self.runs[trace]

    def named(self, name: str) -> list[dict[str, Any]]:
        with self.lock:
            return [run for run in self.runs.values() if run.get("name") == name]

    def tree(self, trace_id: str) -> dict[str, Any]:
        """{"name": …, "run_type": …, "children": [the same, in the order they began]}."""
        with self.lock:
            runs = sorted(self.runs.items(), key=lambda pair: pair[1].get("dotted_order", ""))
        return _node(trace_id, [(key, run) for key, run in runs if run.get("trace_id") == trace_id])

    def outline(self, trace_id: str) -> str:
        return "\n".join(_lines(self.tree(trace_id), 0))

    def text(self) -> str:
        """Everything received, addresses, headers and decompressed bodies, for canary searches."""
        with self.lock:
            return "\n".join(
                f"{path}\n{json.dumps(headers)}\n{body.decode('utf-8', 'replace')}"
                for path, headers, body in self.requests
            )

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        finished = []
        with self.lock:
            self.requests.append((path, headers, body))
            for operation, run in _operations(path, headers, body):
                merged = self.runs.setdefault(str(run["id"]), {})
                merged.update({name: value for name, value in run.items() if value is not None})
                if operation == "patch" and not merged.get("parent_run_id"):
                    finished.append(str(run["id"]))
        for trace in finished if self.on_trace else ():
            self.on_trace(trace)

    def info(self) -> dict[str, Any]:
        return {
            "version": "0.16.0",
            "instance_flags": {"zstd_compression_enabled": self.zstd},
            "batch_ingest_config": {
                "use_multipart_endpoint": True,
                "size_limit": 100,
                "size_limit_bytes": 20_971_520,
                "scale_up_qsize_trigger": 1000,
                "scale_up_nthreads_limit": 16,
                "scale_down_nempty_trigger": 4,
            },
        }


class _CollectorHandler(Handler):
    @property
    def owner(self) -> LangSmithCollector:
        return self.server.owner  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:  # noqa: N802
        if not self._misbehaved():
            if self.path.startswith("/sessions?"):
                self.answer(200, json.dumps(self.owner.projects).encode())
                return
            found = self.path == "/info"
            self.owner.take(self.path, dict(self.headers.items()), b"")
            self.answer(200 if found else 404, json.dumps(self.owner.info() if found else {}).encode())

    def do_POST(self) -> None:  # noqa: N802
        body = self.body()
        if self.headers.get("Content-Encoding") == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        if not self._misbehaved():
            self.owner.take(self.path, dict(self.headers.items()), body)
            self.answer(202, b"{}")

    do_PATCH = do_POST  # noqa: N815

    def _misbehaved(self) -> bool:
        mode = self.owner.mode
        self.owner.asked.set()
        if mode == "slow":
            self.owner.released.wait()
            self.reset()
        elif mode == "failing":
            self.answer(500, b'{"detail": "failing"}')
        elif mode == "limiting":
            self.answer(429, b'{"detail": "limiting"}', {"Retry-After": "86400"})
        elif mode == "redirecting":
            self.answer(307, b"", {"Location": self.owner.redirect_to + self.path})
        return mode != "up"


def _operations(path: str, headers: dict[str, str], body: bytes) -> list[tuple[str, dict[str, Any]]]:
    """("post" or "patch", the run's fields) for each run in the request."""
    if path == "/runs/batch":
        batch = json.loads(body)
        return [(name, run) for name in ("post", "patch") for run in batch.get(name) or []]
    if path == "/runs/multipart":
        return list(_multipart(headers["Content-Type"].partition("boundary=")[2].strip('"'), body))
    if path == "/runs":
        return [("post", json.loads(body))]
    return []


def _multipart(boundary: str, body: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Fields come as parts of their own: `post.<id>` and `post.<id>.inputs`."""
    runs: dict[tuple[str, str], dict[str, Any]] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = head.decode().partition('name="')[2].partition('"')[0]
        operation, _, rest = name.partition(".")
        if operation not in {"post", "patch"}:
            continue
        identity, _, field = rest.partition(".")
        run = runs.setdefault((operation, identity), {"id": identity})
        run.update({field: json.loads(content)} if field else json.loads(content))
    for (operation, _), run in runs.items():
        yield operation, run


def _node(key: str, runs: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    run = dict(runs)[key]
    children = [_node(child, runs) for child, fields in runs if fields.get("parent_run_id") == key]
    return {"name": run.get("name"), "run_type": run.get("run_type"), "children": children}


def _lines(node: dict[str, Any], depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{node['name']} ({node['run_type']})"
    for child in node["children"]:
        yield from _lines(child, depth + 1)


@pytest.fixture
def langsmith_collector() -> Iterator[LangSmithCollector]:
    collector = LangSmithCollector()
    yield collector
    collector.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A local LangSmith that prints each trace.")
    parser.add_argument("--port", type=int, default=8098)
    parser.add_argument("--mode", choices=["up", "slow", "failing", "limiting"], default="up")
    arguments = parser.parse_args()

    def show(trace: str) -> None:
        metadata = collector.runs[trace].get("extra", {}).get("metadata")
        print(collector.outline(trace), metadata, sep="\n", flush=True)

    collector = LangSmithCollector(arguments.port, on_trace=show)
    collector.mode = arguments.mode
    print(f"LANGSMITH_TRACING=true LANGSMITH_API_KEY=any LANGSMITH_ENDPOINT={collector.address}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        collector.stop()


if __name__ == "__main__":
    main()

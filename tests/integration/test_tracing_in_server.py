"""Inside a LangGraph server, which makes its own tracers: our client is the one that posts."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client

from cli.serving import QUIET
from tests.services.langsmith_collector import LangSmithCollector

PROJECT = Path(__file__).resolve().parents[2]
KEY = "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789"

SERVER = """
import sys
from langgraph_api.cli import run_server

if __name__ == "__main__":
    graphs = {"chat": "tests.integration.traced_graph:graph"}
    run_server("127.0.0.1", int(sys.argv[1]), reload=False, graphs=graphs, open_browser=False,
               disable_persistence=True, n_jobs_per_worker=2)
"""


@pytest.fixture
def server(
    langsmith_collector: LangSmithCollector, tmp_path: Path
) -> Iterator["tuple[str, subprocess.Popen[bytes]]"]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LANGSMITH", "LANGCHAIN"))
        },
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": KEY,
        "LANGSMITH_ENDPOINT": langsmith_collector.address,
        **QUIET,
        "PYTHONPATH": str(PROJECT),
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=output,
            stderr=output,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(address, process, log)
        yield address, process
    finally:
        process.kill()
        process.wait()


def wait_until_up(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{address}/ok", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise RuntimeError(log.read_text(errors="replace")[-4000:])


async def turn(address: str, text: str) -> str:
    config = {"configurable": {"openai_api_key": "canary-configurable", "user_id": "canary-user"}}
    said = {"messages": [{"role": "user", "content": text}]}
    async with get_client(url=address) as client:
        thread = await client.threads.create()
        state: Any = await client.runs.wait(thread["thread_id"], "chat", input=said, config=config)
    assert state["messages"][-1]["content"] == f"you said {text}"
    return str(thread["thread_id"])


async def test_a_servers_turn_is_redacted_annotated_and_whole_when_it_stops(
    server: "tuple[str, subprocess.Popen[bytes]]", langsmith_collector: LangSmithCollector
) -> None:
    address, process = server
    thread = await turn(address, "write to canary.person@example.com, 4111 1111 1111 1111")
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    (root,) = langsmith_collector.named("chat")
    metadata = root["extra"]["metadata"]
    assert metadata["thread_id"] == thread
    assert metadata["memory_keys"] == ["m-1", "m-2"]
    assert metadata["model"] == "offline"
    assert root["outputs"]["messages"][-1]["content"] == "you said write to [email], [card]"
    # With a key the LangGraph server posted its counts, and the key in the body, whatever tracing was set to.
    assert [path for path in langsmith_collector.posts if "metadata" in path] == []
    received = langsmith_collector.text()
    for canary in ("canary.person", "4111 1111", "canary-configurable", "canary-user"):
        assert canary not in received


async def test_a_server_whose_collector_hangs_answers_and_stops(
    server: "tuple[str, subprocess.Popen[bytes]]", langsmith_collector: LangSmithCollector
) -> None:
    address, process = server
    langsmith_collector.mode = "slow"
    await turn(address, "hello")
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert not langsmith_collector.released.is_set()

"""S12: a slow, dead, failing or redirecting collector: the turn is unaffected and the process ends."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from config.tracing import TracingSettings, flush, install_tracing, uninstall_tracing
from config.tracing_client import CollectorSession
from tests.integration.tracing_graph import graph
from tests.services.langsmith_collector import LangSmithCollector, Mode

KEY = "lsv2_pt_secret0123456789abcdef0123456789_0123456789"
PROJECT = Path(__file__).resolve().parents[2]
MODES: tuple[Mode, ...] = ("slow", "failing", "redirecting", "limiting")

PROGRAM = """
import asyncio, sys
from pydantic import SecretStr
from config.tracing import TracingSettings, install_tracing
from tests.integration.tracing_graph import graph

install_tracing(TracingSettings(enabled=True, api_key=SecretStr(sys.argv[2]), endpoint=sys.argv[1]))
for number in range(3):
    reply = asyncio.run(graph.ainvoke({"messages": [("user", f"turn {number} of ann@example.com")]}))
    print(reply["messages"][-1].text, flush=True)
"""


@pytest.fixture
def elsewhere() -> Iterator[LangSmithCollector]:
    collector = LangSmithCollector()
    yield collector
    collector.stop()


@pytest.fixture
def collector(langsmith_collector: LangSmithCollector, elsewhere: LangSmithCollector) -> Iterator[Any]:
    langsmith_collector.redirect_to = elsewhere.address
    yield langsmith_collector
    uninstall_tracing()


def run_program(address: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own, that nobody kills: the time-out is far beyond what it may take."""
    command = [sys.executable, "-c", PROGRAM, address, KEY]
    return subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("mode", [*MODES, "dead"])
def test_the_turns_are_done_and_the_process_ends(collector: LangSmithCollector, mode: str) -> None:
    if mode == "dead":
        collector.stop()
    else:
        collector.mode = mode  # type: ignore[assignment]
    done = run_program(collector.address)
    assert done.returncode == 0, done.stderr
    assert [line.partition(" of ")[0] for line in done.stdout.splitlines()] == [
        f"you said turn {n}" for n in range(3)
    ]
    assert "Traceback" not in done.stderr
    assert KEY[8:20] not in done.stderr
    if mode != "dead":
        assert collector.asked.is_set()


def test_a_collector_that_is_up_has_everything_when_the_process_ends(collector: LangSmithCollector) -> None:
    done = run_program(collector.address)
    assert done.returncode == 0, done.stderr
    assert len(collector.traces()) == 3
    assert all(collector.runs[trace].get("end_time") for trace in collector.traces())
    assert "ann@example.com" not in collector.text()


async def test_a_turn_is_done_while_the_collector_hangs(collector: LangSmithCollector) -> None:
    collector.mode = "slow"
    install_tracing(TracingSettings(enabled=True, api_key=SecretStr(KEY), endpoint=collector.address))
    replies = []
    for number in range(20):
        reply = await graph.ainvoke({"messages": [("user", f"turn {number}")]})
        replies.append(reply["messages"][-1].text)
    assert replies == [f"you said turn {number}" for number in range(20)]
    assert not collector.released.is_set(), "the collector has answered nothing so far"
    assert not await asyncio.to_thread(flush, 0.2)


async def test_a_redirect_is_not_followed(
    collector: LangSmithCollector, elsewhere: LangSmithCollector
) -> None:
    collector.mode = "redirecting"
    install_tracing(TracingSettings(enabled=True, api_key=SecretStr(KEY), endpoint=collector.address))
    await graph.ainvoke({"messages": [("user", "hidden")]})
    assert not await asyncio.to_thread(flush, 20.0)
    assert collector.asked.is_set()
    assert not elsewhere.asked.is_set()


async def test_tracing_goes_on_once_the_collector_is_back(collector: LangSmithCollector) -> None:
    install_tracing(TracingSettings(enabled=True, api_key=SecretStr(KEY), endpoint=collector.address))
    await graph.ainvoke({"messages": [("user", "one")]})
    assert await asyncio.to_thread(flush, 20.0)
    collector.mode = "failing"
    await graph.ainvoke({"messages": [("user", "lost")]})
    assert not await asyncio.to_thread(flush, 20.0)


def test_a_collector_that_fails_is_left_alone_for_a_while(collector: LangSmithCollector) -> None:
    now = [1000.0]
    with CollectorSession(clock=lambda: now[0]) as session:
        collector.mode = "failing"
        for _ in range(3):
            assert session.post(collector.address).status_code == 500
        collector.mode = "up"
        with pytest.raises(requests.ConnectionError, match="dropped for a while"):
            session.post(collector.address)
        now[0] += 31
        assert session.post(collector.address).status_code == 202

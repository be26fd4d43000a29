"""Tracing with the real LangSmith client against a local collector."""

import json
from collections.abc import Iterator
from typing import Any

import langsmith
import pytest
from langchain_core.tracers.langchain import LangChainTracer
from langsmith.utils import get_env_var
from pydantic import SecretStr

from config.settings import load_settings
from config.tracing import (
    TracingSettings,
    annotate_run,
    flush,
    hash_user,
    install_tracing,
    project_page,
    tracing_settings,
    uninstall_tracing,
)
from tests.integration.tracing_graph import graph
from tests.services.langsmith_collector import LangSmithCollector

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789"


@pytest.fixture
def collector(langsmith_collector: LangSmithCollector) -> Iterator[LangSmithCollector]:
    yield langsmith_collector
    uninstall_tracing()


def trace_to(collector: LangSmithCollector, **others: Any) -> Any:
    settings = TracingSettings(
        enabled=True, api_key=SecretStr(KEY), endpoint=collector.address, project="tests", **others
    )
    return install_tracing(settings)


async def turn(text: str = "hello", **configurable: Any) -> Any:
    config = {"configurable": {"thread_id": "thread-1", **configurable}}
    return await graph.ainvoke({"messages": [("user", text)]}, config)


def test_the_projects_page_is_told_where_the_collector_knows_it(collector: LangSmithCollector) -> None:
    assert project_page() is None
    trace_to(collector)
    assert project_page() is None  # no project has been made yet
    ids = {
        name: "00000000-0000-4000-8000-00000000000" + last for name, last in (("id", "1"), ("tenant_id", "2"))
    }
    made = {"name": "tests", "start_time": "2026-05-03T10:00:00+00:00", "reference_dataset_id": None}
    collector.projects.append({**ids, **made})
    page = project_page()
    assert page == f"http://localhost/o/{ids['tenant_id']}/projects/p/{ids['id']}"
    collector.mode = "failing"
    assert project_page() is None


async def test_a_turn_is_one_tree_with_its_metadata_at_the_root(collector: LangSmithCollector) -> None:
    trace_to(collector)
    await turn()
    assert flush()
    (trace,) = collector.traces()
    assert collector.outline(trace).splitlines() == [
        "chat (chain)",
        "  recall (chain)",
        "    look_up (tool)",
        "  respond (chain)",
        "    FakeListChatModel (llm)",
    ]
    root = collector.root()
    metadata = root["extra"]["metadata"]
    assert metadata["thread_id"] == "thread-1"
    assert metadata["memory_keys"] == ["m-1", "m-2"]
    assert metadata["model"] == "offline"
    assert metadata["user"] == hash_user("ann")
    assert root["session_name"] == "tests"
    assert root["outputs"]["messages"][-1]["content"] == "you said hello"
    assert root["end_time"]
    assert {headers["x-api-key"] for _, headers, _ in collector.requests if "x-api-key" in headers} == {KEY}


async def test_an_own_tracer_takes_the_same_client(collector: LangSmithCollector) -> None:
    """As a LangGraph server does it: a tracer among the callbacks, made without a client."""
    client = trace_to(collector)
    tracer = LangChainTracer()
    assert tracer.client is client
    config: Any = {"callbacks": [tracer], "configurable": {"thread_id": "t"}}
    await graph.ainvoke({"messages": [("user", "write to ann@example.com")]}, config)
    assert flush()
    assert "[email]" in json.dumps(collector.root()["inputs"])
    assert "ann@example.com" not in collector.text()
    assert collector.root()["extra"]["metadata"]["memory_keys"] == ["m-1", "m-2"]


async def test_a_request_that_names_its_own_project_is_redacted_too(collector: LangSmithCollector) -> None:
    """The server adds replicas for a project that a request names: they go through our client too."""
    trace_to(collector)
    with langsmith.tracing_context(replicas=[{"project_name": "studio", "updates": None}]):
        await turn("write to ann@example.com")
    assert flush()
    assert "studio" in collector.text()
    assert "ann@example.com" not in collector.text()
    assert any(
        run["extra"]["metadata"].get("memory_keys") == ["m-1", "m-2"] for run in collector.named("chat")
    )


async def test_users_are_posted_as_keyed_hashes(collector: LangSmithCollector) -> None:
    trace_to(collector, hash_key=SecretStr("one"))
    mine = hash_user("ann")
    await turn(user_id="ann", langgraph_auth_user_id="ann", langgraph_auth_user="ann")
    assert flush()
    assert collector.root()["extra"]["metadata"]["user_id"] == mine == hash_user("ann")
    assert '"ann"' not in collector.text()
    assert hash_user("ben") != mine
    trace_to(collector, hash_key=SecretStr("two"))
    assert hash_user("ann") != mine


async def test_a_failed_turn_is_posted_with_its_error_redacted(collector: LangSmithCollector) -> None:
    trace_to(collector)
    with pytest.raises(ValueError, match="could not do"):
        await turn("fail for ann@example.com")
    assert flush()
    assert "[email]" in collector.root()["error"]
    assert collector.root()["extra"]["metadata"]["model"] == "offline"
    assert "ann@example.com" not in collector.text()


async def test_without_redaction_texts_are_whole_but_credentials_are_still_out(
    collector: LangSmithCollector,
) -> None:
    trace_to(collector, redact=False)
    await turn("write to ann@example.com", openai_api_key="canary-key", user_id="ann-canary")
    assert flush()
    assert "ann@example.com" in collector.text()
    assert "canary" not in collector.text()


async def test_nothing_is_posted_when_tracing_is_off(
    collector: LangSmithCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", collector.address)
    get_env_var.cache_clear()  # type: ignore[attr-defined]
    assert install_tracing(TracingSettings(enabled=False, endpoint=collector.address)) is None
    await turn()
    assert flush()
    assert collector.requests == []
    monkeypatch.undo()
    get_env_var.cache_clear()  # type: ignore[attr-defined]


def test_annotating_outside_a_trace_does_nothing() -> None:
    annotate_run({}, a=1)
    annotate_run({"callbacks": []}, a=1)


async def test_installing_again_keeps_the_client(collector: LangSmithCollector) -> None:
    assert trace_to(collector) is trace_to(collector)


def test_the_products_settings_are_read() -> None:
    configured = load_settings(
        tracing=True,
        langsmith_api_key=SecretStr(KEY),
        langsmith_endpoint="http://127.0.0.1:9",
        trace_redaction=False,
    )
    assert tracing_settings(configured) == TracingSettings(
        True, SecretStr(KEY), "http://127.0.0.1:9", "mnemograph", False, configured.trace_hash_key
    )


async def test_the_stand_in_reads_compressed_posts_of_the_stock_client(
    collector: LangSmithCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in is held to what the client that nobody configured sends."""
    monkeypatch.delenv("LANGSMITH_DISABLE_RUN_COMPRESSION", raising=False)
    get_env_var.cache_clear()  # type: ignore[attr-defined]
    collector.zstd = True
    client = langsmith.Client(api_url=collector.address, api_key=KEY)
    assert client.info.instance_flags == {"zstd_compression_enabled": True}
    with langsmith.tracing_context(client=client, enabled=True):
        await turn("hello")
        await turn("again")
    client.flush()
    client.close()
    assert sorted(run["name"] for run in collector.named("chat")) == ["chat", "chat"]
    posts = [headers for path, headers, _ in collector.requests if path == "/runs/multipart"]
    assert any(headers.get("Content-Encoding") == "zstd" for headers in posts)

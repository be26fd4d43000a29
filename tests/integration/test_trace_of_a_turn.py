"""The trace of a real turn, as the collector gets it from the real LangSmith client."""

import json
import re
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from agents.nodes import recall as recalling
from config.tracing import TracingSettings, flush, hash_user, install_tracing, uninstall_tracing
from graphs.chat import Chat
from tests.services.chat import ANA, say, thread
from tests.services.langsmith_collector import LangSmithCollector

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789"


@pytest.fixture
def collector(langsmith_collector: LangSmithCollector) -> Iterator[LangSmithCollector]:
    install_tracing(
        TracingSettings(
            enabled=True,
            api_key=SecretStr(KEY),
            endpoint=langsmith_collector.address,
            project="tests",
            hash_key=SecretStr("a key of this installation"),
        )
    )
    yield langsmith_collector
    uninstall_tracing()


async def test_a_turn_is_traced_whole_with_thread_user_model_and_memories(
    collector: LangSmithCollector, chat: Chat
) -> None:
    await say(chat, "I live in Porto, and my e-mail address is ana.lima@example.org.")
    assert flush()
    values = await say(chat, "Where do I live?", thread(2))
    assert flush()
    trace = collector.traces()[-1]
    steps = ["chat", "  __start__", "  recall", "  respond", "  remember"]
    outline = [line.split(" (")[0] for line in collector.outline(trace).splitlines()]
    assert [line for line in outline if not line.startswith("    ")] == steps
    assert any("OfflineChatModel" in line for line in outline)
    metadata = next(run for run in collector.named("chat") if run["id"] == trace)["extra"]["metadata"]
    assert metadata["thread_id"] == thread(2)["configurable"]["thread_id"]
    assert metadata["user"] == hash_user(ANA) and metadata["model"] == "offline"
    assert metadata["recalled"] == [item["id"] for item in values["recalled"]] != []
    assert metadata["learned"] == [item["id"] for item in values["learned"]] != []


async def test_a_trace_holds_neither_who_it_was_nor_how_to_reach_them(
    collector: LangSmithCollector, chat: Chat
) -> None:
    await say(chat, "Write to ana.lima@example.org or call +351 912 345 678, card 4111 1111 1111 1111.")
    assert flush()
    received = collector.text()
    assert "Write to" in received
    for canary in ("ana.lima@example.org", "912 345 678", "4111 1111", ANA):
        assert canary not in received, canary
    assert json.dumps(ANA)[1:-1] not in received


async def test_inner_model_calls_could_not_be_told_apart_in_traces(
    collector: LangSmithCollector, chat: Chat
) -> None:
    await say(chat, "I live in Porto.")
    assert flush()
    [extraction] = collector.named("extraction")
    calls = collector.named("OfflineChatModel")
    tagged = [run for run in calls if "extraction" in (run.get("tags") or [])]
    assert [run["trace_id"] for run in tagged] == [extraction["trace_id"]]
    assert "extraction" in extraction["tags"]
    assert len(calls) == 2, "the reply has no such tag"


async def test_a_search_of_memories_was_no_retriever_in_traces(
    collector: LangSmithCollector, chat: Chat
) -> None:
    await say(chat, "Sardines are ordered at ana.lima@example.org in Porto.")
    values = await say(chat, "Where are sardines ordered in Porto?", thread(2))
    assert flush()
    run = collector.named("memories")[-1]
    assert (run["run_type"], run["inputs"]["query"]) == ("retriever", "Where are sardines ordered in Porto?")
    shown = json.dumps(run["outputs"])
    assert [item["id"] for item in values["recalled"]] == re.findall(r'"id": "([^"]+)"', shown)
    assert "Porto" in shown
    assert "ana.lima" in str(values["recalled"])
    assert "ana.lima" not in collector.text()


async def test_a_search_that_fails_costs_the_memories_alone_while_it_is_traced(
    collector: LangSmithCollector, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise ConnectionError("the store is away")

    monkeypatch.setattr(recalling, "search", failing)
    values = await say(chat, "Hello.")
    assert flush()
    assert recalling.UNREADABLE in values["warnings"]
    assert "ConnectionError" in collector.named("memories")[-1]["error"]

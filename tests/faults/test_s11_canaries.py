"""S11 on the traces' side: secrets in text, tools, `configurable`, errors and metadata are never posted."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import SecretStr

from agents.models import ModelSettings, bind_tools_once, build_chat_model
from config.tracing import TracingSettings, annotate_run, flush, install_tracing, uninstall_tracing
from tests.integration.tracing_graph import look_up
from tests.services.langsmith_collector import LangSmithCollector
from tests.services.openai_server import OpenAIServer

MODEL_KEY = "sk-proj-canaryMODEL0123456789abcdefghij"
CANARIES = {
    "email": "canary.person@canary-mail.example.org",
    "phone": "+49 170 5550123",
    "card": "4111 1111 1111 1111",
    "key": "sk-canaryTEXT0123456789abcdefghij",
    "langsmith": "lsv2_pt_canary0123456789abcdef0123456789_0123456789",
    "aws": "AKIACANARY0123456789",
    "github": "ghp_canary0123456789canary0123456789abcd",
    "bearer": "Bearer canary.0123456789-abcdef",
    "password": "password=canary-hunter2",
    "address": "postgresql://app:canaryPASS1@db/app",
}
# What may not be found anywhere in what was posted.
TRACES = (
    *("canary.person", "5550123", "4111 1111", "canaryTEXT", "canary0123456789", "AKIACANARY"),
    *(
        "canary-hunter2",
        "canaryPASS1",
        "canaryMODEL",
        "canary-configurable",
        "canary-user",
        "canary-tag",
        "canary.0123",
    ),
)
SECRETS = " | ".join(CANARIES.values())


@pytest.fixture
def collector(langsmith_collector: LangSmithCollector) -> Iterator[LangSmithCollector]:
    settings = TracingSettings(
        enabled=True, api_key=SecretStr("lsv2_pt_real"), endpoint=langsmith_collector.address, project="tests"
    )
    install_tracing(settings)
    yield langsmith_collector
    uninstall_tracing()


def chat(server: OpenAIServer) -> Any:
    settings = ModelSettings(SecretStr(MODEL_KEY), server.base_url, max_retries=0)
    model = bind_tools_once(build_chat_model("openai:test", settings=settings), [look_up])

    async def respond(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        annotate_run(config, note=SECRETS, nested=[{"deep": {"er": [SECRETS]}}])
        reply = await model.ainvoke([SystemMessage(f"Known: {SECRETS}"), *state["messages"]], config)
        for call in reply.tool_calls:
            await look_up.ainvoke(call["args"], config)
        return {"messages": [AIMessage(reply.text or SECRETS)]}

    return StateGraph(MessagesState).add_node(respond).add_edge(START, "respond").compile(InMemorySaver())


CONFIG: Any = {
    "configurable": {
        "thread_id": "t-1",
        "openai_api_key": "canary-configurable-1",
        "my_token": "canary-configurable-2",
        "user_id": "canary-user",
        "langgraph_auth_user_id": "canary-user",
        "harmless": f"no {SECRETS}",
    },
    "metadata": {"password": "canary-configurable-3", "told": SECRETS},
    "tags": ["password=canary-tag-1"],
    "run_name": "for canary.person@canary-mail.example.org",
}


async def test_no_canary_is_in_a_trace(collector: LangSmithCollector, openai_server: OpenAIServer) -> None:
    openai_server.call("look_up", text=SECRETS)
    openai_server.say(SECRETS)
    graph = chat(openai_server)
    for _ in range(2):
        _ = [
            part
            async for part in graph.astream(
                {"messages": [HumanMessage(SECRETS)]}, CONFIG, stream_mode="messages"
            )
        ]
    assert flush()
    received = collector.text()
    assert len(collector.traces()) == 2
    assert "[email]" in received
    assert "[card]" in received
    assert [canary for canary in TRACES if canary in received] == []


async def test_no_canary_is_in_a_failed_trace(
    collector: LangSmithCollector, openai_server: OpenAIServer
) -> None:
    openai_server.fail(400, f"the request was wrong: {SECRETS} {MODEL_KEY}")
    with pytest.raises(Exception, match="the request was wrong"):
        await chat(openai_server).ainvoke({"messages": [HumanMessage(SECRETS)]}, CONFIG)
    assert flush()
    assert "the request was wrong" in collector.root()["error"]
    assert [canary for canary in TRACES if canary in collector.text()] == []


async def test_the_canaries_would_be_found_without_redaction(
    collector: LangSmithCollector, openai_server: OpenAIServer
) -> None:
    """So that the search above is known to be able to fail."""
    settings = TracingSettings(
        enabled=True, api_key=SecretStr("lsv2_pt_real"), endpoint=collector.address, redact=False
    )
    install_tracing(settings)
    openai_server.say("fine")
    await chat(openai_server).ainvoke({"messages": [HumanMessage(SECRETS)]}, CONFIG)
    assert flush()
    found = [canary for canary in TRACES if canary in collector.text()]
    assert {"canary.person", "5550123", "canaryTEXT"} <= set(found)
    assert {"canary-configurable", "canary-user", "canaryMODEL"}.isdisjoint(found)

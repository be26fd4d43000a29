"""langchain-openai against a local server that is as strict as the real one."""

import json
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import OpenAIEmbeddings
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState
from pydantic import BaseModel, Field, SecretStr

from agents.models import (
    MalformedOutput,
    ModelSettings,
    ModelUnavailable,
    bind_tools_once,
    build_chat_model,
    extract_structured,
    usable,
)
from tests.services.openai_server import API_KEY, OpenAIServer

HELLO = [SystemMessage("Be kind."), HumanMessage("Hello 👋 \u202eabc")]


class Fact(BaseModel):
    """A fact about somebody."""

    statement: str = Field(min_length=1)
    importance: float = Field(ge=0, le=1)


class Facts(BaseModel):
    """What was said."""

    facts: list[Fact] = Field(default_factory=list)


@tool
def remember(text: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Remembers the text."""
    return f"remembered {text}"


def model_on(server: OpenAIServer, **settings: Any) -> Any:
    defaults: dict[str, Any] = {"api_key": SecretStr(API_KEY), "timeout_s": 20.0, "max_retries": 0}
    return build_chat_model(
        "openai:test", settings=ModelSettings(base_url=server.base_url, **defaults | settings)
    )


async def test_a_reply_and_what_it_cost(openai_server: OpenAIServer) -> None:
    openai_server.api_key = API_KEY
    openai_server.say("Hi, Ann")
    reply = await model_on(openai_server, temperature=0.25).ainvoke(HELLO)
    assert reply.text == "Hi, Ann"
    assert usable(reply)
    assert reply.usage_metadata["total_tokens"] > 0
    (chat,) = openai_server.chats
    assert chat["temperature"] == 0.25
    assert [message["role"] for message in chat["messages"]] == ["system", "user"]


async def test_a_reply_streams_in_pieces_with_its_usage(openai_server: OpenAIServer) -> None:
    openai_server.say("a longer reply that comes in pieces")
    chunks = [chunk async for chunk in model_on(openai_server).astream(HELLO)]
    assert len([chunk for chunk in chunks if chunk.text]) > 3
    whole = sum(chunks[1:], chunks[0])
    assert whole.text == "a longer reply that comes in pieces"
    assert whole.usage_metadata["output_tokens"] > 0
    assert usable(whole)
    assert openai_server.chats[0]["stream_options"] == {"include_usage": True}


async def test_no_key_is_sent_as_a_placeholder(openai_server: OpenAIServer) -> None:
    openai_server.say("fine")
    assert (await model_on(openai_server, api_key=None).ainvoke("x")).text == "fine"


async def test_tool_calls_come_in_fragments_and_their_answers_are_taken(openai_server: OpenAIServer) -> None:
    openai_server.call_many(("remember", {"text": 'tea, and "quotes"'}), ("remember", {"text": "coffee"}))
    openai_server.say("Done.")
    model = bind_tools_once(model_on(openai_server), [remember])
    chunks: list[AIMessageChunk] = [chunk async for chunk in model.astream(HELLO)]  # type: ignore[misc]
    called = sum(chunks[1:], chunks[0])
    assert [call["args"]["text"] for call in called.tool_calls] == ['tea, and "quotes"', "coffee"]
    answers = [ToolMessage("ok", tool_call_id=call["id"]) for call in called.tool_calls]
    assert (await model.ainvoke([*HELLO, called, *answers])).text == "Done."
    assert openai_server.refusals == []
    (declared,) = openai_server.chats[0]["tools"]
    assert list(declared["function"]["parameters"]["properties"]) == ["text"]


async def test_the_server_refuses_what_a_provider_refuses(openai_server: OpenAIServer) -> None:
    model = model_on(openai_server)
    call = {"name": "remember", "args": {}, "id": "c1", "type": "tool_call"}
    broken = {"name": "remember", "args": "{", "id": "c1", "error": None, "type": "invalid_tool_call"}
    for messages, reason in (
        (
            [*HELLO, AIMessage("", tool_calls=[call]), HumanMessage("and?")],
            "must be followed by tool messages",
        ),
        ([*HELLO, AIMessage("", tool_calls=[call])], "have no tool messages"),
        ([*HELLO, ToolMessage("x", tool_call_id="c1")], "must be a response to a preceding"),
        ([*HELLO, AIMessage("", invalid_tool_calls=[broken])], "are not JSON"),
    ):
        with pytest.raises(Exception, match=reason):
            await model.ainvoke(messages)


@pytest.mark.parametrize("json_schema", [True, False])
async def test_structured_output_by_schema_or_else_by_tool(
    openai_server: OpenAIServer, json_schema: bool
) -> None:
    openai_server.supports_json_schema = json_schema
    for _ in range(2):
        openai_server.structured({"facts": [{"statement": "Ann likes tea", "importance": 0.5}]})
        found = await extract_structured(model_on(openai_server), Facts, HELLO, run="facts")
        assert found == Facts(facts=[Fact(statement="Ann likes tea", importance=0.5)])
    asked = ["response_format" in chat for chat in openai_server.chats]
    # A server that does not know schemas is asked for one only once.
    assert asked == ([True, True] if json_schema else [True, False, False])


@pytest.mark.parametrize("json_schema", [True, False])
@pytest.mark.parametrize(
    "junk", ['{"facts": [{"statement', '{"facts": [{"statement": "x", "importance": 7}]}', "no idea"]
)
async def test_malformed_output_is_asked_for_once_more(
    openai_server: OpenAIServer, junk: str, json_schema: bool
) -> None:
    openai_server.supports_json_schema = json_schema
    openai_server.say(junk)
    openai_server.structured({"facts": []})
    assert await extract_structured(model_on(openai_server), Facts, HELLO, run="facts") == Facts()
    assert "could not be used" in openai_server.chats[-1]["messages"][-1]["content"]

    openai_server.say(junk)
    openai_server.say(junk)
    with pytest.raises(MalformedOutput):
        await extract_structured(model_on(openai_server), Facts, HELLO, run="facts")
    assert not openai_server.script, "two attempts, and no third"


async def test_a_fenced_answer_is_read(openai_server: OpenAIServer) -> None:
    openai_server.say('```json\n{"facts": []}\n```')
    assert await extract_structured(model_on(openai_server), Facts, HELLO, run="facts") == Facts()


THOUGHT = '{"facts": [{"statement": "Ann likes </think> and {\\"facts\\": []}", "importance": 0.5}]}'


@pytest.mark.parametrize(
    "said",
    [
        f"<think>\nThe user said {{so}}.\n</think>\n\n{THOUGHT}",
        f"The opening tag stood in the prompt.</think>{THOUGHT}",
        f"<Thinking>hm</Thinking>\n```json\n{THOUGHT}\n```",
        f"<think></think>{THOUGHT}",
        THOUGHT,
        f"```json\n{THOUGHT}\n```",
    ],
    ids=["thought", "closed only", "fenced", "empty", "none", "none, fenced"],
)
async def test_models_that_think_aloud_before_their_json_taught_nothing(
    openai_server: OpenAIServer, said: str
) -> None:
    openai_server.say(said)
    found = await extract_structured(model_on(openai_server), Facts, HELLO, run="facts")
    assert [fact.statement for fact in found.facts] == ['Ann likes </think> and {"facts": []}']
    assert len(openai_server.chats) == 1


async def test_extraction_does_not_stream_to_the_user(openai_server: OpenAIServer) -> None:
    model = model_on(openai_server)

    async def respond(state: MessagesState) -> dict[str, Any]:
        reply = await model.ainvoke(state["messages"])
        await extract_structured(model, Facts, state["messages"], run="facts")
        return {"messages": [reply]}

    graph = StateGraph(MessagesState).add_node("respond", respond).add_edge(START, "respond").compile()
    openai_server.say("the visible reply")
    openai_server.structured({"facts": [{"statement": "invisible", "importance": 1}]})
    streamed = [chunk.text async for chunk, _ in graph.astream({"messages": HELLO}, stream_mode="messages")]
    assert "".join(streamed) == "the visible reply"
    assert len(openai_server.chats) == 2


async def test_a_provider_that_fails_is_unavailable_not_malformed(openai_server: OpenAIServer) -> None:
    openai_server.fail(500)
    with pytest.raises(ModelUnavailable, match="failed \\(5xx\\)"):
        await extract_structured(model_on(openai_server), Facts, HELLO, run="facts")


async def test_embeddings_come_the_same_as_bytes_and_as_numbers(openai_server: OpenAIServer) -> None:
    vectors = []
    for asked in ({}, {"encoding_format": "float"}):
        embeddings = OpenAIEmbeddings(
            model="text-embedding-3-small",
            base_url=openai_server.base_url,
            api_key=SecretStr(API_KEY),
            check_embedding_ctx_length=False,
            model_kwargs=asked,
        )
        vectors.append(await embeddings.aembed_documents(["tea", "coffee"]))
    assert [request.body["encoding_format"] for request in openai_server.requests] == ["base64", "float"]
    assert [len(vector) for vector in vectors[0]] == [8, 8]
    assert vectors[0][0] == pytest.approx(vectors[1][0], abs=1e-6)
    assert json.dumps(vectors[0][0]) != json.dumps(vectors[0][1])

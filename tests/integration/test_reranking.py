"""The memory model as reranker, through the graph: one call, its order, and nothing lost when it fails."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from agents.prompts import RERANKING
from config.settings import Settings, settings
from graphs.chat import Chat
from graphs.ingest import ingest, turns_of
from memory.lifecycle.turns.transcripts import Line, thread_id
from tests.services.chat import ANA, reply, say, thread
from tests.services.openai_server import OpenAIServer, Reply

QUESTION = "Which pets do I have?"
SAID = ["I have a cat called Miau.", "I have a dog called Rex.", "I have a hen called Pita."]
AT = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.fixture
async def taught(configured: Settings, store: BaseStore) -> None:
    name = thread_id("pets")
    rows = [Line(name, "user", text, AT + timedelta(days=n), None, f"pet-{n}") for n, text in enumerate(SAID)]
    await ingest(store, ANA, {name: turns_of(rows)}, configured)


@pytest.fixture
def judge(
    monkeypatch: pytest.MonkeyPatch, taught: None, openai_model: OpenAIServer
) -> Callable[[Callable[[list[dict[str, Any]]], Reply]], None]:
    """Sets how the model answers when it is asked to rate the memories."""
    monkeypatch.setenv("MNEMOGRAPH_RERANKER", "llm")
    monkeypatch.setenv("MNEMOGRAPH_RERANK_TIMEOUT_S", "1.5")
    settings.cache_clear()

    def answer(by: Callable[[list[dict[str, Any]]], Reply]) -> None:
        def model(body: dict[str, Any]) -> Reply:
            first, last = body["messages"][0], body["messages"][-1]
            if first["content"] == RERANKING:
                return by(json.loads(last["content"])["memories"])
            if "response_format" in body or isinstance(body.get("tool_choice"), dict):
                return Reply(text=json.dumps({"summary": "They talked.", "facts": []}))
            return Reply(text="You have three.")

        openai_model.model = model

    return answer


def rating(word: str) -> Callable[[list[dict[str, Any]]], Reply]:
    def rate(memories: list[dict[str, Any]]) -> Reply:
        rated = [{"memory": row["memory"], "score": 9} for row in memories if word in row["text"]]
        return Reply(text=json.dumps({"ratings": rated}))

    return rate


def asked_to_rate(server: OpenAIServer) -> list[dict[str, Any]]:
    return [body for body in server.chats if body["messages"][0]["content"] == RERANKING]


@pytest.mark.parametrize("word", ["Miau", "Rex", "Pita"])
async def test_the_models_choice_comes_first(
    chat: Chat, judge: Any, openai_model: OpenAIServer, word: str
) -> None:
    judge(rating(word))
    values = await say(chat, QUESTION)
    best = values["recalled"][0]
    assert word in best["text"]
    assert (best["receipt"]["rerank"]["by"], best["receipt"]["rerank"]["score"]) == ("llm", 9)
    assert all(name in json.dumps(values["recalled"]) for name in ("Miau", "Rex", "Pita"))
    assert "reranked" in best["why"] and values["warnings"] == []
    assert len(asked_to_rate(openai_model)) == 1


async def test_nothing_of_the_rating_is_streamed_to_the_user(chat: Chat, judge: Any) -> None:
    judge(rating("Rex"))
    stream = chat.astream(
        {"messages": [HumanMessage(QUESTION)]},
        thread(),
        context=ChatContext(user_id=ANA),
        stream_mode="messages",
    )
    tokens = [str(part[0].text) async for part in stream if part[0].type == "AIMessageChunk"]
    assert "".join(tokens) == "You have three."


BROKEN: dict[str, Reply] = {
    "slow": Reply(kind="hang"),
    "down": Reply(kind="fail", status=400, text="it went wrong"),
    "not JSON": Reply(text="the dog, I think"),
    "a memory that was not there": Reply(text=json.dumps({"ratings": [{"memory": 99, "score": 9}]})),
    "a score that is none": Reply(text='{"ratings": [{"memory": 1, "score": NaN}]}'),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_one_costs_the_reranking_and_never_the_recall(
    chat: Chat, judge: Any, openai_model: OpenAIServer, how: str
) -> None:
    judge(lambda memories: BROKEN[how])
    values = await say(chat, QUESTION)
    assert reply(values) == "You have three." and values["warnings"] == []
    assert all(name in json.dumps(values["recalled"]) for name in ("Miau", "Rex", "Pita"))
    assert all(item["receipt"]["rerank"]["failed"] for item in values["recalled"])
    assert asked_to_rate(openai_model)


async def test_one_that_cannot_be_opened_is_told(
    chat: Chat, taught: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_RERANKER", "no_such_package:rerank")
    settings.cache_clear()
    values = await say(chat, QUESTION)
    (warning,) = values["warnings"]
    assert "MNEMOGRAPH_RERANKER is 'no_such_package:rerank'" in warning
    assert "Rex" in json.dumps(values["recalled"])

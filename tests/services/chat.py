"""The real graph on a database of its own, and the parts that a test breaks."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore, Op, Result

from agents.context import ChatContext
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from memory.lifecycle.reading.listing import memories_of
from memory.long_term.factory import open_store
from memory.schema import Kind, Memory, Source
from memory.short_term.factory import open_checkpointer
from tests.services.openai_server import API_KEY, OpenAIServer

ANA = "ana@example.com"


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, database: str) -> Iterable[Settings]:
    """The test profile's settings, on an empty database."""
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    monkeypatch.setenv("MNEMOGRAPH_POSTGRES", database)
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
async def store(configured: Settings) -> AsyncIterator[BaseStore]:
    async with open_store(configured) as opened:
        yield opened


@pytest.fixture
async def chat(configured: Settings, store: BaseStore) -> AsyncIterator[Chat]:
    async with open_checkpointer(configured) as checkpointer:
        yield compile_chat(checkpointer, store)


def thread(number: int = 1) -> RunnableConfig:
    return {"configurable": {"thread_id": f"00000000-0000-4000-8000-{number:012d}"}}


async def say(
    chat: Chat,
    text: Any,
    config: RunnableConfig | None = None,
    *,
    user: str = ANA,
    message_id: str | None = None,
) -> dict[str, Any]:
    """One turn; the thread's values after it."""
    message = HumanMessage(text, id=message_id) if message_id else HumanMessage(text)
    return await chat.ainvoke({"messages": [message]}, config or thread(), context=ChatContext(user_id=user))


def reply(values: dict[str, Any]) -> str:
    last = values["messages"][-1]
    assert isinstance(last, AIMessage), last
    return str(last.text)


async def facts(store: BaseStore, user: str = ANA) -> list[str]:
    return sorted(memory.text for memory in await memories_of(store, user))


async def episodes(store: BaseStore, user: str = ANA) -> list[Memory]:
    """What the user said; the agent's replies are kept beside it."""
    kept = await memories_of(store, user, kinds=(Kind.EPISODIC,))
    return [memory for memory in kept if memory.provenance.source is Source.USER]


class FailingStore(BaseStore):
    """A store that fails from its n-th batch on, before or after doing the work, until it is mended."""

    def __init__(self, inner: BaseStore, error: Exception, *, at: int = 1, after: bool = False) -> None:
        self.inner, self.error, self.at, self.after = inner, error, at, after
        self.count = 0
        self.broken = True

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        self.count += 1
        failing = self.broken and self.count >= self.at
        if failing and not self.after:
            raise self.error
        results = await self.inner.abatch(ops)
        if failing:
            raise self.error
        return results

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        raise AssertionError("the graph is asynchronous")


@pytest.fixture
def openai_model(
    monkeypatch: pytest.MonkeyPatch, configured: Settings, openai_server: OpenAIServer
) -> OpenAIServer:
    """The graph's model is the scripted one behind the real langchain-openai client."""
    monkeypatch.setenv("MNEMOGRAPH_MODEL", "openai:echo")
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    monkeypatch.setenv("MNEMOGRAPH_MODEL_TIMEOUT_S", "60")
    monkeypatch.setenv("MNEMOGRAPH_MODEL_MAX_RETRIES", "1")
    settings.cache_clear()
    return openai_server

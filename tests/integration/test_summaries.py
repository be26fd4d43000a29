"""A conversation that outgrows the model's window: summed up behind the reply, and nothing of it is lost."""

import pytest
from langgraph.store.memory import InMemoryStore

from agents import summary as summaries
from config.settings import Settings, settings
from graphs.chat import Chat, compile_chat
from memory.short_term.savers import MemorySaver
from tests.services.chat import ANA, reply, say, thread
from tests.unit.memory_parts import DIMS, WordHashes


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    monkeypatch.setenv("MNEMOGRAPH_CONTEXT_TOKENS", "1000")
    settings.cache_clear()
    return settings()


@pytest.fixture
def chat(small: Settings) -> Chat:
    index = {"dims": DIMS, "embed": WordHashes(), "fields": ["text"]}
    return compile_chat(MemorySaver(), InMemoryStore(index=index))  # type: ignore[arg-type]


LONG = "I went for a long walk by the river and thought about nothing in particular. " * 6


async def test_the_oldest_messages_are_summed_up_and_stay_in_the_thread(chat: Chat) -> None:
    for number in range(8):
        values = await say(chat, f"Walk {number}. {LONG}", user=ANA)
    assert values["summary"]["by"] == "offline"
    assert "Walk 0" in values["summary"]["text"]
    assert len(values["messages"]) == 16
    assert "Walk 0" in str(values["messages"][0].text)
    covered = [m.id for m in values["messages"]].index(values["summary"]["to"])
    assert 0 < covered < 15
    assert values["summary"]["messages"] == covered + 1
    assert values["warnings"] == []


async def test_a_model_that_fails_costs_the_summary_alone(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = 0

    async def broken(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        raise TimeoutError("the model hangs")

    with monkeypatch.context() as patched:
        patched.setattr(summaries, "extract_structured", broken)
        for number in range(4):
            values = await say(chat, f"Walk {number}. {LONG}")
            assert reply(values)
    assert "summary" not in values
    assert calls > 0
    assert "the summary failed" in caplog.text
    values = await say(chat, "One more.", thread())
    assert "Walk 0" in values["summary"]["text"]

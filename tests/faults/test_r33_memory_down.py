"""R33 and the store's faults: the reply is served, the turn waits in the thread, nothing half-written stays."""

import threading

import psycopg
import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore

from config.settings import Settings
from graphs.chat import Chat, compile_chat
from memory.embeddings.checked import EmbeddingError, Opened
from memory.short_term.factory import open_checkpointer
from tests.services.chat import FailingStore, episodes, facts, reply, say


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("error", [EmbeddingError("the embedder is down"), psycopg.OperationalError("gone")])
async def test_r33_a_memory_fault_costs_no_reply_and_the_turn_is_remembered_later(
    configured: Settings, store: BaseStore, at: int, error: Exception
) -> None:
    failing = FailingStore(store, error, at=at)
    async with open_checkpointer(configured) as checkpointer:
        chat = compile_chat(checkpointer, failing)
        values = await say(chat, "I live in Porto.")
        assert "Porto" in reply(values)
        assert values["warnings"] and all(warning.endswith(".") for warning in values["warnings"])
        assert await facts(store) == []
        failing.broken = False
        after = await say(chat, "I like tea.")
        assert after["warnings"] == []
    assert await facts(store) == ["The user likes tea.", "The user lives in Porto."]
    assert len(await episodes(store)) == 2


async def test_r33_a_write_that_happened_but_was_not_confirmed_is_not_doubled(
    configured: Settings, store: BaseStore
) -> None:
    failing = FailingStore(store, psycopg.OperationalError("cut"), at=4, after=True)
    async with open_checkpointer(configured) as checkpointer:
        chat = compile_chat(checkpointer, failing)
        values = await say(chat, "I live in Porto.")
        assert values["warnings"]
        failing.broken = False
        await say(chat, "Thanks!")
    assert await facts(store) == ["The user lives in Porto."]
    assert len(await episodes(store)) == 2


class BrokenModel(Embeddings):
    """Answers with something that must never be stored, or not at all."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.released = threading.Event()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.how == "hang":
            self.released.wait(60)
        row = {"nan": [float("nan")] * 384, "zero": [0.0] * 384}.get(self.how, [1.0] * 3)
        return [row for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.mark.parametrize("how", ["nan", "zero", "short", "hang"])
async def test_r33_no_bad_vector_is_ever_stored(
    configured: Settings, chat: Chat, store: BaseStore, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    checked = store.embeddings  # type: ignore[attr-defined]
    model = BrokenModel(how)
    with monkeypatch.context() as patch:
        patch.setattr(checked, "_opened", Opened(model, 384))
        patch.setattr(checked, "_timeout_s", 0.3)
        values = await say(chat, "I live in Porto.")
        assert "Porto" in reply(values) and values["warnings"]
        assert await facts(store) == []
        model.released.set()
    await say(chat, "Thanks!")
    assert await facts(store) == ["The user lives in Porto."]
    with psycopg.connect(configured.postgres.get_secret_value()) as conn:
        norms = (
            conn.execute("SET mnemograph.owner = '*'")
            and conn.execute("SELECT vector_norm(embedding::vector) FROM memory_vectors").fetchall()
        )
    assert norms and all(0.99 < norm < 1.01 for (norm,) in norms)

"""S11: secrets that callers and users let slip are in no database column and no embedding request.

The conversation itself is the user's own and is kept as it was said; what is checked is everything made from it.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from config.settings import Settings
from graphs.chat import Chat
from tests.services.chat import ANA, say, thread
from tests.services.openai_server import OpenAIServer

KEY = "sk-proj-CANARYcanary0123456789abcdefABCDEF"
CARD = "4111 1111 1111 1111"


def rows_with(address: str, canary: str, tables: tuple[str, ...]) -> dict[str, int]:
    """How many rows of each table hold these bytes in any column."""
    found = {}
    with psycopg.connect(address) as conn:
        conn.execute("SET mnemograph.owner = '*'")
        for table in tables:
            query = f"SELECT count(*) FROM {table} t WHERE position(%s in t::text) > 0 OR position(%s in t::text) > 0"
            row = conn.execute(query, (canary, canary.encode().hex())).fetchone()
            assert row is not None
            found[table] = row[0]
    return found


async def test_a_key_in_configurable_is_in_no_table(chat: Chat, configured: Settings) -> None:
    config = {"configurable": {**thread()["configurable"], "openai_api_key": KEY, "my_token": KEY}}
    await chat.ainvoke({"messages": [("user", "I live in Porto.")]}, config, context=ChatContext(user_id=ANA))
    address = configured.postgres.get_secret_value()
    tables = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "memory_items")
    assert rows_with(address, KEY, tables) == dict.fromkeys(tables, 0)
    assert rows_with(address, "Porto", tables)["memory_items"] > 0


async def test_memories_and_their_embeddings_hold_no_key_and_no_card(
    chat: Chat, store: BaseStore, configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    inner = store.embeddings  # type: ignore[attr-defined]
    original = inner.aembed_documents

    async def watching(texts: list[str]) -> list[list[float]]:
        embedded.extend(texts)
        return await original(texts)

    monkeypatch.setattr(inner, "aembed_documents", watching)
    await say(chat, f"Remember that my api key is {KEY} and my card is {CARD}. I live in Porto.")
    address = configured.postgres.get_secret_value()
    for canary in (KEY, CARD):
        assert rows_with(address, canary, ("memory_items", "memory_lookup")) == {
            "memory_items": 0,
            "memory_lookup": 0,
        }
    assert embedded and not [text for text in embedded if KEY in text or CARD in text]


async def test_the_log_holds_neither_keys_nor_what_was_said(
    openai_model: OpenAIServer, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    openai_model.fail(401, f"Incorrect API key provided: {KEY}")
    openai_model.structured({"summary": "", "facts": []})
    values = await say(chat, f"My card is {CARD}.")
    ours = [
        r.getMessage()
        for r in caplog.records
        if r.name.split(".")[0] in ("config", "memory", "agents", "graphs")
    ]
    assert not [line for line in ours if KEY in line or CARD in line]
    assert KEY not in str(values["messages"][-1].text)


def test_a_wrong_setting_is_told_without_its_secret(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "MNEMOGRAPH_POSTGRES": f"mysql://me:{KEY}@host/db",
        "MNEMOGRAPH_ENV_FILE": str(tmp_path / "no"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "main", "demo"], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 2 and KEY not in done.stdout + done.stderr
    assert "MNEMOGRAPH_POSTGRES" in done.stderr and "Traceback" not in done.stderr

"""R27: every backend terminated, or the whole server killed, between the steps of a turn and between turns."""

from pathlib import Path

import psycopg
import pytest
from langchain_core.messages import HumanMessage
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from config.settings import Settings, settings
from graphs.chat import Chat, open_chat
from memory.lifecycle.reading.listing import memories_of
from memory.postgres.errors import explain
from tests.services.chat import ANA, facts, reply, say, thread
from tests.services.postgres import kill, postmaster_of


def terminate(address: str) -> int:
    """End every other connection to this database; how many there were."""
    with psycopg.connect(address, autocommit=True) as conn:
        row = conn.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def test_r27_backends_terminated_at_each_step_of_a_turn(
    chat: Chat, store: BaseStore, configured: Settings
) -> None:
    address = configured.postgres.get_secret_value()
    await say(chat, "My name is Ana.")
    ended = 0
    stream = chat.astream(
        {"messages": [HumanMessage("I live in Porto. Add buy bread to my task list.")]},
        thread(),
        context=ChatContext(user_id=ANA),
        stream_mode="updates",
    )
    async for _ in stream:
        ended += terminate(address)
    assert ended >= 3
    terminate(address)
    values = await say(chat, "Where do I live?")
    assert "Porto" in reply(values) and values["warnings"] == []
    assert await facts(store) == ["The user lives in Porto.", "The user's name is Ana."]


async def test_r27_the_server_killed_between_two_turns(
    used_data_dir: Path, configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_POSTGRES", "embedded")
    monkeypatch.setenv("MNEMOGRAPH_DATA_DIR", str(used_data_dir))
    settings.cache_clear()
    async with open_chat(settings()) as chat:
        await say(chat, "I live in Porto.")
        kill([postmaster_of(used_data_dir)])
        failures: list[psycopg.Error] = []
        values = None
        while values is None and len(failures) < 3:
            try:
                values = await say(chat, "Where do I live?", message_id="again")
            except psycopg.Error as error:
                failures.append(error)
        assert values is not None, failures
        assert all(explain(error) for error in failures)
        assert "Porto" in reply(values)
        assert chat.store is not None
        assert [memory.text for memory in await memories_of(chat.store, ANA)] == ["The user lives in Porto."]

"""The same graph with its short-term memory in a real Redis, and with none that outlives the process."""

from langgraph.store.base import BaseStore

from config.settings import load_settings
from graphs.chat import compile_chat
from memory.short_term.factory import open_checkpointer
from tests.services.chat import facts, reply, say, thread


async def test_a_thread_in_redis_is_there_for_the_next_process(redis_database: str, store: BaseStore) -> None:
    configured = load_settings(checkpointer=redis_database)
    async with open_checkpointer(configured) as checkpointer:
        chat = compile_chat(checkpointer, store)
        await say(chat, "I live in Porto.")
        await say(chat, "Add buy bread to my task list.")
    async with open_checkpointer(configured) as checkpointer:
        chat = compile_chat(checkpointer, store)
        values = await say(chat, "What's on my task list?")
        assert "buy bread" in reply(values)
        assert [task["title"] for task in values["tasks"]] == ["buy bread"]
        history = [state.next async for state in chat.aget_state_history(thread())]
        assert history[0] == () and len(history) > 10
    assert "The user lives in Porto." in await facts(store)


async def test_memory_checkpointer_ends_with_its_owner(store: BaseStore) -> None:
    configured = load_settings(checkpointer="memory")
    async with open_checkpointer(configured) as checkpointer:
        await say(compile_chat(checkpointer, store), "I live in Porto.")
    async with open_checkpointer(configured) as checkpointer:
        values = await say(compile_chat(checkpointer, store), "Where do I live?")
    assert len(values["messages"]) == 2 and "Porto" in reply(values)

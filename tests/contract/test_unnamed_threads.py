"""Where nobody signs in, a run that names no user is the default user's, and so is its thread."""

from collections.abc import Iterable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.memory import InMemoryStore

from agents.conversation import marked, speaker
from agents.state import ChatState
from config.settings import settings
from graphs.chat import compile_chat
from graphs.forgetting import places_of
from graphs.threads import threads_of
from memory.short_term.whose import Theirs
from memory.short_term.whose import threads_of as all_of
from tests.contract.test_checkpointers import Kind, every_kind, kind, saver, thread

__all__ = ["Kind", "kind", "saver"]

DEFAULT = "dora"


@pytest.fixture(autouse=True)
def nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    monkeypatch.setenv("MNEMOGRAPH_USER", DEFAULT)
    settings.cache_clear()
    yield
    settings.cache_clear()


async def say(saver: BaseCheckpointSaver[Any], name: str, user: str | None, **metadata: Any) -> None:
    """A turn of this user's, as the chat marks it; None for one that broke off before it was marked."""
    builder = StateGraph(ChatState)
    builder.add_node("remember", lambda _: {"messages": [AIMessage("Noted.")]})
    builder.add_edge(START, "remember")
    builder.add_edge("remember", END)
    graph = builder.compile(checkpointer=saver)
    said = HumanMessage(f"It is {user}", id=f"{name}-{user}")
    await graph.ainvoke({"messages": [said]}, {**thread(name), "metadata": metadata})
    if user is not None:
        stamped = marked(said, by=speaker(name, user))
        place = {**thread(name), "metadata": metadata}
        await graph.aupdate_state(place, {"messages": [stamped]}, as_node="remember")


async def listed(saver: BaseCheckpointSaver[Any], user: str) -> list[str]:
    return [each.thread_id for each in await threads_of(saver, user)]


async def theirs(saver: BaseCheckpointSaver[Any], user: str) -> Theirs:
    places = places_of(compile_chat(saver, InMemoryStore()), user)
    found = await all_of(places.saver, user, places.says)
    return Theirs(sorted(found.own), sorted(found.shared))


async def fill(saver: BaseCheckpointSaver[Any]) -> None:
    await say(saver, "plain", DEFAULT)
    await say(saver, "broke-off", None)
    await say(saver, "named", "ana", user_id="ana")
    await say(saver, "embedded", "ana")
    await say(saver, "both", "ana", user_id="ana")
    await say(saver, "both", DEFAULT)


@every_kind
async def test_a_thread_whose_runs_name_nobody_was_in_nobodys_list(saver: BaseCheckpointSaver[Any]) -> None:
    await fill(saver)
    assert await listed(saver, DEFAULT) == ["both", "broke-off", "plain"]
    assert await listed(saver, "ana") == ["embedded", "named"]
    assert await listed(saver, "bob") == []


@every_kind
async def test_an_erasure_takes_the_default_users_unnamed_threads_and_no_others(
    saver: BaseCheckpointSaver[Any],
) -> None:
    await fill(saver)
    assert await theirs(saver, DEFAULT) == Theirs(["both", "broke-off", "plain"], [])
    assert await theirs(saver, "ana") == Theirs(["embedded", "named"], ["both"])
    assert await theirs(saver, "bob") == Theirs()


@every_kind
async def test_where_people_sign_in_an_unnamed_thread_is_nobodys(
    saver: BaseCheckpointSaver[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(saver)
    monkeypatch.setenv("MNEMOGRAPH_AUTH", "keys")
    monkeypatch.setenv("MNEMOGRAPH_API_KEYS", f"{DEFAULT}:dora-0123456789abcdef")
    settings.cache_clear()
    assert await listed(saver, DEFAULT) == []
    assert await listed(saver, "ana") == ["named"]
    assert "broke-off" not in (await theirs(saver, DEFAULT)).own

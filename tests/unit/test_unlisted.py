"""Conversations without a row: whose are attached, how many at once, and how often."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from config.settings import settings
from graphs.chat import Chat, compile_chat
from server.unlisted import MOST_ATTACHED, Unlisted


class Rows:
    """A server's threads, and how often it was asked for them."""

    def __init__(self, *listed: str) -> None:
        self.listed = {*listed}
        self.searches = 0
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        told: Mapping[str, Any] = json.loads(request.content or b"{}")
        if self.down:
            return httpx.Response(503, json={"detail": "Away."})
        if request.url.path == "/threads/search":
            self.searches += 1
            return httpx.Response(200, json=[{"thread_id": each} for each in self.listed & {*told["ids"]}])
        if request.method == "DELETE":
            self.listed.discard(request.url.path.rpartition("/")[2])
        elif request.url.path == "/threads":
            self.listed.add(told["thread_id"])
            return httpx.Response(200, json={"thread_id": told["thread_id"], "values": {"messages": []}})
        return httpx.Response(200, json={})

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self), base_url="http://server")


@pytest.fixture
def chat() -> Chat:
    return compile_chat(InMemorySaver(), InMemoryStore())


async def ran(chat: Chat, thread_id: str, **told: Any) -> None:
    saver: Any = chat.checkpointer
    where: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    await saver.aput(where, empty_checkpoint(), {"source": "loop", "step": 0, **told}, {})


async def test_ones_own_are_attached_and_no_others(chat: Chat) -> None:
    await ran(chat, "here", user_id="ana")
    await ran(chat, "terminal", user_id="ana")
    await ran(chat, "bobs", user_id="bob")
    await ran(chat, "nobodys")
    await ran(chat, "work", user_id="ana", graph_id="extraction")
    rows = Rows("here")
    await Unlisted().look(chat, "ana", rows.client())
    assert rows.listed == {"here", "terminal"}
    await Unlisted().look(chat, settings().user, rows.client())
    assert rows.listed == {"here", "terminal", "nobodys"}


async def test_some_at_a_time_and_not_at_each_request(chat: Chat) -> None:
    for number in range(MOST_ATTACHED + 3):
        await ran(chat, f"t{number}", user_id="ana")
    rows, unlisted = Rows(), Unlisted()
    for _ in range(3):
        await unlisted.look(chat, "ana", rows.client())
    assert (len(rows.listed), rows.searches) == (MOST_ATTACHED, 1)
    unlisted.look_anew("ana")
    await unlisted.look(chat, "ana", rows.client())
    assert (len(rows.listed), rows.searches) == (MOST_ATTACHED + 3, 2)


async def test_one_that_is_deleted_meanwhile_does_not_come_back(chat: Chat) -> None:
    await ran(chat, "t1", user_id="ana")
    saver: Any = chat.checkpointer

    class Deleting(Rows):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/threads":
                saver.delete_thread("t1")
            return super().__call__(request)

    rows = Deleting()
    await Unlisted().look(chat, "ana", rows.client())
    assert rows.listed == set()


async def test_a_list_is_given_where_looking_fails(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    await ran(chat, "t1", user_id="ana")
    rows = Rows()
    rows.down = True
    await Unlisted().look(chat, "ana", rows.client())
    assert "conversations without a row were not found" in caplog.text

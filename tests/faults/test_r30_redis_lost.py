"""R30: Redis flushed, killed or full: no half-state, one sentence, and the conversation goes on.

That a Redis which evicts is refused at the start is in tests/integration/test_checkpointer_factory.py.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest
import redis
from langgraph.store.base import BaseStore, Op, Result
from langgraph_sdk import get_client

from cli.console import sentence_for
from config.settings import Settings, load_settings
from graphs.chat import compile_chat
from memory.short_term.factory import open_checkpointer
from memory.short_term.redis.away import RedisAwayError
from memory.short_term.redis.threads import ThreadIncompleteError
from tests.contract.test_redis_checkpointers import all_states, said
from tests.contract.test_redis_checkpointers import say as say_to
from tests.contract.test_redis_checkpointers import thread as thread_of
from tests.services import chat as chats
from tests.services.dev_server import running_dev_server
from tests.services.redis import MODULES, LocalRedis, install

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


@pytest.fixture(params=["modules", "plain"])
def server(request: pytest.FixtureRequest) -> Iterator[LocalRedis]:
    """A Redis of our own to kill, which keeps what it acknowledged."""
    modules = MODULES if request.param == "modules" else ()
    made = LocalRedis(install(), modules=modules, options=DURABLE)
    yield made
    made.stop()


@pytest.fixture
async def saver(server: LocalRedis) -> AsyncIterator[Any]:
    async with open_checkpointer(Settings(checkpointer=server.address, connect_timeout_s=2)) as opened:  # type: ignore[arg-type]
        yield opened


class Meddler(BaseStore):
    """Does something at its first batch: in the middle of a turn, at its recall."""

    def __init__(self, inner: BaseStore, meddle: Any) -> None:
        self.inner, self.meddle = inner, meddle

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        meddle, self.meddle = self.meddle, None
        if meddle:
            meddle()
        return await self.inner.abatch(ops)

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        raise AssertionError("the graph is asynchronous")


async def test_r30_killed_in_the_middle_of_a_turn_and_started_again(
    server: LocalRedis, store: BaseStore
) -> None:
    configured = load_settings(checkpointer=server.address, connect_timeout_s=2)
    async with open_checkpointer(configured) as checkpointer:
        before = await chats.say(compile_chat(checkpointer, store), "I live in Porto.")
        chat = compile_chat(checkpointer, Meddler(store, server.kill))
        with pytest.raises(RedisAwayError) as caught:
            await chats.say(chat, "Add buy bread to my task list.", message_id="m2")
        sentence = sentence_for(caught.value)
        assert sentence and sentence.count(".") == 1 and "send the message again" in sentence
        server.start_again()
        values = await chats.say(chat, "Add buy bread to my task list.", message_id="m2")
        assert [task["title"] for task in values["tasks"]] == ["buy bread"]
        texts = [message.text for message in values["messages"]]
        assert texts[:2] == [message.text for message in before["messages"]]
        assert [message.id for message in values["messages"]].count("m2") == 1


async def test_r30_killed_between_two_turns(saver: Any, server: LocalRedis) -> None:
    await say_to(saver, "one")
    states = await all_states(saver)
    server.kill()
    with pytest.raises(RedisAwayError):
        await say_to(saver, "lost")
    server.start_again()
    assert await all_states(saver) == states
    await say_to(saver, "two")
    assert await said(saver) == ["one", "re: one", "two", "re: two"]


async def test_r30_the_servers_caller_reads_the_sentence_too() -> None:
    """LangGraph's server said "An internal error occurred" of every UserError."""
    redis_server = LocalRedis(install(), modules=(), options=DURABLE)
    try:
        with running_dev_server(MNEMOGRAPH_CHECKPOINTER=redis_server.address) as running:
            async with get_client(url=running.url) as client:
                thread_id = (await client.threads.create())["thread_id"]
                redis_server.kill()
                told = await client.runs.wait(
                    thread_id,
                    "agent",
                    input={"messages": [{"role": "user", "content": "Hello", "id": "m1"}]},
                    raise_error=False,
                )
    finally:
        redis_server.stop()
    assert told["__error__"]["error"] == "RedisAwayError"
    assert "send the message again" in told["__error__"]["message"]


async def test_r30_flushed_in_the_middle_of_a_run_leaves_no_half_state(plain_redis_database: str) -> None:
    async with open_checkpointer(Settings(checkpointer=plain_redis_database)) as saver:  # type: ignore[arg-type]
        await say_to(saver, "one")
        newest = await saver.aget_tuple(thread_of("t", checkpoint_ns=""))
        assert newest
        with redis.Redis.from_url(plain_redis_database) as client:
            client.flushall()
            again = {**newest.checkpoint, "id": newest.checkpoint["id"].replace("1f", "2f", 1)}
            with pytest.raises(ThreadIncompleteError):
                await saver.aput(newest.config, again, {}, {})  # type: ignore[arg-type]
            assert client.keys("*thread:t*") == []
        assert await said(saver) == []
        await say_to(saver, "anew")
        assert await said(saver) == ["anew", "re: anew"]


async def test_r30_full_is_a_sentence_and_what_was_there_is_read(plain_redis_database: str) -> None:
    async with open_checkpointer(Settings(checkpointer=plain_redis_database)) as saver:  # type: ignore[arg-type]
        await say_to(saver, "one")
        with redis.Redis.from_url(plain_redis_database) as client:
            client.config_set("maxmemory", "1mb")
            try:
                with pytest.raises(RedisAwayError, match="no memory left"):
                    await say_to(saver, "two")
                assert await said(saver) == ["one", "re: one"]
            finally:
                client.config_set("maxmemory", "0")
        await say_to(saver, "three")
        assert (await said(saver))[-2:] == ["three", "re: three"]

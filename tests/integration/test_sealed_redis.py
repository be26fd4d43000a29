"""Sealed conversations in a Redis with modules and in a plain one."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import validate
from langgraph.checkpoint.conformance.initializer import RegisteredCheckpointer

from config.settings import Settings
from memory.short_term.envelope import UnreadableStateError
from memory.short_term.factory import open_checkpointer
from memory.short_term.threads import ThreadQuery, threads_in
from tests.contract import stored
from tests.contract.test_sealed_checkpointers import WORDS, converse, graph, history, thread
from tests.services.sealed import NEW_KEY, OLD_KEY


@pytest.fixture(params=["redis_database", "plain_redis_database"])
def address(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def settings(address: str, keys: str = OLD_KEY, **more: Any) -> Settings:
    return Settings(checkpointer=address, encryption_keys=keys, **more)  # type: ignore[arg-type]


async def test_conformance(address: str) -> None:
    async def opened() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
        async with open_checkpointer(settings(address, compress_state_from=1)) as saver:
            yield saver

    report = await validate(RegisteredCheckpointer("sealed redis", opened))
    assert {name: result.failures for name, result in report.results.items() if result.failures} == {}
    assert all(result.detected and result.tests_passed for result in report.results.values())


async def test_redis_holds_no_word_of_a_conversation(address: str) -> None:
    async with open_checkpointer(settings(address, compress_state_from=1)) as saver:
        before = await converse(saver, user_id="ana")
        await converse(saver, "other", user_id="bob")
        [newest, *_] = await history(saver)
        assert newest.metadata["pet"] == "porcupine"  # type: ignore[typeddict-item]
        assert len(await history(saver, filter={"pet": "porcupine"}, limit=2)) == 2
        [row] = await threads_in(saver, ThreadQuery({"user_id": "ana"}))
        assert (row.thread_id, row.run_metadata["pet"]) == ("t", "porcupine")
        await saver.acopy_thread("t", "copy")
        assert (await graph(saver).aget_state(thread("copy"))).values == before
        await converse(saver, "copy")
    dump = stored.in_redis(address).lower()
    assert [word for word in WORDS if word in dump] == []
    async with open_checkpointer(settings(address, NEW_KEY)) as saver:
        with pytest.raises(UnreadableStateError, match="under the key 'old'"):
            await saver.aget_tuple(thread())


async def test_what_was_stored_in_clear_is_refused_and_read_when_that_is_allowed(address: str) -> None:
    async with open_checkpointer(Settings(checkpointer=address)) as saver:  # type: ignore[arg-type]
        before = await converse(saver)
    async with open_checkpointer(settings(address)) as saver:
        with pytest.raises(UnreadableStateError, match="in clear"):
            await saver.aget_tuple(thread())
    async with open_checkpointer(settings(address, read_clear_state=True)) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
        await converse(saver)
        assert len((await graph(saver).aget_state(thread())).values["notes"]) == 4


async def test_compression_alone(address: str) -> None:
    async with open_checkpointer(settings(address, "")) as saver:
        before = await converse(saver)
    async with open_checkpointer(settings(address, "", compress_state_from=64)) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
        await converse(saver, "t")
        assert len((await graph(saver).aget_state(thread())).values["messages"]) == 3

"""Sealed and compressed conversations on Redis, with modules and without."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import redis
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import validate
from langgraph.checkpoint.conformance.capabilities import Capability
from langgraph.checkpoint.conformance.initializer import RegisteredCheckpointer
from langgraph.checkpoint.redis.aio import AsyncRedisSaver
from redis.asyncio import Redis

from config.errors import UserError
from config.settings import Settings
from memory.short_term.factory import open_checkpointer
from memory.short_term.redis.plain import PlainRedisSaver
from memory.short_term.redis.sealed_savers import SealedPlainRedisSaver, SealedRedisSaver
from memory.short_term.sealed.envelope import UnreadableStateError
from memory.short_term.threads import ThreadQuery, threads_in
from tests.contract import stored
from tests.contract.test_sealed_checkpointers import WAYS, WORDS, converse, graph, history, thread
from tests.services.sealed import BOTH_KEYS, NEW_KEY, OLD_KEY, told_by_writes

SEALED_SAVERS = {"redis_database": SealedRedisSaver, "plain_redis_database": SealedPlainRedisSaver}


@pytest.fixture(params=SEALED_SAVERS)
def address(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def sealed(address: str) -> Settings:
    return Settings(checkpointer=address, encryption_keys=OLD_KEY)


def clear(address: str, **more: Any) -> Settings:
    return Settings(checkpointer=address, **more)


def dump(address: str) -> bytes:
    """All that it holds, and what of it may be base64, twice over."""
    raw = stored.in_redis(address)
    once = stored._decoded(raw.decode(errors="replace"))
    return b"\n".join((raw, once, stored._decoded(once.decode(errors="replace")))).lower()


@pytest.mark.parametrize("capability", [each.value for each in Capability])
async def test_conformance_with_everything_compressed(address: str, capability: str) -> None:
    async def opened() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
        async with open_checkpointer(clear(address, compress_state_from=1)) as made:
            yield made

    report = await validate(RegisteredCheckpointer("compressed", opened), capabilities={capability})
    result = report.results[capability]
    assert result.detected, f"no {capability}"
    assert result.failures == []
    assert result.tests_passed > 0


@pytest.mark.parametrize("which", SEALED_SAVERS)
async def test_keys_make_it_a_sealed_one(which: str, request: pytest.FixtureRequest) -> None:
    configured = Settings(checkpointer=request.getfixturevalue(which), encryption_keys=OLD_KEY)
    async with open_checkpointer(configured) as saver:
        assert type(saver) is SEALED_SAVERS[which]


async def test_a_dump_holds_no_word_of_the_conversation(address: str, sealed: Settings) -> None:
    async with open_checkpointer(sealed) as saver:
        state = await converse(saver)
        assert state["notes"] == ["astronomy", "reykjavik"]
        found = dump(address)
        assert [word for word in (*WORDS, b"471108152342", b"nickname") if word in found] == []
        await saver.adelete_thread("t")
    # The same search finds them where nothing is sealed.
    async with open_checkpointer(clear(address, compress_state_from=0)) as saver:
        await converse(saver)
    found = dump(address)
    assert [word for word in WORDS if word not in found] == []


async def test_compressed_conversations_are_smaller(address: str) -> None:
    long = [HumanMessage("marmalade " * 400, id=str(number)) for number in range(20)]

    async def size(compress_from: int) -> int:
        async with open_checkpointer(clear(address, compress_state_from=compress_from)) as saver:
            await graph(saver).aupdate_state(thread(), {"messages": long}, as_node="ask")
            state = await graph(saver).aget_state(thread())
            assert state.values["messages"] == long
            taken = len(stored.in_redis(address))
            await saver.adelete_thread("t")
        return taken

    plain = await size(0)
    assert await size(512) < plain / 4


async def test_metadata_is_asked_for_and_threads_are_listed(sealed: Settings) -> None:
    async with open_checkpointer(sealed) as saver:
        for name in ("a", "b", "c"):
            await converse(saver, name, user_id="ana" if name != "b" else "bob", number=3)
        [newest, *_] = everything = await history(saver, "a")
        told: dict[str, Any] = dict(newest.metadata)
        assert (told["pet"], told["nickname"], told["number"]) == ("porcupine", "quillfeather", 3)
        assert len(await history(saver, "a", filter={"pet": "porcupine"})) == len(everything)
        assert len(await history(saver, "a", filter={"pet": "porcupine"}, limit=2)) == 2
        assert await history(saver, "a", filter={"pet": "porcupin"}) == []
        assert {each.metadata["source"] for each in await history(saver, "a", filter={"source": "loop"})} == {
            "loop"
        }
        found = await threads_in(saver, ThreadQuery({"user_id": "ana"}))
        assert [row.thread_id for row in found] == ["c", "a"]
        assert found[0].run_metadata["user_id"] == "ana"


async def test_a_copied_thread_is_sealed_for_its_own_place(sealed: Settings) -> None:
    async with open_checkpointer(sealed) as saver:
        await converse(saver)
        before = [(each.checkpoint["channel_values"], each.pending_writes) for each in await history(saver)]
        await saver.acopy_thread("t", "copy")
        await saver.adelete_thread("t")
        copied = [
            (each.checkpoint["channel_values"], each.pending_writes) for each in await history(saver, "copy")
        ]
        assert copied == before
        await converse(saver, "copy")


async def test_runs_are_taken_back_and_threads_pruned(sealed: Settings) -> None:
    async with open_checkpointer(sealed) as saver:
        chat = graph(saver)
        first = await converse(saver)
        runs = "0b7c5c7e-3a0b-4a60-9d55-0f3f3a4a9d10"
        config = {**thread(), "run_id": runs, "metadata": {"run_id": runs}}
        await chat.ainvoke({"messages": [HumanMessage("porcupine")]}, config)
        await saver.adelete_for_runs([runs])
        assert (await chat.aget_state(thread())).values == first
        await saver.aprune(["t"])
        assert len(await history(saver)) == 1
        assert (await chat.aget_state(thread())).values == first
        await converse(saver)


async def test_a_thread_moved_to_another_name_is_refused(plain_redis_database: str) -> None:
    configured = Settings(checkpointer=plain_redis_database, encryption_keys=OLD_KEY)
    async with open_checkpointer(configured) as saver:
        await converse(saver)
        await converse(saver, "x")
        with redis.Redis.from_url(plain_redis_database) as client:
            client.rename("mnemograph:{thread:t}", "mnemograph:{thread:x}")
        with pytest.raises(UnreadableStateError, match="moved from another place"):
            await saver.aget_tuple(thread("x"))


@pytest.mark.parametrize("compress_from", [0, 1])
async def test_from_clear_to_sealed_beside_what_is_there(
    address: str, sealed: Settings, compress_from: int
) -> None:
    async with open_checkpointer(clear(address, compress_state_from=compress_from)) as saver:
        before = await converse(saver)
    with pytest.raises(UserError, match="MNEMOGRAPH_READ_CLEAR_STATE=true"):
        async with open_checkpointer(sealed):
            pass
    async with open_checkpointer(sealed.model_copy(update={"read_clear_state": True})) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
        assert len(await history(saver, filter={"pet": "porcupine"})) == len(await history(saver))
        await converse(saver)
        await converse(saver, "new")
    async with open_checkpointer(sealed) as saver:
        assert (await graph(saver).aget_state(thread("new"))).values["notes"] == ["astronomy", "reykjavik"]
        with pytest.raises(UnreadableStateError, match="in clear"):
            await history(saver)


async def test_keys_that_do_not_fit_are_refused_at_the_start(address: str, sealed: Settings) -> None:
    async with open_checkpointer(sealed) as saver:
        before = await converse(saver)
    for keys, said in (
        ("", r"are sealed, but MNEMOGRAPH_ENCRYPTION_KEYS is empty: .* \('old'\)"),
        (NEW_KEY, r"under the key 'old', which is not among those given \(new\)"),
        (f"old:{NEW_KEY.removeprefix('new:')}", "another key of the same name"),
    ):
        with pytest.raises(UserError, match=said):
            async with open_checkpointer(Settings(checkpointer=address, encryption_keys=keys)):
                pass
    async with open_checkpointer(Settings(checkpointer=address, encryption_keys=BOTH_KEYS)) as saver:
        assert (await graph(saver).aget_state(thread())).values == before


async def test_a_process_without_keys_takes_no_envelope_for_what_was_said(
    plain_redis_database: str,
) -> None:
    """It was started before the first conversation was sealed."""
    async with open_checkpointer(clear(plain_redis_database)) as late:
        configured = Settings(checkpointer=plain_redis_database, encryption_keys=OLD_KEY)
        async with open_checkpointer(configured) as saver:
            await converse(saver)
        assert isinstance(late, PlainRedisSaver)
        with pytest.raises(
            UnreadableStateError, match=r"under the key 'old': set MNEMOGRAPH_ENCRYPTION_KEYS"
        ):
            await late.aget_tuple(thread())


async def test_what_langgraphs_own_saver_wrote_is_read(redis_database: str) -> None:
    async with Redis.from_url(redis_database) as client:
        stock = AsyncRedisSaver(redis_client=client)
        await stock.asetup()
        before = await converse(stock)
        long = [HumanMessage("marmalade " * 100, id=str(number)) for number in range(20)]
        await graph(stock).aupdate_state(thread("long"), {"messages": long}, as_node="ask")
    async with open_checkpointer(clear(redis_database, compress_state_from=512)) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
        assert (await graph(saver).aget_state(thread("long"))).values["messages"] == long
        state = await converse(saver)
        assert len(state["messages"]) == 3


async def test_compression_is_switched_on_and_off_without_losing_a_thread(address: str) -> None:
    for compress_from in (0, 1, 64, None):
        async with open_checkpointer(clear(address, compress_state_from=compress_from)) as saver:
            await converse(saver)
            notes = (await graph(saver).aget_state(thread())).values["notes"]
            assert notes[-2:] == ["astronomy", "reykjavik"]
            assert {each.metadata["source"] for each in await history(saver)} >= {"input", "loop"}
    assert len(notes) == 8


@pytest.mark.parametrize("way", WAYS)
async def test_a_value_that_is_told_by_its_writes_comes_back(way: str, address: str) -> None:
    builder = told_by_writes()
    async with open_checkpointer(Settings(checkpointer=address, **WAYS[way])) as saver:
        chat = builder.compile(checkpointer=saver)
        for _ in range(4):
            await chat.ainvoke({"messages": [HumanMessage("porcupine")]}, thread())
        state = (await chat.aget_state(thread())).values
        assert [message.content for message in state["messages"]] == ["porcupine", "saxophone"] * 4
    if way == "sealed":
        assert not re.search(b"porcupine|saxophone", dump(address))

"""Conversations in Redis under other keys: from clear to sealed, from one key to the next, beside what is running."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import redis
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.redis.aio import AsyncRedisSaver
from langgraph.graph import START, StateGraph
from redis.asyncio import Redis
from typing_extensions import TypedDict

from cli.rotate_keys import rotate_keys, seal_conversations
from config.errors import UserError
from config.settings import Settings
from memory.short_term.factory import open_checkpointer, state_parts, threads_redis
from memory.short_term.holdings import held
from memory.short_term.redis.reseal import reseal
from memory.short_term.sealed.envelope import Place, UnreadableStateError, header_of
from memory.short_term.sealed.passes import UnreadPartsError
from memory.short_term.sealed.sealed_state import SEALED, SealedState
from tests.contract.test_sealed_checkpointers import WORDS, Owner, Pet, converse, graph, history, thread
from tests.contract.test_sealed_redis_checkpointers import address, dump
from tests.services.sealed import BOTH_KEYS, NEW_KEY, OLD_KEY, told_by_writes

__all__ = ["address"]

Saver = BaseCheckpointSaver[Any]


def kept(address: str, keys: str = "", **more: Any) -> Settings:
    return Settings(checkpointer=address, encryption_keys=keys, **more)


@asynccontextmanager
async def saver_with(address: str, keys: str = OLD_KEY, **more: Any) -> AsyncIterator[Saver]:
    async with open_checkpointer(kept(address, keys, **more)) as saver:
        yield saver


async def rotated(
    address: str,
    keys: str = BOTH_KEYS,
    *,
    heard: Callable[[int], None] | None = None,
    through: type[SealedState] = SealedState,
    **more: Any,
) -> int:
    configured = kept(address, keys, **more)
    serde, state = state_parts(configured)
    assert state
    async with threads_redis(address, configured) as (client, found):
        listening = {"on_done": heard} if heard else {}
        return await reseal(client, through(serde, state.keys), modules=found.modules, **listening)


async def told(saver: Saver, name: str = "t") -> list[CheckpointTuple]:
    """A thread's history without what LangGraph's Redis saver shows of versions before 0.5, as it is stored."""
    found = await history(saver, name)
    for each in found:
        each.checkpoint.pop("pending_sends", None)  # type: ignore[typeddict-item]
    return found


def lifetimes(address: str) -> dict[bytes, int]:
    """When each key expires, in ms; -1 is never."""
    with redis.Redis.from_url(address) as client:
        return {key: client.pexpiretime(key) for key in client.scan_iter()}


async def test_after_a_rotation_the_old_key_opens_nothing_and_is_not_needed(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with saver_with(address, thread_ttl_minutes=30) as saver:
        before = await converse(saver)
        await converse(saver, "other")
        wanted = await told(saver)
    async with saver_with(address) as saver:
        await converse(saver, "for ever")
    assert header_of("old") in dump(address)
    lasting = lifetimes(address)
    assert {at > 0 for at in lasting.values()} == {True, False}
    assert await rotated(address, compress_state_from=64) > len(wanted)
    assert lifetimes(address) == lasting
    assert header_of("old") not in dump(address)
    await rotate_keys(kept(address, BOTH_KEYS, store="memory"))
    assert "0 parts of conversations sealed" in capsys.readouterr().out
    async with saver_with(address, NEW_KEY) as saver:
        assert await told(saver) == wanted
        found = [each async for each in saver.alist(None, filter={"pet": "porcupine"})]
        assert len(found) == 3 * len(wanted)
        assert (await graph(saver).aget_state(thread())).values == before
        await converse(saver)
    with pytest.raises(UserError, match="under the key 'new'"):
        async with saver_with(address):
            pass


async def test_a_rotation_that_was_ended_goes_on_where_it_was(address: str) -> None:
    async with saver_with(address) as saver:
        for name in "abcd":
            await converse(saver, name)
        wanted = await told(saver, "d")

    class EndedError(Exception):
        pass

    def ended(more: int) -> None:
        raise EndedError

    with pytest.raises(EndedError):
        await rotated(address, heard=ended)
    assert header_of("new") in dump(address) and header_of("old") in dump(address)
    pages: list[int] = []
    assert await rotated(address, heard=pages.append) > 0
    assert len(pages) > 1
    assert header_of("old") not in dump(address)
    async with saver_with(address, NEW_KEY) as saver:
        assert await told(saver, "d") == wanted


@pytest.mark.parametrize("what", ["written", "deleted"])
async def test_what_happens_between_reading_and_sealing_stays(address: str, what: str) -> None:
    config = thread(checkpoint_ns="")
    async with saver_with(address) as saver:
        checkpoint: Any = {**empty_checkpoint(), "channel_values": {"title": "x"}}
        checkpoint |= {"channel_versions": {"title": "00000001.0"}}
        await saver.aput(config, checkpoint, {"step": 1}, checkpoint["channel_versions"])

    async def meddle() -> None:
        async with saver_with(address, BOTH_KEYS) as saver:
            if what == "deleted":
                await saver.adelete_thread("t")
            else:
                await saver.aput(config, checkpoint, {"step": 99}, checkpoint["channel_versions"])

    class Meddling(SealedState):
        """Somebody else comes while a checkpoint is sealed that was read."""

        meddled = False

        def metadata(self, place: Place, told: Any) -> dict[str, Any]:
            if not Meddling.meddled:
                Meddling.meddled = True
                with ThreadPoolExecutor(1) as elsewhere:
                    elsewhere.submit(asyncio.run, meddle()).result()
            return super().metadata(place, told)

    await rotated(address, through=Meddling)
    assert Meddling.meddled
    async with saver_with(address, NEW_KEY) as saver:
        assert [each.metadata["step"] for each in await told(saver)] == ([99] if what == "written" else [])
        assert ({*(await held(saver, ["t"])).values()} == {0}) is (what == "deleted")


async def test_a_writer_that_does_not_know_the_newest_key_is_noticed(address: str) -> None:
    async with saver_with(address) as saver:
        await converse(saver)

    class Undone(SealedState):
        """As if somebody wrote the same again under the old key."""

        def metadata(self, place: Place, told: Any) -> dict[str, Any]:
            return {**super().metadata(place, told), SEALED: old.metadata(place, told)[SEALED]}

    _, state = state_parts(kept(address, OLD_KEY))
    assert state
    old = state
    with pytest.raises(UserError, match="goes on writing conversations under another key"):
        await rotated(address, through=Undone)


async def test_keys_that_do_not_fit_are_refused_in_a_sentence_and_nothing_is_changed(address: str) -> None:
    async with saver_with(address) as saver:
        await converse(saver)
    before = dump(address)
    for keys, said in (
        (NEW_KEY, r"under the key 'old', which is not among those given \(new\)"),
        (f"old:{NEW_KEY.removeprefix('new:')},{NEW_KEY}", "another key of the same name"),
    ):
        with pytest.raises(UnreadableStateError, match=said) as caught:
            await rotate_keys(kept(address, keys, store="memory"))
        assert "\n" not in caught.value.sentence
    assert dump(address) == before
    down = kept("redis://127.0.0.1:1/0", NEW_KEY, store="memory", connect_timeout_s=1)
    with pytest.raises(UserError, match=r"The Redis at 127.0.0.1:1 cannot be used"):
        await rotate_keys(down)


async def test_a_damaged_document_stopped_the_rotation_of_all_others(address: str) -> None:
    async with saver_with(address) as saver:
        for name in "abc":
            await converse(saver, name)
    damaged = damage(address, "a")
    with pytest.raises(UnreadPartsError, match="1 of the parts of conversations could not be read") as caught:
        await rotate_keys(kept(address, BOTH_KEYS, store="memory"))
    assert damaged in caught.value.sentence
    assert "nothing that a checkpointer wrote" in caught.value.sentence
    async with saver_with(address, NEW_KEY) as saver:
        for name in "bc":
            assert len((await graph(saver).aget_state(thread(name))).values["messages"]) == 2
    restore(address, damaged)
    await rotate_keys(kept(address, BOTH_KEYS, store="memory"))
    assert header_of("old") not in dump(address)


def damage(address: str, name: str) -> str:
    """Of a thread's oldest checkpoint a part that is not what was written; what names it."""
    with redis.Redis.from_url(address) as client:
        if keys := sorted(client.scan_iter("checkpoint:*", _type="ReJSON-RL")):
            key = next(each for each in keys if each.split(b":")[1] == name.encode())
            DAMAGED[key.decode()] = client.execute_command("JSON.GET", key, "$.metadata")
            client.execute_command("JSON.SET", key, "$.metadata", '"{not json"')
            return key.decode()
        key = f"mnemograph:{{thread:{name}}}".encode()
        field = min(each for each in client.hkeys(key) if each.startswith(b"c\x1f"))
        DAMAGED[f"{name} c {field.decode().split(chr(31))[1]}"] = (key, field, client.hget(key, field))
        client.hset(key, field, b"broken")
        return f"{name} c {field.decode().split(chr(31))[1]}"


def restore(address: str, damaged: str) -> None:
    stood: Any = DAMAGED.pop(damaged)
    with redis.Redis.from_url(address) as client:
        if isinstance(stood, tuple):
            client.hset(*stood)
        else:
            client.execute_command("JSON.SET", damaged, "$.metadata", stood[1:-1])


DAMAGED: dict[str, Any] = {}


@pytest.mark.parametrize("compress_from", [0, 1])
async def test_conversations_in_clear_are_sealed_where_they_stand(address: str, compress_from: int) -> None:
    """Short texts and numbers stood in the checkpoint itself, long lists in blocks, types of a user's own anywhere."""
    long = [HumanMessage("saxophone", id=str(number)) for number in range(30)]
    async with saver_with(address, "", compress_state_from=compress_from) as saver:
        before = await converse(saver)
        await graph(saver).aupdate_state(thread("long"), {"messages": long}, as_node="ask")
        await graph(saver).aupdate_state(thread("long"), {"title": "telescope"}, as_node="ask")
        wanted, of_long = await told(saver), await told(saver, "long")
    configured = kept(address, OLD_KEY)
    with pytest.raises(UnreadableStateError, match="in clear"):
        await seal_conversations(configured, read_clear=False)
    assert await seal_conversations(configured, read_clear=True) > len(wanted)
    assert [word for word in WORDS if word in dump(address)] == []
    async with saver_with(address) as saver:
        assert await told(saver) == wanted
        assert await told(saver, "long") == of_long
        assert (await graph(saver).aget_state(thread())).values == before
        assert len(await history(saver, filter={"pet": "porcupine"})) == len(wanted)
        # What stood in the checkpoint itself is looked for beside it by whoever goes on.
        assert len((await converse(saver))["notes"]) == len(before["notes"]) + 2
        await converse(saver, "long")
    assert await seal_conversations(configured, read_clear=False) == 0
    if compress_from == 0:
        with redis.Redis.from_url(address) as client:
            plain = client.hkeys("mnemograph:{thread:long}")
        assert [field for field in plain if field.startswith(b"b\x1f")] == []


async def test_a_users_own_types_are_sealed_without_being_made(address: str) -> None:
    def named(state: Owner) -> Owner:
        return {"pet": Pet("porcupine")}

    chat = StateGraph(Owner).add_node("named", named).add_edge(START, "named")
    async with saver_with(address, "") as saver:
        await chat.compile(checkpointer=saver).ainvoke({}, thread())
    await seal_conversations(kept(address, OLD_KEY), read_clear=True)
    await rotated(address)
    async with saver_with(address, NEW_KEY) as saver:
        typed = saver.with_allowlist({(Pet.__module__, Pet.__name__)})
        assert (await chat.compile(checkpointer=typed).aget_state(thread())).values == {
            "pet": Pet("porcupine")
        }


async def test_what_langgraphs_own_saver_wrote_is_sealed(redis_database: str) -> None:
    async with Redis.from_url(redis_database) as client:
        stock = AsyncRedisSaver(redis_client=client)
        await stock.asetup()
        before = await converse(stock)
    configured = kept(redis_database, OLD_KEY)
    await seal_conversations(configured, read_clear=True)
    assert [word for word in WORDS if word in dump(redis_database)] == []
    async with open_checkpointer(configured) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
        await converse(saver)


class Letter(TypedDict, total=False):
    sealed: bool


async def test_a_channel_may_be_called_as_what_is_sealed_is(address: str) -> None:
    chat = StateGraph(Letter).add_node("on", lambda state: {}).add_edge(START, "on")
    async with saver_with(address, "") as saver:
        await chat.compile(checkpointer=saver).ainvoke({"sealed": True}, thread())
    await seal_conversations(kept(address, OLD_KEY), read_clear=True)
    async with saver_with(address) as saver:
        assert (await chat.compile(checkpointer=saver).aget_state(thread())).values == {"sealed": True}


async def test_a_value_that_is_told_by_its_writes_is_sealed_anew(address: str) -> None:
    builder = told_by_writes()
    async with saver_with(address) as saver:
        chat = builder.compile(checkpointer=saver)
        for _ in range(4):
            await chat.ainvoke({"messages": [HumanMessage("porcupine")]}, thread())
        state = (await chat.aget_state(thread())).values
    await rotated(address)
    async with saver_with(address, NEW_KEY) as saver:
        assert (await builder.compile(checkpointer=saver).aget_state(thread())).values == state


async def test_turns_go_on_while_keys_are_rotated(address: str) -> None:
    async with saver_with(address) as saver:
        for name in "ab":
            await converse(saver, name)
    async with saver_with(address, BOTH_KEYS) as saver:
        *_, sealed = await asyncio.gather(*(converse(saver, name) for name in "abcd"), rotated(address))
        assert sealed > 0
    await rotated(address)
    async with saver_with(address, NEW_KEY) as saver:
        for name in "ab":
            state = await graph(saver).aget_state(thread(name))
            assert state.values["notes"] == ["astronomy", "reykjavik"] * 2


async def test_threads_of_odd_names_are_sealed_anew_copied_and_deleted(address: str) -> None:
    """RediSearch cuts names at commas and takes blanks away; LangGraph's saver takes the nil UUID for no name."""
    names = ("{x}*?[y]", " a,b ", "a", ",", "d:e", str(UUID(int=0)))
    async with saver_with(address) as saver:
        for name in names:
            await converse(saver, name)
    await rotated(address)
    async with saver_with(address, NEW_KEY) as saver:
        for name in names:
            before = await told(saver, name)
            assert max((await held(saver, [name])).values()) > 0
            assert [each.config["configurable"]["thread_id"] for each in before] == [name] * 5
            await saver.acopy_thread(name, f"copy of {name}")
            await saver.adelete_thread(name)
            assert (await graph(saver).aget_state(thread(name))).values == {}
            assert await told(saver, name) == []
            assert set((await held(saver, [name])).values()) == {0}
            assert len(await told(saver, f"copy of {name}")) == 5

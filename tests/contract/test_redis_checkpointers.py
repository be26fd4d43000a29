"""What is asked of the checkpointers on Redis, with modules and without, beyond LangGraph's own suite."""

import asyncio
import operator
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, Send, interrupt
from redis.asyncio import BlockingConnectionPool, Redis

from config.errors import UserError
from memory.short_term.redis import module as redis_module
from memory.short_term.redis import module_writes as redis_module_writes
from memory.short_term.redis.module import RedisSaver
from memory.short_term.redis.names import Names
from memory.short_term.redis.plain import PlainRedisSaver
from memory.short_term.redis.threads import ThreadIncompleteError
from memory.short_term.threads import ThreadQuery, threads_in
from tests.contract.stored import in_redis
from tests.contract.test_checkpointers import thread

Saver = BaseCheckpointSaver[Any]
TTL_MINUTES = 30


class Masked:
    """Nothing that it writes can be read without it; compressing or encrypting ones do the same."""

    def __init__(self) -> None:
        self._inner = JsonPlusSerializer(allowed_msgpack_modules=None)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, data = self._inner.dumps_typed(obj)
        return f"{kind}+masked", bytes(each ^ 0x5A for each in data)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, _, masked = data[0].partition("+")
        if masked != "masked":
            raise ValueError("not masked")
        return self._inner.loads_typed((kind, bytes(each ^ 0x5A for each in data[1])))


class Place:
    """An empty Redis, and savers on it."""

    def __init__(self, kind: str, address: str, client: Any) -> None:
        self.kind, self.address, self.client = kind, address, client

    async def saver(self, **how: Any) -> Saver:
        if self.kind == "plain":
            return PlainRedisSaver(self.client, **how)
        made = RedisSaver(self.client, **how)
        await made.asetup()
        return made

    async def keys(self) -> list[bytes]:
        return [key async for key in self.client.scan_iter()]


@pytest.fixture(params=["redis", "plain"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    name = "plain_redis_database" if request.param == "plain" else "redis_database"
    address = request.getfixturevalue(name)
    pool = BlockingConnectionPool.from_url(address, protocol=2, max_connections=16, timeout=30)
    async with Redis.from_pool(pool) as client:
        yield Place(request.param, address, client)


@pytest.fixture
async def saver(place: Place) -> Saver:
    return await place.saver()


@pytest.fixture
async def plain(plain_redis_database: str) -> AsyncIterator[PlainRedisSaver]:
    pool = BlockingConnectionPool.from_url(plain_redis_database, protocol=2, max_connections=16, timeout=30)
    async with Redis.from_pool(pool) as client:
        yield PlainRedisSaver(client)


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def steps(*names: str) -> StateGraph[State, Any, Any, Any]:
    """Nodes in a row, each of which notes its name."""
    builder = StateGraph(State)
    for before, name in zip((START, *names), names, strict=False):
        builder.add_node(name, lambda state, name=name: {"notes": [name]})
        builder.add_edge(before, name)
    return builder


def talk(saver: Saver) -> Any:
    builder = StateGraph(MessagesState)
    builder.add_node("reply", lambda state: {"messages": [AIMessage(f"re: {state['messages'][-1].text}")]})
    builder.add_edge(START, "reply")
    return builder.compile(checkpointer=saver)


async def say(saver: Saver, text: str, name: str = "t", **metadata: Any) -> None:
    config: Any = {**thread(name), "metadata": metadata}
    await talk(saver).ainvoke({"messages": [HumanMessage(text)]}, config)


async def said(saver: Saver, name: str = "t") -> list[str]:
    state = await talk(saver).aget_state(thread(name))
    return [message.text for message in state.values.get("messages", [])]


async def all_states(saver: Saver, name: str = "t") -> dict[str, list[str]]:
    """What each checkpoint of the root shows."""
    found = [each async for each in saver.alist(thread(name, checkpoint_ns=""))]
    return {
        each.checkpoint["id"]: [m.text for m in each.checkpoint["channel_values"].get("messages", [])]
        for each in found
    }


async def test_writers_at_once_on_one_thread_leave_whole_states(saver: Saver) -> None:
    texts = [f"message {number}" for number in range(10)]
    await asyncio.gather(*(say(saver, text) for text in texts))
    states = await all_states(saver)
    assert len(states) == 30
    for shown in states.values():
        replies = [text for text in shown if text.startswith("re: ")]
        asked = [text for text in shown if not text.startswith("re: ")]
        assert len(set(shown)) == len(shown)
        assert {reply.removeprefix("re: ") for reply in replies} <= set(asked) <= set(texts)
    everything = {text for shown in states.values() for text in shown}
    assert everything >= {f"re: {text}" for text in texts}


async def test_a_subgraph_keeps_its_own_state_and_goes_with_its_thread(saver: Saver, place: Place) -> None:
    inner = StateGraph(State)
    inner.add_node("ask", lambda state: {"notes": [interrupt("go on?")]})
    inner.add_edge(START, "ask")
    outer = StateGraph(State).add_node("inner", inner.compile()).add_edge(START, "inner")
    graph = outer.compile(checkpointer=saver)
    await graph.ainvoke({"notes": ["hello"]}, thread("t"))
    state = await graph.aget_state(thread("t"), subgraphs=True)
    assert state.tasks[0].state.values["notes"] == ["hello"]
    namespaces = {each.config["configurable"]["checkpoint_ns"] async for each in saver.alist(thread("t"))}
    assert "" in namespaces and any(name.startswith("inner:") for name in namespaces)
    done = await graph.ainvoke(Command(resume="yes"), thread("t"))
    assert done["notes"] == ["hello", "hello", "yes"]
    await saver.adelete_thread("t")
    assert [each async for each in saver.alist(thread("t"))] == []
    left = [key for key in await place.keys() if b"{thread:t}" in key or b":t:" in key]
    assert left == ([Names().grave("t").encode()] if place.kind == "plain" else [])


async def test_what_a_task_wrote_before_its_sibling_crashed_is_not_done_again(saver: Saver) -> None:
    ran: list[str] = []
    broken = True

    def work(state: Any) -> dict[str, list[str]]:
        ran.append(state["name"])
        if state["name"] == "second" and broken:
            raise OSError("crashed")
        return {"notes": [state["name"]]}

    builder = StateGraph(State)
    builder.add_node("work", work)
    builder.add_conditional_edges(START, lambda _: [Send("work", {"name": n}) for n in ("first", "second")])
    graph = builder.compile(checkpointer=saver)
    with pytest.raises(OSError, match="crashed"):
        await graph.ainvoke({"notes": ["begun"]}, thread("t"))
    found = await saver.aget_tuple(thread("t"))
    assert found and ("notes", ["first"]) in [write[1:] for write in found.pending_writes or []]
    broken = False
    assert (await graph.ainvoke(None, thread("t")))["notes"] == ["begun", "first", "second"]
    assert sorted(ran) == ["first", "second", "second"]


async def test_an_interrupt_is_resumed_by_another_process(place: Place) -> None:
    builder = StateGraph(State)
    builder.add_node("ask", lambda state: {"notes": [interrupt({"question": "who?"})]})
    builder.add_edge(START, "ask")
    stopped = await builder.compile(checkpointer=await place.saver()).ainvoke({"notes": []}, thread("t"))
    assert stopped["__interrupt__"][0].value == {"question": "who?"}
    done = await builder.compile(checkpointer=await place.saver()).ainvoke(Command(resume="ana"), thread("t"))
    assert done["notes"] == ["ana"]


async def test_a_state_of_ten_megabytes(saver: Saver) -> None:
    long = "abcdefghij" * 1_000_000
    await say(saver, long)
    shown = await said(saver)
    assert shown[0] == long and shown[1] == f"re: {long}"


async def test_metadata_is_filtered_and_paged_in_order(saver: Saver) -> None:
    for number in range(4):
        await say(saver, f"{number}", kind="odd" if number % 2 else "even")
    ids = list(await all_states(saver))
    where = thread("t", checkpoint_ns="")
    odd = [each async for each in saver.alist(where, filter={"kind": "odd"})]
    assert len(odd) == 6 and all(each.metadata["kind"] == "odd" for each in odd)  # type: ignore[typeddict-item]
    both = [each async for each in saver.alist(where, filter={"kind": "odd", "source": "input"}, limit=1)]
    assert [each.checkpoint["id"] for each in both] == [odd[2].checkpoint["id"]]
    before = [each async for each in saver.alist(where, before=odd[2].config, limit=3)]
    at = ids.index(odd[2].checkpoint["id"])
    assert [each.checkpoint["id"] for each in before] == ids[at + 1 : at + 4]


async def test_a_threads_history_shows_no_other_that_differs_in_case_alone(saver: Saver) -> None:
    """RediSearch's tags know no case."""
    for name in ("Ana", "ana", "ANA"):
        await say(saver, name, name)
    for name in ("Ana", "ana", "ANA"):
        for limit in (None, 1, 3, 5):
            found = [each async for each in saver.alist(thread(name, checkpoint_ns=""), limit=limit)]
            assert len(found) == min(limit or 3, 3)
            assert {each.config["configurable"]["thread_id"] for each in found} == {name}
    await saver.adelete_thread("ana")
    assert await said(saver, "ana") == []
    assert await said(saver, "Ana") == ["Ana", "re: Ana"]


async def test_what_pruning_keeps_is_whole(saver: Saver) -> None:
    for number in range(5):
        await say(saver, f"{number}")
        await say(saver, f"{number}", "other")
    before = await all_states(saver)
    ids = list(before)
    middle = await saver.aget_tuple(thread("t", checkpoint_ns="", checkpoint_id=ids[5]))
    assert middle
    made = datetime.fromisoformat(middle.checkpoint["ts"])
    await saver.aprune(["t"], older_than=made)  # type: ignore[call-arg]
    assert await all_states(saver) == {one: before[one] for one in ids[:6]}
    await saver.aprune(["t"], keep_last=4, older_than=made - timedelta(days=1))  # type: ignore[call-arg]
    assert await all_states(saver) == {one: before[one] for one in ids[:4]}
    await saver.aprune(["t"], older_than=datetime.now(UTC) + timedelta(days=1))  # type: ignore[call-arg]
    assert await all_states(saver) == {ids[0]: before[ids[0]]}
    await say(saver, "more")
    assert await said(saver) == [*before[ids[0]], "more", "re: more"]
    assert len(await all_states(saver, "other")) == 15
    for wrong in ({"keep_last": 0}, {"strategy": "delete", "keep_last": 1}, {"strategy": "newest"}):
        with pytest.raises((UserError, ValueError), match=r"keep_last|strategy"):
            await saver.aprune(["t"], **wrong)  # type: ignore[arg-type]


async def test_a_finished_call_of_a_subgraph_is_pruned_with_where_it_began(saver: Saver) -> None:
    inner = steps("one", "two").compile()
    graph = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile(checkpointer=saver)
    for _ in range(2):
        await graph.ainvoke({"notes": ["go"]}, thread("t"))
    await saver.aprune(["t"])
    left = [each.config["configurable"]["checkpoint_ns"] async for each in saver.alist(thread("t"))]
    assert left == [""]


async def test_every_key_has_a_lifetime_which_reading_renews(place: Place) -> None:
    saver = await place.saver(ttl_minutes=TTL_MINUTES)
    builder = (
        steps("first").add_node("ask", lambda state: {"notes": [interrupt("?")]}).add_edge("first", "ask")
    )
    graph = builder.compile(checkpointer=saver)
    run = str(uuid.uuid4())
    await graph.ainvoke({"notes": ["a"]}, {**thread("t"), "metadata": {"run_id": run}})
    await saver.acopy_thread("t", "copy")
    await graph.ainvoke(Command(resume="b"), {**thread("t"), "metadata": {"run_id": "later"}})
    await saver.adelete_for_runs(["later"])
    for key in await place.keys():
        assert await place.client.pttl(key) > 0, key
    for key in await place.keys():
        await place.client.expire(key, 5)
    read = await saver.aget_tuple(thread("t", checkpoint_ns=""))
    assert read and read.pending_writes
    renewed = [key for key in await place.keys() if await place.client.ttl(key) > 60]
    # The thread and the list of threads; or the checkpoint, the pointer to it, its writes and the list of those.
    assert len(renewed) == (2 if place.kind == "plain" else len(read.pending_writes) + 3)
    for key in await place.keys():
        await place.client.pexpire(key, 1)
    await asyncio.sleep(0.01)
    assert await saver.aget_tuple(thread("t", checkpoint_ns="")) is None
    assert await threads_in(saver, ThreadQuery()) == []
    assert (await graph.ainvoke({"notes": ["anew"]}, thread("t")))["notes"] == ["anew", "first"]


async def test_without_a_lifetime_nothing_of_a_thread_expires(place: Place) -> None:
    await say(await place.saver(ttl_minutes=TTL_MINUTES), "a")
    await say(await place.saver(), "b")
    if place.kind == "plain":
        assert await place.client.ttl(Names().thread("t")) == -1
    assert await said(await place.saver()) == ["a", "re: a", "b", "re: b"]


async def test_a_serde_covers_all_that_is_said(place: Place) -> None:
    saver = await place.saver(serde=Masked())
    await say(saver, "canary-said", plan="canary-plan")
    await say(saver, "canary-more", plan="gold")
    await saver.aput_writes(
        (await saver.aget_tuple(thread("t", checkpoint_ns=""))).config,  # type: ignore[union-attr]
        [("messages", "canary-pending")],
        "task",
    )
    assert b"canary" not in in_redis(place.address)
    assert await said(saver) == ["canary-said", "re: canary-said", "canary-more", "re: canary-more"]
    found = [each async for each in saver.alist(thread("t"), filter={"plan": "canary-plan"})]
    assert len(found) == 3 and found[0].metadata["plan"] == "canary-plan"  # type: ignore[typeddict-item]
    await saver.acopy_thread("t", "copy")
    await saver.aprune(["copy"])
    assert await said(saver, "copy") == await said(saver)
    # What was written without it is the serde's to refuse.
    await say(await place.saver(), "in clear", "clear")
    with pytest.raises(ValueError, match="not masked"):
        await saver.aget_tuple(thread("clear", checkpoint_ns=""))


async def test_half_a_thread_is_the_last_whole_checkpoint_or_an_error(place: Place) -> None:
    saver = await place.saver()
    await say(saver, "one")
    await say(saver, "two")
    shown = await all_states(saver)
    newest = next(iter(shown))
    if place.kind == "plain":
        await place.client.delete(Names().thread("t"))
        assert await said(saver) == []
        await say(saver, "anew")
        assert await said(saver) == ["anew", "re: anew"]
        return
    for key in await place.keys():
        if newest.encode() in key or key.startswith(b"checkpoint_latest"):
            await place.client.delete(key)
    found = await saver.aget_tuple(thread("t", checkpoint_ns=""))
    assert found and found.checkpoint["id"] == list(shown)[1]
    assert (await all_states(saver)) == {one: each for one, each in shown.items() if one != newest}
    await say(saver, "three")
    assert (await said(saver))[-2:] == ["three", "re: three"]


async def test_a_missing_value_is_an_error_and_nothing_is_built_upon_it(plain: PlainRedisSaver) -> None:
    graph = talk(plain)
    await say(plain, "one")
    client: Any = Redis.from_url(await address_of(plain), protocol=2)
    async with client:
        fields = await client.hkeys(Names().thread("t"))
        await client.hdel(Names().thread("t"), *[each for each in fields if each[:1] in b"vb"])
        before = await client.hgetall(Names().thread("t"))
        with pytest.raises(ThreadIncompleteError, match="'t' is missing from Redis"):
            await graph.aget_state(thread("t"))
        with pytest.raises(ThreadIncompleteError):
            await say(plain, "two")
        # A run that holds the state, and takes for granted that its values are there.
        checkpoint: Any = {
            **empty_checkpoint(),
            "channel_values": {"messages": [HumanMessage("x")]},
            "channel_versions": {"messages": "00000009.aa"},
        }
        with pytest.raises(ThreadIncompleteError):
            await plain.aput(thread("t", checkpoint_ns=""), checkpoint, {}, {})
        assert await client.hgetall(Names().thread("t")) == before


async def address_of(saver: PlainRedisSaver) -> str:
    sender: Any = saver._threads._sender
    given = sender._pool.connection_kwargs
    return f"redis://{given['host']}:{given['port']}/0"


async def test_threads_whose_ids_differ_in_case_alone_do_not_hide_each_other(
    redis_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RediSearch takes them for one: a thread was lost by pruning it, and not deleted, beside a longer one."""
    monkeypatch.setattr(redis_module, "SEVERAL", 1)
    monkeypatch.setattr(redis_module_writes, "MOST", 1)
    async with Redis.from_url(redis_database, protocol=2) as client:
        saver = RedisSaver(client)
        await saver.asetup()
        for name in ("Ana", "ana", "Ana"):
            await say(saver, "one", name)
        await saver.aprune(["ana"])
        assert await said(saver, "ana") == ["one", "re: one"]
        await saver.adelete_thread("ana")
        assert await said(saver, "ana") == []
        assert (await saver.aheld(["ana"]))["thread keys"] == 0
        assert len(await said(saver, "Ana")) == 4


async def test_blocks_that_redis_lost_are_sent_again(plain: PlainRedisSaver) -> None:
    """A saver leaves out what it saw in the thread a moment ago."""
    for number in range(4):
        await say(plain, f"{number}")
    await plain.aprune(["t"])
    state = await talk(plain).aget_state(thread("t"))
    async with Redis.from_url(await address_of(plain)) as client:
        fields = await client.hgetall(Names().thread("t"))
        await client.hdel(Names().thread("t"), *[each for each in fields if each.startswith(b"b")])
    whole: Any = {
        **empty_checkpoint(),
        "channel_values": {"messages": state.values["messages"]},
        "channel_versions": {"messages": "00000099.aa"},
    }
    made = await plain.aput(state.config, whole, {"source": "loop"}, {"messages": "00000099.aa"})
    found = await plain.aget_tuple(made)
    assert found and found.checkpoint["channel_values"]["messages"] == state.values["messages"]


async def test_other_threads_call_it_synchronously_and_its_own_loop_may_not(plain: PlainRedisSaver) -> None:
    def elsewhere() -> list[str]:
        graph = talk(plain)
        graph.invoke({"messages": [HumanMessage("one")]}, thread("t"))
        plain.copy_thread("t", "copy")
        plain.prune(["copy"])
        assert len(list(plain.list(thread("copy")))) == 1
        plain.delete_thread("copy")
        return [message.text for message in graph.get_state(thread("t")).values["messages"]]

    assert await asyncio.to_thread(elsewhere) == ["one", "re: one"]
    with pytest.raises(asyncio.InvalidStateError, match="own event loop"):
        plain.get_tuple(thread("t"))

    async def on_another_loop() -> None:
        await say(plain, "two")

    await asyncio.to_thread(asyncio.run, on_another_loop())
    assert (await said(plain))[-2:] == ["two", "re: two"]


async def test_the_modules_saver_prunes_no_thread_that_is_replayed(redis_database: str) -> None:
    async with Redis.from_url(redis_database, protocol=2) as client:
        saver = RedisSaver(client)
        await saver.asetup()
        told: Any = {"source": "loop", "step": 1, "counters_since_delta_snapshot": {"log": (1, 1)}}
        for _ in range(2):
            await saver.aput(thread("t", checkpoint_ns=""), empty_checkpoint(), told, {})
        with pytest.raises(NotImplementedError, match="DeltaChannel"):
            await saver.aprune(["t"])
        assert len([each async for each in saver.alist(thread("t"))]) == 2


def extended(state: list[str], writes: list[list[str]]) -> list[str]:
    return [*state, *(item for write in writes for item in write)]


class Logged(TypedDict):
    log: Annotated[list[str], DeltaChannel(extended, snapshot_frequency=4)]


def logged(saver: Saver) -> Any:
    """A channel of which only what is new is kept, with a whole value at every fourth change."""
    builder = StateGraph(Logged)
    builder.add_node("one", lambda _: {"log": ["one"]})
    builder.add_node("two", lambda _: {"log": ["two"]})
    builder.add_edge(START, "one")
    builder.add_edge("one", "two")
    return builder.compile(checkpointer=saver)


async def test_a_channel_that_is_replayed_is_read_whole_also_after_pruning(plain: PlainRedisSaver) -> None:
    graph = logged(plain)
    expected: list[str] = []
    for number in range(7):
        await graph.ainvoke({"log": [f"{number}"]}, thread("t"))
        expected += [f"{number}", "one", "two"]
        assert (await graph.aget_state(thread("t"))).values["log"] == expected
        if number in (2, 5):
            before = len([each async for each in plain.alist(thread("t"))])
            await plain.aprune(["t"])
            assert len([each async for each in plain.alist(thread("t"))]) < before
            assert (await graph.aget_state(thread("t"))).values["log"] == expected
    newest = await plain.aget_tuple(thread("t", checkpoint_ns=""))
    assert newest
    ours = await plain.aget_delta_channel_history(config=newest.config, channels=["log"])
    theirs = await BaseCheckpointSaver.aget_delta_channel_history(
        plain, config=newest.config, channels=["log"]
    )
    assert ours == theirs


async def test_writes_to_a_checkpoint_that_is_gone_are_no_checkpoint(redis_database: str) -> None:
    """The stock saver marks the checkpoint that it writes to, and makes one of the mark alone where there is none."""
    async with Redis.from_url(redis_database, protocol=2) as client:
        saver = RedisSaver(client)
        await saver.asetup()
        for text in ("one", "two"):
            await say(saver, text)
        newest, before = [each async for each in saver.alist(thread("t", checkpoint_ns=""))][:2]
        keys = [key async for key in client.scan_iter() if key.endswith(newest.checkpoint["id"].encode())]
        await client.delete(*keys)
        await saver.aput_writes(newest.config, [("messages", "late")], "task")
        assert await saver.aget_tuple(newest.config) is None
        found = await saver.aget_tuple(thread("t", checkpoint_ns=""))
        assert found and found.checkpoint["id"] == before.checkpoint["id"]


async def test_a_run_that_no_note_tells_of_is_taken_back_all_the_same(plain: PlainRedisSaver) -> None:
    for name in ("t", "other"):
        await say(plain, "kept", name, run_id="first")
        await say(plain, "undone", name, run_id="second")
    async with Redis.from_url(await address_of(plain)) as client:
        await client.delete(Names().run("second"))
    await plain.adelete_for_runs(["second"])
    for name in ("t", "other"):
        assert await said(plain, name) == ["kept", "re: kept"]
    assert [row.thread_id for row in await threads_in(plain, ThreadQuery())] == ["other", "t"]


async def test_writes_of_a_checkpoint_that_redis_lost_stayed_with_the_threads_next_life(
    plain_redis_database: str, plain: PlainRedisSaver
) -> None:
    await say(plain, "hello")
    found = [each async for each in plain.alist(thread("t"))]
    async with Redis.from_url(plain_redis_database) as client:
        for number in range(2):  # it was lost twice while the run went on
            await client.delete(Names().thread("t"))
            await plain.aput_writes(found[0].config, [("messages", [number])], f"task-{number}")
        first = empty_checkpoint()
        at: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": first["id"]}}
        # Of a checkpoint that is on its way they are kept.
        await plain.aput_writes(at, [("messages", ["early"])], "task")
        await plain.aput({"configurable": {"thread_id": "t", "checkpoint_ns": ""}}, first, {}, {})
        fields = await client.hkeys(Names().thread("t"))
        assert [field.split(b"\x1f")[1].decode() for field in fields if field[:1] == b"w"] == [first["id"]]
        assert await client.pttl(Names().thread("t")) == -1
    kept = await plain.aget_tuple(at)
    assert kept and kept.pending_writes == [("task", "messages", ["early"])]

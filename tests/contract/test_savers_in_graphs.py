"""What a graph needs of its checkpointer, on every one that the factory makes."""

import asyncio
import operator
import uuid
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

from cli.conversation import Conversation
from config.errors import UserError
from memory.short_term import early
from memory.short_term.conflict import ThreadConflict
from memory.short_term.holdings import held
from tests.contract.test_checkpointers import every_kind, graph, kind, saver, thread

__all__ = ["kind", "saver"]

TEN_MB = 10_000_000


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def one_node(saver: BaseCheckpointSaver[Any], **nodes: Any) -> Any:
    """A graph of these nodes, all of them after the start."""
    builder = StateGraph(State)
    for name, node in nodes.items():
        builder.add_node(name, node)
        builder.add_edge(START, name)
        builder.add_edge(name, END)
    return builder.compile(checkpointer=saver)


@every_kind
async def test_checkpoints_of_concurrent_writers_on_one_thread_are_all_there_in_order(
    saver: BaseCheckpointSaver[Any],
) -> None:
    async def write(writer: int) -> list[str]:
        config = thread("t", checkpoint_ns="")
        written = []
        for step in range(5):
            version = saver.get_next_version(None, None)  # type: ignore[arg-type]
            checkpoint: Any = {
                **empty_checkpoint(),
                "channel_values": {"notes": [f"{writer}-{step}"]},
                "channel_versions": {"notes": version},
            }
            config = await saver.aput(
                config, checkpoint, {"source": "update", "step": step}, {"notes": version}
            )
            await saver.aput_writes(config, [("notes", [writer])], f"task-{writer}")
            written.append(checkpoint["id"])
        return written

    written = sorted(name for some in await asyncio.gather(*map(write, range(6))) for name in some)
    found = [each async for each in saver.alist(thread("t", checkpoint_ns=""))]
    assert [each.checkpoint["id"] for each in found] == written[::-1]
    for each in found:
        writer = each.checkpoint["channel_values"]["notes"][0].split("-")[0]
        pending = (await saver.aget_tuple(each.config)).pending_writes  # type: ignore[union-attr]
        assert pending == [(f"task-{writer}", "notes", [int(writer)])]


@every_kind
async def test_a_subgraph_stops_and_goes_on_in_a_namespace_of_its_own(
    saver: BaseCheckpointSaver[Any],
) -> None:
    def ask(state: State) -> dict[str, Any]:
        return {"notes": [interrupt("which?")]}

    inner = StateGraph(State)
    inner.add_node("before", lambda state: {"notes": ["inner"]})
    inner.add_node("ask", ask)
    inner.add_edge(START, "before")
    inner.add_edge("before", "ask")
    outer = one_node(saver, sub=inner.compile())
    stopped = await outer.ainvoke({"notes": ["a"]}, thread("t"))
    assert [each.value for each in stopped["__interrupt__"]] == ["which?"]
    namespaces = {each.config["configurable"]["checkpoint_ns"] async for each in saver.alist(thread("t"))}
    assert {namespace.partition(":")[0] for namespace in namespaces} == {"", "sub"}
    state = await outer.ainvoke(Command(resume="this"), thread("t"))
    assert state["notes"] == ["a", "a", "inner", "this"]


@every_kind
async def test_what_other_nodes_had_written_is_there_after_a_crash(saver: BaseCheckpointSaver[Any]) -> None:
    ran: list[str] = []

    def steady(state: State) -> dict[str, Any]:
        ran.append("steady")
        return {"notes": ["steady"]}

    async def shaky(state: State) -> dict[str, Any]:
        ran.append("shaky")
        if ran.count("shaky") == 1:
            while not await stored():  # noqa: ASYNC110 - it is the saver that is watched
                await asyncio.sleep(0.01)
            raise ConnectionError("the process died here")
        return {"notes": ["shaky"]}

    async def stored() -> bool:
        found = await saver.aget_tuple(thread("t", checkpoint_ns=""))
        return ("notes", ["steady"]) in [write[1:] for write in (found and found.pending_writes) or []]

    chat = one_node(saver, steady=steady, shaky=shaky)
    with pytest.raises(ConnectionError):
        await chat.ainvoke({"notes": ["a"]}, thread("t"))
    assert await stored()
    assert (await chat.ainvoke(None, thread("t")))["notes"] == ["a", "shaky", "steady"]
    assert sorted(ran) == ["shaky", "shaky", "steady"]


@every_kind
async def test_a_run_that_asked_goes_on_with_the_answer(saver: BaseCheckpointSaver[Any]) -> None:
    def ask(state: State) -> dict[str, Any]:
        return {"notes": [interrupt("sure?"), interrupt("really?")]}

    chat = one_node(saver, ask=ask)
    await chat.ainvoke({"notes": ["a"]}, thread("t"))
    second = await chat.ainvoke(Command(resume="yes"), thread("t"))
    assert [each.value for each in second["__interrupt__"]] == ["really?"]
    assert (await chat.ainvoke(Command(resume="indeed"), thread("t")))["notes"] == ["a", "yes", "indeed"]


@every_kind
async def test_tasks_of_their_own_ask_and_are_answered_one_by_one(saver: BaseCheckpointSaver[Any]) -> None:
    ran: list[str] = []

    def work(given: list[dict[str, Any]]) -> dict[str, Any]:
        name = given[0]["name"]
        ran.append(name)
        return {"notes": [f"{name}: {interrupt(name) if name != 'quiet' else 'done'}"]}

    calls = [{"name": name, "args": {"n": [1]}, "id": name} for name in ("b", "quiet", "a")]
    builder = StateGraph(State)
    builder.add_node("work", work)
    builder.add_conditional_edges(START, lambda _: [Send("work", [call]) for call in calls], ["work"])
    chat = builder.compile(checkpointer=saver)
    stopped = await chat.ainvoke({"notes": []}, thread("t"))
    ids = {each.value: each.id for each in stopped["__interrupt__"]}
    assert ids.keys() == {"a", "b"}
    left = await chat.ainvoke(Command(resume={ids["a"]: "yes"}), thread("t"))
    assert [(each.value, each.id) for each in left["__interrupt__"]] == [("b", ids["b"])]
    ended = await chat.ainvoke(Command(resume={ids["b"]: "no"}), thread("t"))
    assert ended["notes"] == ["b: no", "quiet: done", "a: yes"]
    assert ran.count("quiet") == 1
    assert (await chat.aget_state(thread("t"))).next == ()


@every_kind
async def test_a_run_whose_thread_is_deleted_does_not_write_it_back(saver: BaseCheckpointSaver[Any]) -> None:
    async def forget(state: State) -> dict[str, Any]:
        await saver.adelete_thread("t")
        return {"notes": ["late"]}

    await graph(saver).ainvoke({"notes": ["a"]}, thread("t"))
    newest = await saver.aget_tuple(thread("t", checkpoint_ns=""))
    assert newest
    with pytest.raises(ThreadConflict):
        await one_node(saver, forget=forget).ainvoke({"notes": ["b"]}, thread("t"), durability="sync")
    await refuses_what_is_late(saver, newest)
    assert set((await held(saver, ["t"])).values()) == {0}
    # A new life of the same id is let through, and what is late is as late as before.
    assert len((await graph(saver).ainvoke({"notes": ["anew"]}, thread("t")))["notes"]) == 3
    before = await held(saver, ["t"])
    await refuses_what_is_late(saver, newest)
    assert await held(saver, ["t"]) == before


@every_kind
async def test_what_is_sent_beside_checkpoints_does_not_come_to_a_deleted_thread(
    saver: BaseCheckpointSaver[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As LangGraph does by default. A new life's first writes may be there before its first checkpoint is."""

    async def forget(state: State) -> dict[str, Any]:
        await saver.adelete_thread("t")
        return {"notes": ["late"]}

    builder = StateGraph(State).add_node("forget", forget).add_node("on", lambda state: {"notes": ["later"]})
    builder.add_edge(START, "forget").add_edge("forget", "on")
    await graph(saver).ainvoke({"notes": ["a"]}, thread("t"))
    with monkeypatch.context() as patched:
        patched.setattr(early, "PAUSES", [0.01])
        with pytest.raises(ThreadConflict):
            await builder.compile(checkpointer=saver).ainvoke({}, thread("t"), durability="async")
    assert set((await held(saver, ["t"])).values()) == {0}
    first = empty_checkpoint()
    at = thread("t", checkpoint_ns="", checkpoint_id=first["id"])
    await asyncio.gather(
        saver.aput_writes(at, [("notes", ["anew"])], "task"),
        saver.aput(thread("t", checkpoint_ns=""), first, {}, {}),
    )
    found = await saver.aget_tuple(at)
    assert found and found.pending_writes == [("task", "notes", ["anew"])]


async def refuses_what_is_late(saver: BaseCheckpointSaver[Any], newest: CheckpointTuple) -> None:
    """Of a thread that was deleted: a checkpoint, a write, and what a subgraph would store."""
    late: Any = {**empty_checkpoint(), "channel_values": {"done": True}, "channel_versions": {"done": "1"}}
    called = thread("t", checkpoint_ns="inner:1")
    with pytest.raises(ThreadConflict, match="deleted"):
        await saver.aput(newest.config, late, {}, {"done": "1"})
    with pytest.raises(ThreadConflict):
        await saver.aput_writes(newest.config, [("notes", ["x"])], "task")
    with pytest.raises(ThreadConflict):
        await saver.aput(called, late, {"parents": {"": newest.checkpoint["id"]}}, {"done": "1"})


@every_kind
async def test_a_thread_that_is_deleted_while_it_is_written_stays_deleted(
    saver: BaseCheckpointSaver[Any],
) -> None:
    config = await saver.aput(thread("t", checkpoint_ns=""), empty_checkpoint(), {}, {})

    async def write_on() -> None:
        at = config
        for _ in range(1_000):
            at = await saver.aput(at, empty_checkpoint(), {}, {})
            await saver.aput_writes(at, [("notes", ["x"])], "task")
            await asyncio.sleep(0)

    async def forget() -> None:
        while len([each async for each in saver.alist(thread("t"))]) < 4:  # noqa: ASYNC110 - the saver is watched
            await asyncio.sleep(0)
        await saver.adelete_thread("t")

    ended = await asyncio.gather(write_on(), forget(), return_exceptions=True)
    assert isinstance(ended[0], ThreadConflict), ended
    assert set((await held(saver, ["t"])).values()) == {0}


@every_kind
async def test_a_thread_that_was_deleted_before_its_first_checkpoint_came_back_with_it(
    saver: BaseCheckpointSaver[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with the durability "async" makes a checkpoint, and puts it some time later."""
    put, deleted = saver.aput, False

    async def put_late(*args: Any) -> Any:
        nonlocal deleted
        if not deleted:
            deleted = True
            await saver.adelete_thread("t")
        return await put(*args)

    with monkeypatch.context() as patched:
        patched.setattr(early, "PAUSES", [0.01])
        patched.setattr(saver, "aput", put_late)
        with pytest.raises(ThreadConflict):
            await graph(saver).ainvoke({"notes": ["a"]}, thread("t"), durability="async")
    assert deleted
    assert set((await held(saver, ["t"])).values()) == {0}
    assert (await graph(saver).ainvoke({"notes": ["anew"]}, thread("t")))["notes"] == [
        "anew",
        "first",
        "second",
    ]


@every_kind
async def test_a_thread_is_copied_to_the_name_of_one_that_was_deleted_later(
    saver: BaseCheckpointSaver[Any],
) -> None:
    for name in ("t", "copy"):
        await graph(saver).ainvoke({"notes": [name]}, thread(name))
    await saver.adelete_thread("copy")
    await saver.acopy_thread("t", "copy")
    assert (await graph(saver).ainvoke({"notes": ["on"]}, thread("copy")))["notes"][::3] == ["t", "on"]


@every_kind
async def test_a_state_of_ten_megabytes(saver: BaseCheckpointSaver[Any]) -> None:
    notes = [f"{number}" + "é" * 500 for number in range(TEN_MB // 1_000)]
    await graph(saver).ainvoke({"notes": notes}, thread("t"))
    assert (await graph(saver).aget_state(thread("t"))).values["notes"] == [*notes, "first", "second"]


@every_kind
async def test_replay_and_fork_from_an_earlier_checkpoint(saver: BaseCheckpointSaver[Any]) -> None:
    chat = graph(saver)
    for text in ("a", "b"):
        await chat.ainvoke({"notes": [text]}, thread("t"))
    earlier = [each async for each in chat.aget_state_history(thread("t"))][4]
    assert earlier.values["notes"] == ["a", "first", "second"]
    forked = await chat.ainvoke({"notes": ["instead"]}, earlier.config)
    assert forked["notes"] == ["a", "first", "second", "instead", "first", "second"]
    assert (await chat.ainvoke({"notes": ["on"]}, thread("t")))["notes"][3] == "instead"
    await chat.aupdate_state(earlier.config, {"notes": ["edited"]})
    assert (await chat.aget_state(thread("t"))).values["notes"][-1] == "edited"


@every_kind
async def test_s15_ids_that_can_only_be_a_mistake_are_refused_in_one_sentence(
    saver: BaseCheckpointSaver[Any],
) -> None:
    for name in (
        "../x",
        "a/../b",
        "..",
        "a%2Fb",
        "a%2f..",
        "%00",
        "nul\x00",
        "line\n",
        "x" * 10_000,
        "",
        "\ud800",
    ):
        config: RunnableConfig = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        for asked in (
            lambda config=config: saver.aget_tuple(config),
            lambda config=config: saver.aput(config, empty_checkpoint(), {}, {}),
            lambda name=name: saver.adelete_thread(name),
            lambda name=name: saver.acopy_thread(name, "there"),
            lambda name=name: saver.acopy_thread("t", name),
            lambda name=name: saver.aprune([name]),
            lambda config=config: anext(saver.alist(config)),
        ):
            with pytest.raises(UserError, match="is refused: give 1 to 512 characters") as caught:
                await asked()
            assert len(str(caught.value)) < 300
    with pytest.raises(UserError, match="checkpoint id"):
        await saver.aget_tuple(thread("t", checkpoint_ns="", checkpoint_id="../1"))
    with pytest.raises(UserError, match="namespace"):
        await saver.aget_tuple(thread("t", checkpoint_ns="n\x00"))
    assert [each async for each in saver.alist(None)] == []


@every_kind
async def test_a_history_longer_than_a_page_is_whole(saver: BaseCheckpointSaver[Any]) -> None:
    config = thread("t", checkpoint_ns="")
    for step in range(120):
        config = await saver.aput(config, empty_checkpoint(), {"source": "update", "step": step}, {})
    found = [each.metadata["step"] async for each in saver.alist(thread("t", checkpoint_ns=""))]
    assert found == list(range(119, -1, -1))
    limited = [
        each.metadata["step"]
        async for each in saver.alist(thread("t", checkpoint_ns=""), before=config, limit=70)
    ]
    assert limited == list(range(118, 48, -1))
    everywhere = [each.metadata["step"] async for each in saver.alist(None, filter={"step": 7})]
    assert everywhere == [7]


@pytest.mark.parametrize("kind", ["postgres", "sealed postgres"], indirect=True)
async def test_every_synchronous_method_works_from_another_thread(saver: BaseCheckpointSaver[Any]) -> None:
    def work() -> list[str]:
        config = saver.put(thread("t", checkpoint_ns=""), empty_checkpoint(), {"step": 1, "run_id": "r"}, {})
        saver.put_writes(config, [("notes", ["x"])], "task")
        found = saver.get_tuple(config)
        assert found is not None
        assert found.pending_writes == [("task", "notes", ["x"])]
        saver.copy_thread("t", "copy")
        saver.put(thread("copy", checkpoint_ns=""), empty_checkpoint(), {"step": 2}, {})
        saver.prune(["copy"], keep_last=1)
        saver.delete_for_runs(["r"])
        left = [each.config["configurable"]["thread_id"] for each in saver.list(None)]
        saver.delete_thread("copy")
        return left

    assert await asyncio.to_thread(work) == ["copy"]
    assert [each async for each in saver.alist(None)] == []
    for asked in (
        lambda: saver.prune(["t"]),
        lambda: saver.copy_thread("t", "u"),
        lambda: saver.get_tuple(thread("t")),
    ):
        with pytest.raises(asyncio.InvalidStateError):
            asked()


@pytest.mark.parametrize("kind", ["postgres", "sealed postgres"], indirect=True)
async def test_values_that_json_cannot_hold_are_kept(saver: BaseCheckpointSaver[Any]) -> None:
    """LangGraph's own saver fails on a NUL or a NaN in a channel that is a text or a number."""
    values = {"text": "nul\x00", "number": float("inf"), "back": "a\\b"}
    checkpoint: Any = {
        **empty_checkpoint(),
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, "1"),
    }
    metadata: Any = {"source": "update", "step": 1, "said": {"deep": ["nul\x00"]}}
    await saver.aput(thread("t", checkpoint_ns=""), checkpoint, metadata, dict.fromkeys(values, "1"))
    await saver.aput_writes(
        thread("t", checkpoint_ns="", checkpoint_id=checkpoint["id"]), [("a\\b", "x\x00")], "task"
    )
    found = await saver.aget_tuple(thread("t", checkpoint_ns=""))
    assert found is not None
    assert found.checkpoint["channel_values"] == values
    assert found.pending_writes == [("task", "a\\b", "x\x00")]


def test_generated_thread_ids_carry_122_random_bits() -> None:
    """S15: a UUID of version 4, which is what the product makes wherever it makes a thread."""
    made = Conversation.__dataclass_fields__["thread_id"].default_factory()  # type: ignore[misc]
    assert uuid.UUID(made).version == 4

"""LangGraph's conformance suite on sealed and on compressed conversations, and what a sealed database shows."""

import asyncio
import operator
import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.conformance import validate
from langgraph.checkpoint.conformance.capabilities import Capability
from langgraph.checkpoint.conformance.initializer import RegisteredCheckpointer
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, Send, interrupt

from config.errors import UserError
from config.settings import Settings
from memory.short_term.conflict import ThreadConflict
from memory.short_term.factory import open_checkpointer
from memory.short_term.postgres.sealed_saver import SealedPostgresSaver
from memory.short_term.sealed.envelope import UnreadableStateError
from memory.short_term.threads import ThreadQuery
from tests.contract import stored
from tests.services.sealed import OLD_KEY, rows, sealed_saver

WAYS: dict[str, dict[str, Any]] = {
    "sealed": {"encryption_keys": OLD_KEY, "compress_state_from": 1},
    "compressed": {"compress_state_from": 1},
}
WORDS = [
    b"porcupine",
    b"marmalade",
    b"saxophone",
    b"reykjavik",
    b"astronomy",
    b"telescope",
    b"volcano",
    b"quillfeather",
]


@pytest.fixture
async def saver(database: str) -> AsyncIterator[SealedPostgresSaver]:
    async with open_checkpointer(Settings(postgres=database, encryption_keys=OLD_KEY)) as opened:
        assert isinstance(opened, SealedPostgresSaver)
        yield opened


@pytest.mark.parametrize("capability", [each.value for each in Capability])
@pytest.mark.parametrize("way", WAYS)
async def test_conformance(way: str, capability: str, database: str) -> None:
    async def opened() -> AsyncGenerator[BaseCheckpointSaver[Any], None]:
        async with open_checkpointer(Settings(postgres=database, **WAYS[way])) as made:
            yield made

    report = await validate(RegisteredCheckpointer(way, opened), capabilities={capability})
    result = report.results[capability]
    assert result.detected, f"{way} has no {capability}"
    assert result.failures == []
    assert result.tests_passed > 0


@dataclass
class Pet:
    name: str


class Owner(TypedDict, total=False):
    pet: Pet


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    notes: Annotated[list[str], operator.add]
    title: str
    mood: str | None
    count: int
    share: float
    done: bool


def graph(saver: BaseCheckpointSaver[Any]) -> Any:
    """With every kind of value in its channels, tasks that are sent, and a question to the user."""

    def first(state: State) -> Any:
        return {
            "messages": [AIMessage("the saxophone plays")],
            "title": "telescope",
            "mood": None,
            "count": 471108152342,
            "share": 0.5,
            "done": True,
        }

    def ask(state: State) -> Any:
        return {"notes": [interrupt("which volcano?")]}

    def item(state: Any) -> Any:
        return {"notes": [state["notes"]]}

    builder = StateGraph(State)
    builder.add_node("first", first)
    builder.add_node("ask", ask)
    builder.add_node("item", item)
    builder.add_edge(START, "first")
    builder.add_conditional_edges("first", lambda state: [Send("item", {"notes": "astronomy"})], ["item"])
    builder.add_edge("item", "ask")
    builder.add_edge("ask", END)
    return builder.compile(checkpointer=saver)


def thread(name: str = "t", **more: Any) -> Any:
    return {"configurable": {"thread_id": name, **more}}


async def converse(saver: BaseCheckpointSaver[Any], name: str = "t", **metadata: Any) -> dict[str, Any]:
    """A turn that stops for a question and goes on; the state at its end."""
    chat = graph(saver)
    config = {**thread(name, nickname="quillfeather"), "metadata": {"pet": "porcupine", **metadata}}
    await chat.ainvoke({"messages": [HumanMessage("marmalade, please", id="1")]}, config)
    return dict(await chat.ainvoke(Command(resume="reykjavik"), config))


async def history(saver: BaseCheckpointSaver[Any], name: str = "t", **wanted: Any) -> list[CheckpointTuple]:
    return [found async for found in saver.alist(thread(name), **wanted)]


async def test_a_dump_holds_no_word_of_the_conversation(saver: SealedPostgresSaver, database: str) -> None:
    state = await converse(saver)
    assert [message.content for message in state["messages"]] == ["marmalade, please", "the saxophone plays"]
    assert state["notes"] == ["astronomy", "reykjavik"]
    assert [state[name] for name in ("title", "mood", "count", "share", "done")] == [
        "telescope",
        None,
        471108152342,
        0.5,
        True,
    ]
    await saver.aput_writes(
        thread(checkpoint_ns="", checkpoint_id=empty_checkpoint()["id"]), [("notes", "porcupine")], "task"
    )
    dump = stored.in_postgres(database)
    decoded = b"\n".join(map(stored._decoded, re.findall(r"[\w+/=]{12,}", dump.decode(errors="replace"))))
    for word in (*WORDS, b"471108152342", b"nickname"):
        assert word not in dump.lower(), word
        assert word not in decoded.lower(), word
    # The same search finds them where nothing is sealed.
    rows(database, "TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")
    async with open_checkpointer(Settings(postgres=database, compress_state_from=0)) as clear:
        await converse(clear)
    dump = stored.in_postgres(database).lower()
    assert [word for word in WORDS if word not in dump] == []


async def test_what_stays_readable_is_what_the_documentation_lists(
    saver: SealedPostgresSaver, database: str
) -> None:
    await converse(saver)
    readable = {
        name
        for (metadata,) in rows(database, "SELECT metadata FROM checkpoints")
        for name in metadata
        if not name.startswith("~")
    }
    assert readable <= {"source", "step", "parents", "run_id", "thread_id"}
    assert readable >= {"source", "step", "parents"}
    values = [
        value
        for (body,) in rows(database, "SELECT checkpoint -> 'channel_values' FROM checkpoints")
        for value in body.values()
    ]
    assert all(
        value is None or isinstance(value, bool) or value.startswith("mnemograph1:") for value in values
    )
    assert True in values
    assert None in values
    for table in ("checkpoint_blobs", "checkpoint_writes"):
        kinds = rows(
            database, f"SELECT DISTINCT type, substring(blob FOR 4) FROM {table} WHERE type <> 'empty'"
        )
        assert kinds == [("bytes", b"\xc1mg\x01")]


async def test_metadata_comes_back_whole_and_is_asked_for_by_tokens(saver: SealedPostgresSaver) -> None:
    await converse(saver, number=3, share=0.25, nothing=None)
    await converse(saver, "other", number=4)
    [newest, *_] = await history(saver)
    assert {name: newest.metadata[name] for name in ("pet", "nickname", "number", "share", "source")} == {  # type: ignore[literal-required]
        "pet": "porcupine",
        "nickname": "quillfeather",
        "number": 3,
        "share": 0.25,
        "source": "loop",
    }
    everything = [each async for each in saver.alist(None)]
    assert len([each async for each in saver.alist(None, filter={"pet": "porcupine"})]) == len(everything)
    found = [each async for each in saver.alist(None, filter={"number": 4.0, "source": "loop"})]
    assert {each.config["configurable"]["thread_id"] for each in found} == {"other"}
    assert [each async for each in saver.alist(None, filter={"pet": "porcupin"})] == []
    assert len([each async for each in saver.alist(None, filter={"pet": "porcupine"}, limit=2)]) == 2
    # What has no token is compared when it is opened.
    step = newest.metadata["step"]
    metadata: Any = {"source": "update", "step": step + 1, "tags": ["a", {"deep": 1}]}
    await saver.aput(newest.config, {**empty_checkpoint(), "id": "f" * 32}, metadata, {})
    assert len(await history(saver, filter={"tags": [{"deep": 1}]}, limit=1)) == 1
    assert await history(saver, filter={"tags": ["b"]}) == []


async def test_threads_are_listed_by_what_only_tokens_show(saver: SealedPostgresSaver) -> None:
    for name in ("a", "b", "c"):
        await converse(saver, name, user_id="ana" if name != "b" else "bob")
    found = await saver.athreads(ThreadQuery({"user_id": "ana"}))
    assert [row.thread_id for row in found] == ["c", "a"]
    assert found[0].run_metadata["user_id"] == "ana"
    [row] = await saver.athreads(ThreadQuery({"user_id": "ana"}, before=found[0].checkpoint_id, limit=1))
    assert row.thread_id == "a"


async def test_a_copied_thread_is_sealed_for_its_own_place(saver: SealedPostgresSaver) -> None:
    await converse(saver)
    before = await history(saver)
    await saver.acopy_thread("t", "copy")
    copied = await history(saver, "copy")
    assert [each.checkpoint for each in copied] == [each.checkpoint for each in before]
    assert [each.pending_writes for each in copied] == [each.pending_writes for each in before]
    await saver.adelete_thread("t")
    state = await graph(saver).aget_state(thread("copy"))
    assert state.values["notes"] == ["astronomy", "reykjavik"]
    await converse(saver, "copy")


MOVES = {
    "to another thread": "UPDATE checkpoint_blobs SET thread_id = 'x' WHERE thread_id = 't' AND channel = 'messages'",
    "to another channel": "UPDATE checkpoint_blobs SET blob = b.blob FROM checkpoint_blobs b "
    "WHERE checkpoint_blobs.channel = 'notes' AND b.channel = 'messages' AND checkpoint_blobs.thread_id = 't' "
    "AND b.thread_id = 't'",
    "a short value to another channel": "UPDATE checkpoints SET checkpoint = jsonb_set(checkpoint, "
    "'{channel_values,title}', checkpoint -> 'channel_values' -> 'count') WHERE thread_id = 't' "
    "AND checkpoint -> 'channel_values' ? 'count'",
    "a write to another thread": "UPDATE checkpoint_writes SET blob = w.blob FROM checkpoint_writes w "
    "WHERE checkpoint_writes.thread_id = 't' AND w.thread_id = 'x' AND checkpoint_writes.channel = w.channel",
    "metadata of another thread": "UPDATE checkpoints SET metadata = c.metadata FROM checkpoints c "
    "WHERE checkpoints.thread_id = 't' AND c.thread_id = 'x'",
    "in clear": "UPDATE checkpoints SET checkpoint = jsonb_set(checkpoint, '{channel_values,title}', '\"forged\"') "
    "WHERE thread_id = 't'",
    "a value in clear": "UPDATE checkpoint_blobs SET type = 'msgpack', blob = '\\x90' WHERE thread_id = 't'",
    "a write in clear": "UPDATE checkpoint_writes SET type = 'null', blob = '' WHERE thread_id = 't'",
    "metadata in clear": "UPDATE checkpoints SET metadata = '{\"source\": \"loop\"}' WHERE thread_id = 't'",
    "altered": "UPDATE checkpoint_blobs SET blob = set_byte(blob, 40, get_byte(blob, 40) # 1) WHERE thread_id = 't'",
    "cut short": "UPDATE checkpoint_blobs SET blob = substring(blob FOR 30) WHERE thread_id = 't'",
}


@pytest.mark.parametrize("move", MOVES)
async def test_what_was_moved_altered_or_forged_is_refused(
    move: str, saver: SealedPostgresSaver, database: str
) -> None:
    await converse(saver)
    await converse(saver, "x")
    if move == "to another thread":
        rows(database, "DELETE FROM checkpoint_blobs WHERE thread_id = 'x' AND channel = 'messages'")
        newest = rows(
            database,
            "SELECT checkpoint -> 'channel_versions' ->> 'messages' FROM checkpoints WHERE thread_id = 'x' "
            "ORDER BY checkpoint_id DESC LIMIT 1",
        )[0][0]
        rows(
            database,
            "UPDATE checkpoint_blobs SET version = %s WHERE thread_id = 't' AND channel = 'messages' AND version = "
            "(SELECT max(version) FROM checkpoint_blobs WHERE thread_id = 't' AND channel = 'messages')",
            newest,
        )
    rows(database, MOVES[move])
    name = "x" if move == "to another thread" else "t"
    with pytest.raises(UnreadableStateError):
        await history(saver, name)


async def test_a_thread_goes_on_in_another_process_and_many_at_once(database: str) -> None:
    async with sealed_saver(database) as saver:
        await asyncio.gather(*(converse(saver, str(n)) for n in range(8)))
    async with sealed_saver(database, compress_state_from=1) as saver:
        states = await asyncio.gather(*(converse(saver, str(n)) for n in range(8)))
    assert all(len(state["messages"]) == 3 for state in states)


async def test_a_large_state_comes_back(saver: SealedPostgresSaver) -> None:
    many = [HumanMessage(f"{number} " + "x" * 4_000, id=str(number)) for number in range(300)]
    await graph(saver).aupdate_state(thread(), {"messages": many, "title": "y" * 300_000}, as_node="ask")
    state = await graph(saver).aget_state(thread())
    assert state.values["messages"] == many
    assert len(state.values["title"]) == 300_000


async def test_a_deployment_switches_compression_on_without_losing_a_thread(database: str) -> None:
    async with AsyncPostgresSaver.from_conn_string(database) as stock:
        await stock.setup()
        before = await converse(stock)
    async with open_checkpointer(Settings(postgres=database, compress_state_from=64)) as saver:
        assert (await graph(saver).aget_state(thread())).values == before
        await converse(saver)
    # What was compressed before stays readable when it is off.
    async with open_checkpointer(Settings(postgres=database, compress_state_from=0)) as saver:
        state = await graph(saver).aget_state(thread())
        assert len(state.values["messages"]) == 3
        await converse(saver)


async def test_a_graphs_schema_names_types_that_are_read(saver: SealedPostgresSaver) -> None:
    config = thread(checkpoint_ns="")
    version = saver.get_next_version(None, None)
    checkpoint: Any = {
        **empty_checkpoint(),
        "channel_values": {"kind": [Capability.PUT]},
        "channel_versions": {"kind": version},
    }
    await saver.aput(config, checkpoint, {"source": "update", "step": 0}, {"kind": version})
    allowed = saver.with_allowlist([(Capability.__module__, Capability.__name__)])
    for each, wanted in ((saver, str), (allowed, Capability)):
        found = await each.aget_tuple(config)
        assert found
        [kept] = found.checkpoint["channel_values"]["kind"]
        assert type(kept) is wanted


def place(config: RunnableConfig) -> dict[str, Any]:
    return dict(config["configurable"])


async def test_history_knows_its_parents(saver: SealedPostgresSaver) -> None:
    await converse(saver)
    found = await history(saver)
    ids = [one.checkpoint["id"] for one in found]
    assert ids == sorted(ids, reverse=True)
    parents = [one.parent_config and place(one.parent_config)["checkpoint_id"] for one in found]
    assert parents == [*ids[1:], None]
    assert (await saver.aget_tuple(found[2].config)) == found[2]


async def test_the_ids_of_a_copy_are_checked_as_all_are(saver: SealedPostgresSaver) -> None:
    for names in (("../t", "copy"), ("t", "a\x00b")):
        with pytest.raises(UserError, match="is refused"):
            await saver.acopy_thread(*names)


async def test_a_run_that_no_longer_goes_on_from_the_newest_is_told(saver: SealedPostgresSaver) -> None:
    """A sealed checkpoint still says to which run it belongs."""
    chat = graph(saver)
    await converse(saver)

    async def meanwhile(state: Any) -> Any:
        await chat.aupdate_state(thread(), {"notes": ["volcano"]}, as_node="ask")
        return {"title": "late"}

    builder = StateGraph(State)
    builder.add_node("meanwhile", meanwhile)
    builder.add_edge(START, "meanwhile")
    late = builder.compile(checkpointer=saver)
    with pytest.raises(ThreadConflict):
        await late.ainvoke({"messages": [HumanMessage("porcupine")]}, thread(), durability="sync")
    state = (await chat.aget_state(thread())).values
    assert state["notes"] == ["astronomy", "reykjavik", "volcano"]


async def test_runs_are_taken_back_and_threads_pruned(saver: SealedPostgresSaver, database: str) -> None:
    first = await converse(saver)
    chat, run = graph(saver), "0b7c5c7e-3a0b-4a60-9d55-0f3f3a4a9d10"
    config = {**thread(), "run_id": run, "metadata": {"run_id": run}}
    await chat.ainvoke({"messages": [HumanMessage("porcupine")]}, config)
    await saver.adelete_for_runs([run])
    assert (await chat.aget_state(thread())).values == first
    await saver.aprune(["t"])
    assert rows(database, "SELECT count(*) FROM checkpoints WHERE checkpoint_ns = ''") == [(1,)]
    assert (await chat.aget_state(thread())).values == first


async def test_a_process_without_keys_takes_no_envelope_for_what_was_said(database: str) -> None:
    """It was started before the first conversation was sealed."""
    async with (
        open_checkpointer(Settings(postgres=database)) as late,
        open_checkpointer(Settings(postgres=database, encryption_keys=OLD_KEY)) as saver,
    ):
        await converse(saver)
        with pytest.raises(
            UnreadableStateError, match=r"under the key 'old': set MNEMOGRAPH_ENCRYPTION_KEYS"
        ):
            await late.aget_tuple(thread())


async def test_types_that_are_allowed_are_read_in_clear_and_sealed(database: str) -> None:
    """While conversations are being sealed."""
    builder = StateGraph(Owner)
    builder.add_node("pass", lambda state: {})
    builder.add_edge(START, "pass")
    async with open_checkpointer(Settings(postgres=database)) as saver:
        await builder.compile(checkpointer=saver).ainvoke({"pet": Pet("porcupine")}, thread())
    reading = Settings(postgres=database, encryption_keys=OLD_KEY, read_clear_state=True)
    async with open_checkpointer(reading) as saver:
        chat = builder.compile(checkpointer=saver.with_allowlist([(Pet.__module__, Pet.__name__)]))
        assert (await chat.aget_state(thread())).values == {"pet": Pet("porcupine")}
        await chat.ainvoke({"pet": Pet("telescope")}, thread("sealed"))
        assert (await chat.aget_state(thread("sealed"))).values == {"pet": Pet("telescope")}

"""Which threads a checkpointer holds, and a run or a thread as a whole, on every checkpointer."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, MessagesState, StateGraph

from config.settings import Settings
from graphs.threads import threads_of
from memory.short_term.factory import open_checkpointer
from memory.short_term.threads import ThreadQuery, threads_in
from tests.contract.test_checkpointers import Kind, every_kind, history, kind, saver, thread

__all__ = ["kind", "saver"]


class State(MessagesState):
    done_to: str


def graph(saver: BaseCheckpointSaver[Any]) -> Any:
    """Answers a message, and then notes that it did."""
    builder = StateGraph(State)
    builder.add_node("reply", lambda state: {"messages": [AIMessage(f"re: {state['messages'][-1].text}")]})
    builder.add_node("note", lambda state: {"done_to": str(state["messages"][-1].id)})
    builder.add_edge(START, "reply")
    builder.add_edge("reply", "note")
    builder.add_edge("note", END)
    return builder.compile(checkpointer=saver)


async def say(saver: BaseCheckpointSaver[Any], name: str, text: str, user: str, **metadata: Any) -> None:
    config = {**thread(name), "metadata": {"user_id": user, **metadata}}
    await graph(saver).ainvoke({"messages": [HumanMessage(text)]}, config)


async def names(saver: BaseCheckpointSaver[Any], **wanted: Any) -> list[str]:
    return [row.thread_id for row in await threads_in(saver, ThreadQuery(**wanted))]


@every_kind
async def test_each_thread_is_there_once_newest_first_and_by_pages(saver: BaseCheckpointSaver[Any]) -> None:
    assert await names(saver) == []
    for name in ("a", "b", "c", "b"):
        await say(saver, name, "hello", "ana")
    assert await names(saver) == ["b", "c", "a"]
    first = await threads_in(saver, ThreadQuery(limit=2))
    assert [row.thread_id for row in first] == ["b", "c"]
    assert await names(saver, before=first[-1].checkpoint_id) == ["a"]
    assert first[0].touched == datetime.fromisoformat(
        (await graph(saver).aget_state(thread("b"))).created_at or ""
    )
    now = datetime.now(UTC)
    assert await names(saver, since=now - timedelta(minutes=5)) == ["b", "c", "a"]
    assert await names(saver, since=now + timedelta(minutes=5)) == []
    assert await names(saver, since=first[0].touched) == ["b"]


@every_kind
async def test_whose_a_thread_is_says_its_newest_run_and_no_state_update(
    saver: BaseCheckpointSaver[Any],
) -> None:
    await say(saver, "a", "hello", "ana")
    await say(saver, "b", "hello", "bob")
    await say(saver, "ab", "hello", "ana")
    await say(saver, "ab", "hello", "bob")
    for node, values in (("reply", {"messages": [AIMessage("?")]}), ("__input__", {"messages": []})):
        forged = {**thread("a", user_id="bob", owner="bob"), "metadata": {"user_id": "bob", "owner": "bob"}}
        await graph(saver).aupdate_state(forged, values, as_node=node)
        assert await names(saver, run_metadata={"user_id": "bob"}) == ["ab", "b"]
        assert await names(saver, run_metadata={"user_id": "ana"}) == ["a"]
        assert await names(saver, run_metadata={"user_id": "ana", "owner": "bob"}) == []
    # A thread that no run has written to is nobody's.
    forged = {**thread("new"), "metadata": {"user_id": "bob"}}
    await graph(saver).aupdate_state(forged, {"messages": [HumanMessage("hi")]}, as_node="__input__")
    assert await names(saver) == ["new", "a", "ab", "b"]
    assert await names(saver, run_metadata={"user_id": "bob"}) == ["ab", "b"]


@every_kind
async def test_threads_in_which_one_channel_is_behind_another(saver: BaseCheckpointSaver[Any]) -> None:
    behind = ("done_to", "messages")
    for name in ("done", "answered", "never"):
        if name != "never":
            await say(saver, name, "hello", "ana")
        if name != "done":
            await graph(saver).aupdate_state(
                thread(name), {"messages": [HumanMessage("more")]}, as_node="reply"
            )
    assert await names(saver, behind=behind) == ["never", "answered"]
    assert await names(saver, behind=("done_to", "no such channel")) == []
    await graph(saver).ainvoke(None, thread("never"))
    assert await names(saver, behind=behind) == ["answered"]


@every_kind
async def test_the_list_of_ones_threads_shows_nobody_elses(saver: BaseCheckpointSaver[Any]) -> None:
    for number in range(3):
        await say(saver, f"ana-{number}", f"it is ana {number}", "ana")
        await say(saver, f"bob-{number}", f"it is bob {number}", "bob")
    await say(saver, "ana-0", "once more", "ana")
    found = await threads_of(graph(saver), "ana", limit=2)
    assert [(one.thread_id, one.first_human, one.last_human) for one in found] == [
        ("ana-0", "it is ana 0", "once more"),
        ("ana-2", "it is ana 2", "it is ana 2"),
    ]
    assert found == (await threads_of(saver, "ana"))[:2]
    assert await threads_of(saver, "an") == []


@every_kind
async def test_a_run_taken_back_leaves_the_thread_as_it_was_before(
    saver: BaseCheckpointSaver[Any], kind: Kind
) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    await say(saver, "t", "canary-kept", "ana", run_id=first)
    before = (await graph(saver).aget_state(thread("t"))).values
    await say(saver, "t", "canary-undone", "ana", run_id=second)
    await say(saver, "other", "canary-elsewhere", "ana", run_id=first)
    await saver.adelete_for_runs([second, str(uuid.uuid4())])
    assert (await graph(saver).aget_state(thread("t"))).values == before
    dump = kind.dump(saver)
    assert b"canary-undone" not in dump
    assert (b"canary-kept" in dump) is not kind.sealed
    await saver.adelete_for_runs([first])
    assert (await graph(saver).aget_state(thread("t"))).values == {}
    assert await names(saver) == []
    assert b"canary-" not in kind.dump(saver)


@every_kind
async def test_a_copy_goes_on_by_itself(saver: BaseCheckpointSaver[Any]) -> None:
    for text in ("one", "two"):
        await say(saver, "t", text, "ana")
    await saver.acopy_thread("t", "copy")
    original = await history(saver)
    copied = [one async for one in saver.alist(thread("copy", checkpoint_ns=""))]
    assert [one.checkpoint["id"] for one in copied] == [one.checkpoint["id"] for one in original]
    assert [one.metadata for one in copied] == [one.metadata for one in original]
    await say(saver, "copy", "three", "ana")
    said = {
        name: [m.text for m in (await graph(saver).aget_state(thread(name))).values["messages"]]
        for name in ("t", "copy")
    }
    assert said["t"] == ["one", "re: one", "two", "re: two"]
    assert said["copy"] == [*said["t"], "three", "re: three"]
    await saver.adelete_thread("t")
    assert len((await graph(saver).aget_state(thread("copy"))).values["messages"]) == 6


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
async def test_no_checkpoint_but_the_newest_is_read_to_list_threads(
    saver: BaseCheckpointSaver[Any], kind: Kind
) -> None:
    """What made a busy database slow: every checkpoint of every thread, with all that was said, for one list."""
    for number in range(30):
        await say(saver, "long" if number % 3 else f"t{number}", "hello", "ana")
    with psycopg.connect(kind.settings.postgres.get_secret_value(), autocommit=True) as connection:
        connection.execute("DELETE FROM checkpoint_blobs")
        connection.execute(
            "UPDATE checkpoints SET checkpoint = '{}' WHERE checkpoint_id NOT IN "
            "(SELECT max(checkpoint_id) FROM checkpoints GROUP BY thread_id)"
        )
    assert len(await names(saver, run_metadata={"user_id": "ana"})) == 11


@pytest.mark.parametrize("prepared", [True, False])
async def test_statements_are_prepared_only_where_the_settings_say_so(database: str, prepared: bool) -> None:
    settings = Settings(postgres=database, prepared_statements=prepared)  # type: ignore[arg-type]
    async with open_checkpointer(settings) as saver:
        for _ in range(2):
            await say(saver, "t", "hello", "ana")
        async with saver.pool.connection() as connection:  # type: ignore[attr-defined]
            row = await (
                await connection.execute("SELECT count(*) AS n FROM pg_prepared_statements")
            ).fetchone()
    assert (row["n"] > 1) is prepared


async def test_nobody_holds_the_lock_of_a_set_up_that_is_done(database: str) -> None:
    """Behind PgBouncer a session's lock would stay with a connection that is never closed."""
    settings = Settings(postgres=database)  # type: ignore[arg-type]
    async with open_checkpointer(settings) as saver, saver.pool.connection() as connection:  # type: ignore[attr-defined]
        held = await connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
        assert await held.fetchall() == []

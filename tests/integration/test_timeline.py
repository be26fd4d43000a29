"""History, diff, replay, fork and export of a thread, and the commands that show them."""

import json
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli.threads import told
from config.errors import UserError
from config.settings import settings
from graphs.chat import Chat
from graphs.threads import owner_of_thread, threads_of
from graphs.timeline import diff, export, fork, history, replay
from graphs.undo import LAST_NODE, Changed, at, redo, undo
from memory.lifecycle.reading.listing import memories_of
from memory.schema import Kind
from memory.short_term.threads import ThreadQuery, threads_in
from memory.short_term.timeline import readable
from tests.services.chat import ANA, say, thread
from tests.services.command import command, environment, here
from tests.services.postgres import PATIENCE_S, PROJECT
from tests.services.undoing import Crashing

THREAD = thread()["configurable"]["thread_id"]


@pytest.fixture
async def chat(crashing: Crashing, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A thread of two turns."""
    monkeypatch.setenv("MNEMOGRAPH_PROFILE", "test")
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", "/nonexistent/.env")
    settings.cache_clear()
    await say(crashing.chat, "I live in Porto.")
    await say(crashing.chat, "add buy bread to my task list")
    return crashing.chat


async def test_history_tells_what_each_step_did(chat: Chat) -> None:
    steps = await history(chat, THREAD)
    ran = [step.nodes for step in reversed(steps) if step.source == "loop" and step.nodes != ["__start__"]]
    assert ran == [
        ["recall"],
        ["respond"],
        ["remember"],
        ["recall"],
        ["respond"],
        ["tools"],
        ["respond"],
        ["remember"],
    ]
    tools = next(step for step in steps if step.nodes == ["tools"])
    assert "+ tasks: buy bread (open)" in readable(tools.changes)
    assert tools.next == ["respond"]
    assert steps[0].next == []
    assert all(a.checkpoint_id > b.checkpoint_id for a, b in pairwise(steps))
    assert json.loads(json.dumps([step.as_json() for step in steps]))


async def test_an_undo_is_a_step_of_the_history(chat: Chat) -> None:
    await undo(chat, ANA, THREAD)
    newest = (await history(chat, THREAD, 1))[0]
    assert newest.source == "undo"
    assert [each.removed for name, each in newest.changes.items() if name == "tasks"] != []


async def test_a_diff_after_an_undo_showed_nothing_of_what_it_took_back(chat: Chat) -> None:
    await say(chat, "I have a dog named Rex.")
    await undo(chat, ANA, THREAD)
    # As a server notes it in its own row.
    await chat.aupdate_state(at(THREAD), {}, as_node=LAST_NODE)
    lines = readable(await diff(chat, THREAD))
    assert lines[0] == "- messages: human: I have a dog named Rex."
    assert any(line.startswith("- learned: ") and "Rex" in line for line in lines)
    assert not any(line.startswith(("+ learned", "+ messages", "+ recalled")) for line in lines)
    assert any(line.startswith("+ undone: turn ") for line in lines)
    await redo(chat, ANA, THREAD)
    assert "+ messages: human: I have a dog named Rex." in readable(await diff(chat, THREAD))


async def test_a_diff_of_the_last_turn_and_of_any_two_checkpoints(chat: Chat) -> None:
    last = readable(await diff(chat, THREAD))
    assert any(line.startswith("+ messages: human: add buy bread") for line in last)
    assert not any("Porto" in line and line.startswith("+ messages: human") for line in last)
    steps = await history(chat, THREAD)
    everything = readable(await diff(chat, THREAD, steps[-1].checkpoint_id, steps[0].checkpoint_id))
    assert sum(line.startswith("+ messages: human") for line in everything) == 2
    with pytest.raises(UserError, match="No checkpoint"):
        await diff(chat, THREAD, "nonsense")
    with pytest.raises(UserError, match="no such conversation"):
        await diff(chat, "00000000-0000-4000-8000-999999999999")


async def test_a_replay_runs_on_from_a_checkpoint_and_remembers_nothing_twice(
    chat: Chat, crashing: Crashing
) -> None:
    async def known() -> list[str]:
        kinds = (Kind.SEMANTIC, Kind.EPISODIC)
        return sorted(m.id for m in await memories_of(crashing.store, ANA, kinds=kinds))

    before, facts_before = await history(chat, THREAD), await known()
    start = next(step for step in reversed(before) if step.next == ["respond"])
    ran = [node async for node, _ in replay(chat, ANA, THREAD, start.checkpoint_id)]
    assert ran == ["respond", "remember"]
    after = await history(chat, THREAD)
    assert {step.checkpoint_id for step in before} < {step.checkpoint_id for step in after}
    assert await known() == facts_before
    with pytest.raises(UserError, match="Nothing runs on"):
        [part async for part in replay(chat, ANA, THREAD, after[0].checkpoint_id)]


async def test_a_fork_goes_its_own_way_and_its_past_is_not_learned_again(
    chat: Chat, crashing: Crashing
) -> None:
    before = len(await memories_of(crashing.store, ANA))
    new = await fork(chat, ANA, THREAD)
    state: Any = (await chat.aget_state(at(new))).values
    original: Any = (await chat.aget_state(at(THREAD))).values
    assert [str(m.text) for m in state["messages"]] == [str(m.text) for m in original["messages"]]
    assert state["tasks"] == original["tasks"]
    await say(chat, "Hello again", {"configurable": {"thread_id": new}})
    assert len(await memories_of(crashing.store, ANA)) == before
    assert len((await chat.aget_state(at(THREAD))).values["messages"]) == len(original["messages"])
    await undo(chat, ANA, new)
    assert len((await chat.aget_state(at(new))).values["messages"]) == len(original["messages"])
    with pytest.raises(UserError, match="no longer kept"):
        await undo(chat, ANA, new)
    with pytest.raises(UserError, match="exists already"):
        await fork(chat, ANA, THREAD, target=new)
    first = (await history(chat, THREAD))[-1]
    assert (await chat.aget_state(at(await fork(chat, ANA, THREAD, first.checkpoint_id)))).values.get(
        "messages", []
    ) == []


async def test_a_fork_was_in_no_list_until_something_was_said_in_it(chat: Chat) -> None:
    new = await fork(chat, ANA, THREAD)
    assert [each.thread_id for each in await threads_of(chat, ANA)] == [new, THREAD]
    named = await threads_in(chat.checkpointer, ThreadQuery({"user_id": ANA}))
    assert [row.thread_id for row in named] == [new]
    assert not any((await history(chat, new, 1))[0].changes)
    half = next(step for step in await history(chat, THREAD) if step.next == ["respond"])
    begun = await fork(chat, ANA, THREAD, half.checkpoint_id)
    assert [each.thread_id for each in await threads_of(chat, ANA)] == [begun, new, THREAD]
    assert (await chat.aget_state(at(begun))).next == ()
    # As a server's note of its row leaves it: the newest state names nobody.
    await chat.aupdate_state(at(begun), {"undone": []}, as_node=LAST_NODE)
    assert await owner_of_thread(chat, begun) == ANA
    assert await threads_of(chat, "bob") == []


async def test_an_export_is_json_with_every_step(chat: Chat) -> None:
    found = json.loads(json.dumps(await export(chat, THREAD)))
    assert [m["type"] for m in found["messages"]] == ["human", "ai", "human", "ai", "tool", "ai"]
    assert found["state"]["tasks"][0]["title"] == "buy bread"
    assert found["steps"][0]["source"] == "input"


def test_what_was_done_is_told_in_a_line() -> None:
    one = Counter(semantic=1, episodic=2, evidence=1)
    assert (
        told("Undone", Changed("m", "I like [tea].", one, "c"))
        == "Undone: I like \\[tea]. [dim](1 fact and the words of the turn left recall)[/]"
    )
    assert "are back (3)" in told("Redone", Changed("m", "x", one, "c", finished=True))
    assert "(no memory came back)" in told("Redone", Changed("m", "x", Counter(), "c"))
    several = Changed("m", "x", Counter(semantic=2, procedural=1, episodic=1), "c")
    assert "(2 facts, 1 instruction and the words of the turn came back)" in told("Redone", several)


def test_the_commands_on_the_embedded_database(used_data_dir: Path) -> None:
    lines = "I have a dog named Rex.\nI live in Porto.\n/undo\n/redo\n/undo\n/quit\n"
    talked = subprocess.run(
        command("chat"),
        cwd=PROJECT,
        env=environment(used_data_dir),
        input=lines,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert talked.stdout.count("Undone: I live in Porto.") == 2
    assert "Redone: I live in Porto." in talked.stdout

    def run(*arguments: str) -> str:
        done = here(used_data_dir, "threads", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    [row] = json.loads(run("list", "--json"))
    assert row["last_human"] == "I have a dog named Rex."
    steps = json.loads(run("history", row["thread_id"], "--json"))
    assert [step["source"] for step in steps if step["source"] in ("undo", "redo")] == [
        "undo",
        "redo",
        "undo",
    ]
    assert "Redone: I live in Porto." in run("redo")
    # As the page calls it.
    [again] = json.loads(run("list", "--json"))
    assert (again["first_human"], again["last_human"]) == ("I have a dog named Rex.", "I live in Porto.")
    assert "I have a dog named Rex." in run("list") and "I live in Porto." not in run("list")
    assert "+ messages: human: I live in Porto." in run("diff")
    exported = json.loads(run("export", row["thread_id"]))
    assert len(exported["messages"]) == 4
    assert here(used_data_dir, "threads", "undo", "--user", "bob", row["thread_id"]).returncode == 2

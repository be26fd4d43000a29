"""Steps inside earlier turns go, on every checkpointer, and what stays is as if they had never been saved."""

import operator
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from memory.short_term.pruned import Pruned, prune
from memory.short_term.retention import Policy
from tests.contract.test_checkpointers import Kind, every_kind, kind, saver, thread

__all__ = ["kind", "saver"]


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def graph(saver: BaseCheckpointSaver[Any]) -> Any:
    """A turn of four checkpoints, in the middle of which a subgraph with one of its own asks or runs through."""

    def ask(state: State) -> dict[str, Any]:
        if not state["notes"][-1].startswith("ask"):
            return {"notes": ["unasked"]}
        return {"notes": [interrupt("which?")]}

    inner = StateGraph(State)
    inner.add_node("ask", ask)
    inner.add_edge(START, "ask")
    builder = StateGraph(State)
    builder.add_node("sub", inner.compile())
    builder.add_node("last", lambda state: {"notes": ["last"]})
    builder.add_edge(START, "sub")
    builder.add_edge("sub", "last")
    builder.add_edge("last", END)
    return builder.compile(checkpointer=saver)


async def thin(saver: BaseCheckpointSaver[Any], steps_of: int = 1) -> Pruned:
    return await prune(saver, Policy(steps_of=steps_of), datetime.now(UTC))


async def states(saver: BaseCheckpointSaver[Any]) -> dict[str, Any]:
    """Of the root graph by id: what each holds, and what went before it."""
    return {
        each.config["configurable"]["checkpoint_id"]: each
        async for each in graph(saver).aget_state_history(thread("t"))
    }


def parent_of(state: Any) -> str | None:
    return state.parent_config and state.parent_config["configurable"]["checkpoint_id"]


@every_kind
async def test_each_turn_keeps_its_beginning_and_its_end(saver: BaseCheckpointSaver[Any], kind: Kind) -> None:
    for turn in range(4):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
    before = await states(saver)
    size = len(kind.dump(saver))
    done = await thin(saver)
    after = await states(saver)
    assert (done.checkpoints, done.kept_anyway) == (len(before) - len(after), 0) == (6, 0)
    assert len(kind.dump(saver)) < size
    # Newest first, of each turn four: its end, two steps, its beginning.
    assert [*after] == [name for number, name in enumerate(before) if number < 4 or number % 4 in {0, 3}]
    for name, state in after.items():
        assert (state.values, state.metadata, state.next) == (
            before[name].values,
            before[name].metadata,
            before[name].next,
        )
    # Each goes on from the one before it.
    assert [parent_of(state) for state in after.values()] == [*[*after][1:], None]
    # The finished calls of the subgraph went with the steps from which they were made.
    assert {
        each.metadata["parents"][""]
        async for each in saver.alist(thread("t"))
        if each.config["configurable"]["checkpoint_ns"]
    } <= after.keys()
    again = await thin(saver)
    assert (again.looked_at, again.checkpoints) == (1, 0)
    state = await graph(saver).ainvoke({"notes": ["on"]}, thread("t"))
    assert state["notes"][-2:] == ["unasked", "last"]


@every_kind
async def test_an_earlier_turn_is_replayed_and_forked_from(saver: BaseCheckpointSaver[Any]) -> None:
    for turn in range(3):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
    whole = await graph(saver).aget_state(thread("t"))
    await thin(saver)
    oldest_first = [*(await states(saver)).values()][::-1]
    second = next(state for state in oldest_first[2:] if state.metadata["source"] == "input")
    end = oldest_first[oldest_first.index(second) + 1]
    again = await graph(saver).ainvoke(None, second.config)
    assert again == end.values
    edited = await graph(saver).ainvoke({"notes": ["edited"]}, second.config)
    assert "edited" in edited["notes"]
    assert "turn 2" not in edited["notes"]
    await graph(saver).aupdate_state(whole.config, {"notes": ["by hand"]}, as_node="last")
    # What somebody went on from stays, and so do the branches.
    before = await states(saver)
    await thin(saver)
    after = await states(saver)
    assert all(parent_of(state) in {None, *after} for state in after.values())
    assert {name for name, each in before.items() if each.metadata["source"] != "loop"} <= after.keys()
    assert (await graph(saver).aget_state(thread("t"))).values["notes"][-1] == "by hand"


@every_kind
async def test_where_somebody_was_asked_stays(saver: BaseCheckpointSaver[Any]) -> None:
    await graph(saver).ainvoke({"notes": ["ask"]}, thread("t"))
    asked = (await graph(saver).aget_state(thread("t"))).config["configurable"]["checkpoint_id"]
    await graph(saver).ainvoke(Command(resume="this"), thread("t"))
    for turn in range(2):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
    await thin(saver)
    after = await states(saver)
    assert [each.value for each in after[asked].interrupts] == ["which?"]


@every_kind
async def test_a_turn_that_is_asked_something_is_answered_after_a_thinning(
    saver: BaseCheckpointSaver[Any],
) -> None:
    for turn in range(2):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
    await graph(saver).ainvoke({"notes": ["ask"]}, thread("t"))
    await thin(saver)
    answered = await graph(saver).ainvoke(Command(resume="this"), thread("t"))
    assert answered["notes"][-2:] == ["this", "last"]


@pytest.mark.parametrize("kind", ["postgres", "plain", "sealed postgres", "sealed plain"], indirect=True)
async def test_what_was_thinned_before_is_not_read_again(
    saver: BaseCheckpointSaver[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for turn in range(3):
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("t"))
        await graph(saver).ainvoke({"notes": [f"turn {turn}"]}, thread("other"))
    assert (await thin(saver)).checkpoints == 8
    await graph(saver).ainvoke({"notes": ["on"]}, thread("other"))
    read: list[Any] = []
    listed = saver.alist

    def heard(config: Any, **how: Any) -> Any:
        read.append(config["configurable"]["thread_id"])
        return listed(config, **how)

    monkeypatch.setattr(saver, "alist", heard)
    done = await thin(saver)
    assert (done.looked_at, done.checkpoints, read) == (2, 2, ["other"])
    assert (await thin(saver, steps_of=2)).checkpoints == 0
    assert read == ["other"]

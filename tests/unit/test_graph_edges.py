"""Where a run goes next, what the model reads of a failure, and how a transcript becomes turns."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.graph import END
from langgraph.prebuilt.tool_node import ToolInvocationError
from langgraph.types import Send
from pydantic import BaseModel, ValidationError

from agents.conversation import MARK, marked, said_at
from agents.nodes.remember import evidence_of
from config.errors import UserError
from config.settings import settings
from graphs.chat import after_respond, build, enter, graph, tool_error
from graphs.ingest import turns_of
from memory.lifecycle.turns.transcripts import Line

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
CALL = {"name": "now", "args": {}, "id": "call", "type": "tool_call"}


def human(text: Any = "hi", number: int = 1) -> HumanMessage:
    return HumanMessage(text, id=f"h{number}")


def reply(number: int = 1, **rest: Any) -> AIMessage:
    return AIMessage("hello", id=f"a{number}", **rest)


@pytest.mark.parametrize(
    ("messages", "remembered_to", "where"),
    [
        ([human()], None, "recall"),
        ([human(), reply(), human("more", 2)], "a1", "recall"),
        ([human("")], None, "refuse"),
        ([human("\x00")], None, "refuse"),
        ([human([])], None, "refuse"),
        ([human("x" * 1_001)], None, "refuse"),
        ([human([{"type": "image_url", "image_url": {"url": "data:"}}])], None, "recall"),
        ([human(), reply(tool_calls=[CALL])], None, "recall"),
        ([human(), marked(reply(), error=True)], None, "recall"),
        ([human(), reply()], None, "remember"),
        ([human(), reply(), human("more", 2), reply(2)], "a1", "remember"),
        ([human(), reply()], "a1", END),
        ([marked(human(), refused=True), marked(reply(), refused=True)], "h1", END),
        ([], None, END),
        ([reply()], None, END),
    ],
    ids=[
        "first", "next", "empty", "NUL", "no blocks", "long", "image", "tools unanswered", "failed before",
        "sent again", "second sent again", "remembered", "refused", "nothing", "nobody",
    ],
)  # fmt: skip
def test_where_a_run_begins(
    messages: list[AnyMessage], remembered_to: str | None, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNEMOGRAPH_MAX_MESSAGE_CHARS", "1000")
    settings.cache_clear()
    state: Any = {"messages": messages}
    if remembered_to:
        state["remembered_to"] = remembered_to
    assert enter(state) == where


def test_after_a_reply() -> None:
    assert after_respond({"messages": [human(), reply()]}) == ["remember"]
    assert after_respond({"messages": [human(), reply(tool_calls=[CALL])]}) == [Send("tools", [CALL])]
    assert after_respond({"messages": [human(), marked(reply(), error=True)]}) == ["remember"]


@pytest.mark.parametrize("state", [{}, {"messages": []}])
def test_an_edit_that_leaves_no_message_was_an_error_500(state: Any) -> None:
    assert after_respond(state) == ["remember"]
    assert enter(state) == "__end__"


def test_the_graph_is_bare_and_its_edges_are_the_turn() -> None:
    assert graph.checkpointer is None
    assert graph.store is None
    assert build().nodes.keys() == {
        "recall",
        "respond",
        "tools",
        "remember",
        "approve",
        "summarise",
        "refuse",
    }
    drawn = {(edge.source, edge.target) for edge in graph.get_graph().edges}
    begins = {("__start__", where) for where in ("recall", "refuse", "remember", "__end__")}
    turn = {("recall", "respond"), ("respond", "tools"), ("tools", "respond"), ("respond", "remember")}
    turn |= {("respond", "summarise"), ("summarise", "__end__")}
    refused = {("refuse", where) for where in ("recall", "remember", "__end__")}
    assert drawn == begins | turn | refused | {
        ("remember", "__end__"),
        ("remember", "approve"),
        ("approve", "__end__"),
    }


def test_a_sentence_for_people_reaches_the_model_as_it_is() -> None:
    assert tool_error(UserError("There is no such task.")) == "There is no such task."


def test_any_other_failure_is_told_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    said = tool_error(OSError("host 10.0.0.1 refused"))
    assert said == "The tool failed (OSError). Check its arguments, or go on without it."
    assert "a tool failed: OSError" in caplog.text


class _Arguments(BaseModel):
    count: int


def test_arguments_that_do_not_fit_are_named_but_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValidationError) as caught:
        _Arguments.model_validate({"count": "canary"})
    invalid = caught.value
    error = ToolInvocationError("x", invalid, {"count": "canary"}, invalid.errors())
    assert tool_error(error).startswith("The arguments do not fit: count: Input should be a valid integer")
    assert "canary" not in tool_error(error) + caplog.text


def line(role: Any, content: str, number: int, at: datetime | None = NOON, name: str | None = None) -> Line:
    return Line("t", role, content, at, name, f"m{number}")


def test_a_transcript_becomes_turns() -> None:
    lines = [
        line("assistant", "Welcome", 0),
        line("user", "one", 1, name="Ana"),
        line("assistant", "two", 2, NOON + timedelta(minutes=1)),
        line("tool", "three", 3),
        line("user", "four", 4),
        line("user", "five", 5),
    ]
    turns = turns_of(lines)
    assert [[m.id for m in (turn.human, *turn.rest)] for turn in turns] == [
        ["m1", "m2", "m3"],
        ["m4"],
        ["m5"],
    ]
    assert [type(m) for m in turns[0].rest] == [AIMessage, ToolMessage]
    assert turns[0].human.name == "Ana"
    assert said_at(turns[0].rest[0], NOON) == NOON + timedelta(minutes=1)


def test_a_transcript_without_a_person_has_no_turns() -> None:
    assert turns_of([]) == []
    assert turns_of([line("assistant", "hello", 1)]) == []


def test_a_line_without_a_time_was_said_now() -> None:
    before = datetime.now(UTC)
    [turn] = turns_of([line("user", "hi", 1, None)])
    assert before <= said_at(turn.human, NOON) <= datetime.now(UTC)


def test_a_turn_as_evidence() -> None:
    asked = AIMessage(
        "", id="a0", tool_calls=[{"name": "save_memory", "args": {"statement": "S."}, "id": "c"}]
    )
    [turn] = turns_of(
        [line("user", "one", 1, name="Ana"), line("assistant", "two", 2, name="Bot"), line("tool", "x", 3)]
    )
    turn.rest[:0] = [asked, marked(reply(9), error=True)]
    evidence = evidence_of(turn, "t", "run", NOON)
    assert [(said.id, said.role, said.name) for said in evidence.said] == [
        ("m1", "user", "Ana"),
        ("m2", "assistant", None),
        ("m3", "tool", None),
    ]
    assert (evidence.run_id, evidence.private, evidence.already_saved) == ("run", False, ("S.",))


def test_a_turn_that_forgot_something_is_private() -> None:
    [turn] = turns_of([line("user", "Forget it", 1)])
    turn.rest.append(
        AIMessage("", tool_calls=[{"name": "forget_memory", "args": {"memory_id": "x"}, "id": "c"}])
    )
    assert evidence_of(turn, "t", None, NOON).private is True


def test_a_forged_stamp_does_not_stop_the_turn_from_being_remembered() -> None:
    forged = HumanMessage("hi", id="h1", additional_kwargs={MARK: {"said_at": "whenever"}})
    [turn] = turns_of([line("user", "hi", 1)])
    assert evidence_of(type(turn)(forged), "t", None, NOON).opening.at == NOON

"""Questions about a list of messages: turns, who spoke last, calls that a crash left without a result."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage

from agents.conversation import (
    MARK,
    Turn,
    is_answered,
    last_human,
    mark,
    marked,
    said_at,
    this_turn,
    tool_rounds,
    turns_after,
    with_answers_to_every_call,
)

modest = settings(max_examples=80)
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def human(number: int) -> HumanMessage:
    return HumanMessage(f"human {number}", id=f"h{number}")


def reply(number: int, **rest: Any) -> AIMessage:
    return AIMessage(f"reply {number}", id=f"a{number}", **rest)


def calls(*ids: str, number: int = 0, name: str = "add_task") -> AIMessage:
    return AIMessage("", id=f"c{number}", tool_calls=[{"name": name, "args": {}, "id": one} for one in ids])


def result(call_id: str, text: str = "done") -> ToolMessage:
    return ToolMessage(text, tool_call_id=call_id)


TALK: list[AnyMessage] = [human(1), calls("x"), result("x"), reply(1), human(2), reply(2), human(3)]


@pytest.mark.parametrize(
    ("after", "turns"),
    [
        (None, [["h1", "c0", None, "a1"], ["h2", "a2"], ["h3"]]),
        ("a1", [["h2", "a2"], ["h3"]]),
        ("h2", [["h3"]]),
        ("a2", [["h3"]]),
        ("h3", []),
        ("gone", [["h1", "c0", None, "a1"], ["h2", "a2"], ["h3"]]),
    ],
)
def test_turns_after(after: str | None, turns: list[list[str | None]]) -> None:
    assert [[m.id for m in (turn.human, *turn.rest)] for turn in turns_after(TALK, after)] == turns


def test_what_is_said_before_any_human_is_no_turn() -> None:
    assert turns_after([], None) == []
    assert turns_after([SystemMessage("s"), reply(0)], None) == []
    assert [turn.human.id for turn in turns_after([reply(0), human(1)], None)] == ["h1"]


def test_a_turn_knows_the_message_before_it_unless_something_was_forgotten_there() -> None:
    forgets = AIMessage("", id="f", tool_calls=[{"name": "forget_memory", "args": {}, "id": "1"}])
    talk = [human(1), reply(1), human(2), forgets, human(3)]
    for after in (None, "h1"):
        known = {turn.human.id: turn.previous and turn.previous.id for turn in turns_after(talk, after)}
        assert known.items() >= {("h2", "h1"), ("h3", None)}
    [last] = turns_after(talk, "h2")
    assert (last.after, last.previous) == ("h2", None)


def test_which_tools_a_turn_called() -> None:
    turn = Turn(human(1), [calls("x", name="forget_memory"), result("x")])
    assert turn.called("forget_memory")
    assert not turn.called("forget")
    assert not Turn(HumanMessage("forget_memory"), [reply(1)]).called("forget_memory")


FAILED = marked(reply(1), error=True)
REFUSED = marked(reply(1), refused=True)


@pytest.mark.parametrize(
    ("messages", "answered"),
    [
        ([], False),
        ([human(1)], False),
        ([human(1), reply(1)], True),
        ([human(1), reply(1), human(2)], False),
        ([human(1), calls("x")], False),
        ([human(1), calls("x"), result("x")], False),
        ([human(1), calls("x"), result("x"), reply(1)], True),
        ([human(1), FAILED], False),
        ([human(1), FAILED, reply(2)], True),
        ([human(1), REFUSED], True),
    ],
)
def test_whether_the_newest_message_has_its_answer(messages: list[AnyMessage], answered: bool) -> None:
    assert is_answered(messages) is answered


def test_the_turn_at_hand() -> None:
    assert [m.id for m in this_turn(TALK)] == ["h3"]
    assert [m.id for m in this_turn(TALK[:6])] == ["h2", "a2"]
    assert this_turn([reply(1)]) == [reply(1)]
    assert last_human(TALK) == human(3)
    assert last_human([reply(1)]) is None


def test_rounds_count_in_the_turn_at_hand_alone() -> None:
    assert tool_rounds(TALK) == 0
    assert tool_rounds(TALK[:3]) == 1
    assert tool_rounds([*TALK, calls("y", "z"), result("y"), result("z"), calls("w")]) == 2


def test_marks_add_up_on_a_copy() -> None:
    before = HumanMessage("hi", additional_kwargs={"other": 1})
    after = marked(marked(before, said_at="x"), refused=True)
    assert mark(before) == {}
    assert mark(after) == {"said_at": "x", "refused": True}
    assert after.additional_kwargs["other"] == 1


@pytest.mark.parametrize("forged", [None, "text", 5, ["said_at"]])
def test_a_mark_of_another_shape_is_none(forged: Any) -> None:
    assert mark(HumanMessage("hi", additional_kwargs={MARK: forged})) == {}


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-05-01T10:00:00+00:00", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("2026-05-01T10:00:00+02:00", datetime(2026, 5, 1, 10, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-05-01T10:00:00", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("yesterday", NOON),
        ("", NOON),
        (5, NOON),
        (None, NOON),
        ({"at": "now"}, NOON),
    ],
)
def test_a_stamp_that_a_client_made_up_is_overlooked(stamp: Any, moment: datetime) -> None:
    found = said_at(marked(human(1), said_at=stamp), NOON)
    assert found == moment
    assert found.tzinfo is not None
    assert said_at(human(1), NOON) == NOON


def shape(messages: list[AnyMessage]) -> list[str]:
    names = {"human": "h", "ai": "a", "system": "s"}
    return [
        f"{m.tool_call_id}:{'lost' if m.status == 'error' else m.text}"
        if isinstance(m, ToolMessage)
        else names[m.type]
        for m in messages
    ]


@pytest.mark.parametrize(
    ("messages", "repaired"),
    [
        ([human(1), calls("x"), result("x"), reply(1)], ["h", "a", "x:done", "a"]),
        ([human(1), calls("x")], ["h", "a", "x:lost"]),
        ([human(1), calls("x"), human(2)], ["h", "a", "x:lost", "h"]),
        ([human(1), calls("x", "y"), result("y"), human(2)], ["h", "a", "x:lost", "y:done", "h"]),
        ([human(1), calls("x", "y"), result("y"), result("x")], ["h", "a", "x:done", "y:done"]),
        ([human(1), calls("x"), human(2), result("x")], ["h", "a", "x:done", "h"]),
        ([human(1), calls("x"), result("x", "1"), result("x", "2")], ["h", "a", "x:1"]),
        ([result("x"), human(1), reply(1)], ["h", "a"]),
        ([human(1), result("x"), calls("x")], ["h", "a", "x:lost"]),
        ([calls("x"), human(1), calls("x"), result("x", "2")], ["a", "x:lost", "h", "a", "x:2"]),
        ([calls("x"), result("x", "1"), calls("x"), result("x", "2")], ["a", "x:1", "a", "x:2"]),
        ([], []),
    ],
    ids=[
        "whole",
        "crash",
        "goes on",
        "half",
        "order",
        "late",
        "twice",
        "orphan",
        "before",
        "same id",
        "same ids",
        "none",
    ],
)
def test_every_call_has_its_result_after_it(messages: list[AnyMessage], repaired: list[str]) -> None:
    assert shape(with_answers_to_every_call(messages)) == repaired


IDS = st.sampled_from(["x", "y", "z"])
PARTS = st.one_of(
    st.builds(HumanMessage, st.just("hi")),
    st.builds(AIMessage, st.just("hello")),
    st.lists(IDS, min_size=1, max_size=3, unique=True).map(lambda ids: calls(*ids)),
    IDS.map(result),
)


@modest
@given(st.lists(PARTS, max_size=12))
def test_any_history_becomes_one_that_a_provider_takes(messages: list[Any]) -> None:
    repaired = with_answers_to_every_call(messages)
    waiting: list[str] = []
    for is_result, run in groupby(repaired, key=lambda m: isinstance(m, ToolMessage)):
        group: list[Any] = list(run)
        if is_result:
            assert [m.tool_call_id for m in group] == waiting
            waiting = []
            continue
        assert not waiting
        assert not any(m.tool_calls for m in group[:-1] if isinstance(m, AIMessage))
        waiting = [str(call["id"]) for call in getattr(group[-1], "tool_calls", [])]
    assert not waiting
    assert [m for m in repaired if not isinstance(m, ToolMessage)] == [
        m for m in messages if not isinstance(m, ToolMessage)
    ]
    assert with_answers_to_every_call(repaired) == repaired

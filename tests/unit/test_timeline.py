"""What differs between two states, and which step did what: pure, so that machines and people read the same."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from config.errors import UserError
from memory.short_term.timeline import Difference, difference, named, readable

modest = settings(max_examples=100)

HUMAN = HumanMessage("I like tea.", id="h1")
REPLY = AIMessage("Noted.", id="a1", tool_calls=[{"name": "now", "args": {}, "id": "c"}])


def test_messages_session_keys_and_plain_values() -> None:
    before: dict[str, Any] = {
        "messages": [HUMAN],
        "preferences": {"tone": "dry", "language": "French"},
        "tasks": [{"id": 1, "title": "bread", "done": False}],
        "notes": ["a"],
        "remembered_to": "h0",
    }
    after: dict[str, Any] = {
        "messages": [HUMAN.model_copy(update={"content": "I like coffee."}), REPLY],
        "preferences": {"tone": "warm", "pace": "slow"},
        "tasks": [{"id": 1, "title": "bread", "done": True}, {"id": 2, "title": "milk", "done": False}],
        "notes": ["a", "b"],
        "remembered_to": "h1",
        "warnings": [],
    }
    found = difference(before, after)
    assert list(found) == ["messages", "preferences", "tasks", "notes", "remembered_to"]
    assert readable(found) == [
        "+ messages: ai calls now: Noted.",
        "~ messages.h1: human: I like tea. → human: I like coffee.",
        "+ preferences: pace: slow",
        "- preferences: language: French",
        "~ preferences.tone: dry → warm",
        "+ tasks: milk (open)",
        "~ tasks.1: bread (open) → bread (done)",
        "+ notes: b",
        "~ remembered_to: h0 → h1",
    ]
    told = json.loads(json.dumps({name: each.as_json() for name, each in found.items()}))
    assert told["messages"]["added"][0] == {"id": "a1", "type": "ai", "text": "Noted.", "calls": ["now"]}
    assert told["remembered_to"]["changed"] == {"remembered_to": ["h0", "h1"]}


def test_a_diff_showed_python_dicts_and_calls_of_nothing() -> None:
    silent = AIMessage("", id="a2", tool_calls=[{"name": "add_task", "args": {}, "id": "c"}])
    was = {
        "id": "m1",
        "kind": "semantic",
        "text": "The user lives in Porto.",
        "score": 1.0,
        "receipt": {"rank": 1},
    }
    before: dict[str, Any] = {"messages": [HUMAN], "recalled": [was]}
    after: dict[str, Any] = {
        "messages": [HUMAN, silent],
        "recalled": [{**was, "score": 2.0}],
        "summary": {"text": "They met.", "to": "a2", "by": "offline", "messages": 2},
    }
    found = difference(before, after)
    assert readable(found) == [
        "+ messages: ai calls add_task",
        "+ summary: They met.",
        "+ summary: to: a2",
        "+ summary: by: offline",
        "+ summary: messages: 2",
    ]
    assert found["recalled"].as_json()["changed"]["m1"] == [was, {**was, "score": 2.0}]
    long = "tea " * 60
    edited = [HUMAN.model_copy(update={"content": f"{long}{end}"}) for end in ("a", "b")]
    [line] = readable(difference({"messages": edited[:1]}, {"messages": edited[1:]}))
    assert line.startswith("~ messages.h1: human: tea")


def test_a_diff_after_an_undo_showed_nothing_but_that_it_was_undone() -> None:
    porto, rex = ({"id": each, "kind": "semantic", "text": f"It is {each}."} for each in ("Porto", "Rex"))
    turn = {"turn": "0f1e2d3c-4b5a-4678-8899-aabbccddeeff", "checkpoint": "1f0a"}
    before: dict[str, Any] = {"messages": [HUMAN, REPLY], "learned": [rex], "recalled": []}
    after: dict[str, Any] = {"messages": [HUMAN], "learned": [porto], "recalled": [porto], "undone": [turn]}
    back = [
        "- messages: ai calls now: Noted.",
        "- learned: It is Rex.",
        "+ undone: turn 0f1e2d3c",
    ]
    assert readable(difference(before, after)) == back
    assert [f"{'+' if line[0] == '-' else '-'}{line[1:]}" for line in back] == readable(
        difference(after, before)
    )


VALUES = st.dictionaries(
    st.sampled_from(["preferences", "notes", "summary", "remembered_to"]),
    st.one_of(
        st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
        st.lists(st.text(max_size=3), max_size=3),
        st.text(max_size=3),
    ),
    max_size=4,
)


@modest
@given(VALUES)
def test_a_state_does_not_differ_from_itself(values: Mapping[str, Any]) -> None:
    assert difference(values, values) == {}


@modest
@given(
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=5),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=5),
)
def test_a_difference_leads_from_one_state_to_the_other(
    before: dict[str, int], after: dict[str, int]
) -> None:
    each = difference({"preferences": before}, {"preferences": after}).get("preferences", Difference())
    made = {k: v for k, v in before.items() if {k: v} not in each.removed}
    made |= {k: v for row in each.added for k, v in row.items()}
    made |= {k: new for k, (_, new) in each.changed.items()}
    assert made == after


def test_a_checkpoint_is_named_by_the_beginning_or_the_end_of_its_id() -> None:
    ids = ["1f0a-11", "1f0b-12"]
    assert named(ids, "1f0a") == "1f0a-11"
    assert named(ids, "12") == "1f0b-12"
    for which in ("1f0", "x", ""):
        with pytest.raises(UserError, match="`mnemograph threads history` lists them"):
            named(ids, which)

"""The reducers: parallel updates merge in any grouping, and nothing gets in that no database can hold."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from agents import state
from agents.state import MAX_NOTES, MAX_TASKS

# The graph calls them with whatever a client or a tool wrote.
add_clean_messages: Any = state.add_clean_messages
append_notes: Any = state.append_notes
merge_preferences: Any = state.merge_preferences
merge_tasks: Any = state.merge_tasks

modest = settings(max_examples=60)

WORDS = st.sampled_from(["a", "A", "b", "straße", "STRASSE", "x\x00", "\ud800"])
PREFERENCES = st.dictionaries(WORDS, st.sampled_from(["", "1", "2", "\x00"]), max_size=3)
TASKS = st.lists(st.fixed_dictionaries({"title": WORDS, "done": st.booleans()}), max_size=4)
NOTES = st.lists(WORDS, max_size=4)


@modest
@given(st.lists(PREFERENCES, max_size=5))
def test_preferences_merge_in_order_and_empty_ones_go(updates: list[dict[str, str]]) -> None:
    one_by_one: dict[str, str] = reduce(merge_preferences, updates, {})
    together = merge_preferences({}, dict(item for update in updates for item in update.items()))
    assert one_by_one == together
    assert "" not in one_by_one.values()


def test_a_preference_is_set_changed_and_taken_away() -> None:
    before = merge_preferences(None, {"language": "French", "tone": "dry"})
    assert merge_preferences(before, {"language": "German"}) == {"language": "German", "tone": "dry"}
    assert merge_preferences(before, {"language": ""}) == {"tone": "dry"}
    assert merge_preferences(before, {"never set": ""}) == before
    assert merge_preferences(before, None) == before


@modest
@given(st.lists(TASKS, max_size=5))
def test_tasks_merge_in_any_grouping(updates: list[list[Any]]) -> None:
    one_by_one: list[Any] = reduce(merge_tasks, updates, [])
    together = merge_tasks(None, [task for update in updates for task in update])
    assert one_by_one == together
    assert len({task["id"] for task in together}) == len(together)
    assert len({task["title"].casefold() for task in together}) == len(together)
    assert [task["id"] for task in together] == sorted(task["id"] for task in together)


def test_parallel_additions_have_different_ids_and_the_first_title_stays() -> None:
    tasks = merge_tasks(None, [{"title": "Buy milk", "done": False}])
    tasks = merge_tasks(tasks, [{"title": "Call Ana", "done": False}])
    tasks = merge_tasks(tasks, [{"title": "buy MILK", "done": True}])
    assert tasks == [
        {"id": 1, "title": "Buy milk", "done": True},
        {"id": 2, "title": "Call Ana", "done": False},
    ]


def test_the_task_list_has_a_bound_and_ids_are_not_used_again() -> None:
    tasks = merge_tasks(None, [{"title": f"task {n}", "done": False} for n in range(MAX_TASKS + 5)])
    assert [task["id"] for task in tasks] == list(range(6, MAX_TASKS + 6))
    assert merge_tasks(tasks, [{"title": "one more", "done": False}])[-1]["id"] == MAX_TASKS + 6


def test_a_reducer_does_not_change_what_it_was_given() -> None:
    before: Any = [{"id": 1, "title": "a", "done": False}]
    merge_tasks(before, [{"title": "a", "done": True}])
    assert before == [{"id": 1, "title": "a", "done": False}]


@modest
@given(st.lists(NOTES, max_size=30))
def test_notes_keep_the_newest_in_any_grouping(updates: list[list[str]]) -> None:
    together = append_notes(None, [note for update in updates for note in update])
    assert reduce(append_notes, updates, []) == together
    assert len(together) <= MAX_NOTES


def test_session_state_is_clean() -> None:
    assert append_notes(None, ["a\x00", "\ud800"]) == ["a\ufffd", "\ufffd"]
    assert merge_preferences(None, {"a\x00": "\ud83d\ude00"}) == {"a\ufffd": "😀"}
    assert merge_tasks(None, [{"title": "\ud800", "done": False}])[0]["title"] == "\ufffd"


BAD, GOOD = "a\x00b\ud800\ud83d\ude00", "a\ufffdb\ufffd😀"


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage(BAD),
        AIMessage(BAD),
        ToolMessage(BAD, tool_call_id="1"),
        HumanMessage([{"type": "text", "text": BAD}]),
        HumanMessage([BAD]),
        {"role": "user", "content": BAD},
        {"type": "human", "content": [{"type": "text", "text": BAD}]},
        ("user", BAD),
        BAD,
    ],
    ids=["human", "ai", "tool", "blocks", "strings", "dict", "dict blocks", "pair", "text"],
)
@pytest.mark.parametrize("listed", [True, False])
def test_messages_come_in_clean(message: Any, listed: bool) -> None:
    [added] = add_clean_messages([], [message] if listed else message)
    assert added.text == GOOD
    assert added.id


def test_other_blocks_are_clean_to_their_leaves() -> None:
    [added] = add_clean_messages([], [HumanMessage([{"type": "custom", "data": {"deep": [BAD]}}])])
    assert added.content == [{"type": "custom", "data": {"deep": [GOOD]}}]


def test_the_message_that_came_in_is_left_as_it_is() -> None:
    message = HumanMessage(BAD, id="1", name="Ana", additional_kwargs={"k": 1})
    [added] = add_clean_messages([], [message])
    assert message.content == BAD
    assert (added.id, added.name, added.additional_kwargs) == ("1", "Ana", {"k": 1})


def test_messages_are_replaced_and_removed_by_id() -> None:
    messages = add_clean_messages([], [HumanMessage("one", id="1"), AIMessage("two", id="2")])
    messages = add_clean_messages(messages, [AIMessage("TWO", id="2"), HumanMessage("three", id="3")])
    assert [m.content for m in messages] == ["one", "TWO", "three"]
    assert [m.content for m in add_clean_messages(messages, [RemoveMessage("2")])] == ["one", "three"]
    assert add_clean_messages(messages, [RemoveMessage(REMOVE_ALL_MESSAGES)]) == []
    assert [m.id for m in add_clean_messages(messages, RemoveMessage("1"))] == ["2", "3"]

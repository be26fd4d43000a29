import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from memory.schema import (
    MAX_WORDS,
    Kind,
    Memory,
    Provenance,
    Source,
    Status,
    Validity,
    fingerprint,
    memory_id,
)
from tests.unit.memory_parts import LATER, NOON, THREAD

modest = settings(max_examples=60)

TEXT = st.text(st.characters(codec=None), max_size=20)
EVIDENCE = st.tuples(st.sampled_from(Kind), TEXT, st.lists(TEXT, min_size=1, max_size=4), TEXT)


def a_memory(**rest: Any) -> Memory:
    given: dict[str, Any] = {
        "id": "one",
        "kind": Kind.SEMANTIC,
        "text": "The user lives in Porto.",
        "fingerprint": fingerprint("The user lives in Porto."),
        "turn": f"{THREAD}:m1",
        "provenance": Provenance(
            thread_id=THREAD,
            message_ids=["m1"],
            source=Source.USER,
            quote="I live",
            said_at=NOON,
            recorded_at=LATER,
        ),
        "validity": Validity(valid_from=NOON),
    }
    return Memory(**{**given, **rest})


@modest
@given(EVIDENCE, st.randoms())
def test_the_same_evidence_has_the_same_key_in_any_order(evidence: Any, random: Any) -> None:
    kind, thread, ids, content = evidence
    shuffled = list(ids)
    random.shuffle(shuffled)
    key = memory_id(kind, thread, ids, content)
    assert memory_id(kind, thread, shuffled, content) == key
    assert str(uuid.UUID(key)) == key


@modest
@given(EVIDENCE, EVIDENCE)
def test_any_difference_makes_another_key(one: Any, other: Any) -> None:
    differ = (*one[:2], sorted(one[2]), one[3]) != (*other[:2], sorted(other[2]), other[3])
    assert (memory_id(*one) != memory_id(*other)) == differ


@pytest.mark.parametrize(
    "other",
    [
        (Kind.EPISODIC, "t", ["a", "b"], "x"),
        (Kind.SEMANTIC, "t ", ["a", "b"], "x"),
        (Kind.SEMANTIC, "t", ["a"], "x"),
        (Kind.SEMANTIC, "t", ["ab"], "x"),
        (Kind.SEMANTIC, "t", ["a", "b", "b"], "x"),
        (Kind.SEMANTIC, "t", ["a", "b"], "X"),
    ],
)
def test_each_part_counts(other: Any) -> None:
    assert memory_id(*other) != memory_id(Kind.SEMANTIC, "t", ["a", "b"], "x")


def test_keys_stay_what_they_were_in_earlier_releases() -> None:
    key = memory_id(Kind.SEMANTIC, THREAD, ["m1"], "The user lives in Porto.")
    assert key == "c795cd1a-24b1-46dd-c15c-00de92163e34"


@modest
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40), st.sampled_from(Status))
def test_a_value_is_read_back_equal(text: str, status: Status) -> None:
    memory = a_memory(text=text, detail=text, status=status, supersedes="zero")
    assert Memory.from_value(memory.to_value()) == memory


def test_a_value_holds_json_types_that_postgres_takes() -> None:
    value = a_memory(text="a\x00b\ud800").to_value()
    assert value["text"] == "a\ufffdb\ufffd"
    assert (value["kind"], value["provenance"]["said_at"]) == ("semantic", "2026-05-03T12:00:00Z")


def test_a_value_leaves_out_what_is_as_usual_save_what_others_filter_by() -> None:
    value = a_memory().to_value()
    assert {"echo", "undone", "also", "summary"}.isdisjoint(value)
    assert {"run_id", "valid_to"}.isdisjoint({*value["provenance"], *value["validity"]})
    usual = {"status": "active", "category": "other", "importance": 0.5, "pinned": False}
    assert {name: value[name] for name in usual} == usual
    assert (
        a_memory(pinned=True, importance=0.9).to_value().items()
        >= {"pinned": True, "importance": 0.9}.items()
    )


def test_a_value_that_an_earlier_release_wrote_in_full_is_read_as_before() -> None:
    memory = a_memory(supersedes="zero")
    assert Memory.from_value(memory.model_dump(mode="json")) == memory


@pytest.mark.parametrize(
    "value", [{}, {"text": "somebody else's"}, {**a_memory().to_value(), "kind": "rumour"}]
)
def test_another_programs_value_is_not_taken_for_a_memory(value: Any) -> None:
    with pytest.raises(ValidationError):
        Memory.from_value(value)


@pytest.mark.parametrize("importance", [-0.1, 1.1])
def test_importance_has_bounds(importance: float) -> None:
    with pytest.raises(ValidationError):
        a_memory(importance=importance)


@pytest.mark.parametrize(
    "same",
    [
        "the user lives in porto",
        "The  user\nlives in Porto!",
        " The user lives in Porto . ",
        "THE USER LIVES IN PORTO...",
    ],
)
def test_a_fingerprint_overlooks_case_spacing_and_the_full_stop(same: str) -> None:
    assert fingerprint(same) == fingerprint("The user lives in Porto.")


@pytest.mark.parametrize(
    "other", ["The user lived in Porto.", "The user lives in Porto?", "The user, lives in Porto"]
)
def test_a_fingerprint_overlooks_nothing_else(other: str) -> None:
    assert fingerprint(other) != fingerprint("The user lives in Porto.")


@modest
@given(st.text(st.characters(codec=None), max_size=30))
def test_any_text_has_a_fingerprint(text: str) -> None:
    assert fingerprint(text) == fingerprint(f"  {text} . ")
    assert len(fingerprint(text)) == 32


@pytest.mark.parametrize("where", ["text", "detail", "summary", "asked", "quote"])
def test_a_memory_longer_than_any_of_ours_came_in_by_a_file(where: str) -> None:
    value = a_memory().to_value()
    place = value["provenance"] if where == "quote" else value
    place[where] = "x" * MAX_WORDS
    assert Memory.from_value(value)
    place[where] += "x"
    with pytest.raises(ValidationError, match="at most 10,000 characters"):
        Memory.from_value(value)

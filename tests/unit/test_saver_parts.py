"""The savers' policies, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from config.errors import UserError
from memory.short_term import graves
from memory.short_term.conflict import GRAVE_LIVES_S, ThreadDeletedError, goes_on_from_the_newest
from memory.short_term.kept import Kept, kept_ids, policy
from memory.short_term.postgres.rows import put_of, puts_parameters, writes_of
from memory.short_term.strict import StrictSerializer
from memory.short_term.thread_ids import checked, checked_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def config(**more: Any) -> Any:
    return {"configurable": {"thread_id": "t", "checkpoint_ns": "", **more}}


def put(values: dict[str, Any], **more: Any) -> Any:
    checkpoint: Any = {**empty_checkpoint(), "channel_values": values}
    return put_of(
        StrictSerializer(), config(**more), checkpoint, {"source": "loop"}, dict.fromkeys(values, "1")
    )


@given(st.text())
def test_an_id_is_taken_as_it_is_or_refused_in_one_short_sentence(text: str) -> None:
    sentence = ""
    try:
        assert checked_id(text) == text
    except UserError as error:
        sentence = error.sentence
    assert len(sentence) < 400
    if not sentence:
        assert 0 < len(text) <= 512
        assert "\x00" not in text
        text.encode()


@pytest.mark.parametrize(
    "name", ["u1", "a/b", "a%b", "a..b", "a b", "Ana:1", "é", "550e8400-e29b-41d4-a716-446655440000"]
)
def test_ids_that_people_use_are_taken(name: str) -> None:
    assert checked({"configurable": {"thread_id": name}})["configurable"]["thread_id"] == name


def test_whose_run_goes_on_from_the_newest_checkpoint() -> None:
    run = {"__pregel_runtime": object()}
    assert goes_on_from_the_newest(config(**run, checkpoint_id="1"))
    assert goes_on_from_the_newest({**config(**run), "metadata": {"thread_id": "t"}})
    assert not goes_on_from_the_newest(config(checkpoint_id="1")), "a state update"
    assert not goes_on_from_the_newest({**config(**run), "metadata": {"checkpoint_id": "1"}}), "a fork"
    assert not goes_on_from_the_newest(config(**run) | {"configurable": {**run, "checkpoint_ns": "sub:1"}})


def test_simple_values_stand_in_the_row_and_others_apart() -> None:
    simple = {"a": "text", "b": 1, "c": 1.5, "d": None, "e": True, "f": "é"}
    apart = {"g": [1], "h": "nul\x00", "i": float("nan"), "j": float("inf"), "k": {"x": 1}}
    made = put({**simple, **apart})
    assert made.body["channel_values"] == simple
    assert {name for name, *_ in made.values} == set(apart)
    snapshot = put({"log": _DeltaSnapshot([1])})
    assert snapshot.body["channel_values"] == {"log": True}
    assert [name for name, *_ in snapshot.values] == ["log"]


def test_the_checkpoint_given_is_left_as_it_was() -> None:
    values = {"a": [1], "b": "x"}
    put(values)
    assert values == {"a": [1], "b": "x"}


def test_blobs_are_numbered_across_a_batch() -> None:
    given_ = puts_parameters([put({"a": [1], "n": 1}), put({"n": 2}), put({"b": [2], "c": [3]})])
    parts = [each["parts"] for each in given_["puts"].obj]
    assert [[(part[0], part[3]) for part in some] for some in parts] == [[("a", 1)], [], [("b", 2), ("c", 3)]]
    assert len(given_["blobs"]) == 3


def test_of_two_special_writes_of_one_kind_the_later_counts() -> None:
    place = config(checkpoint_id="1")
    rows = writes_of(
        StrictSerializer(), place, [("__error__", "a"), ("x", 1), ("__error__", "b")], "task", ""
    )
    assert [(row.idx, row.channel) for row in rows] == [(-1, "__error__"), (1, "x")]
    assert StrictSerializer().loads_typed((rows[0].kind, rows[0].blob)) == "b"


def row(number: int, ns: str = "", **more: Any) -> dict[str, Any]:
    made = START + timedelta(hours=number)
    return {"ns": ns, "id": f"{number:04}", "made": made, "root": None, "sends_from": None, **more}


@given(st.integers(1, 12), st.one_of(st.none(), st.integers(1, 12)), st.one_of(st.none(), st.integers(0, 12)))
def test_the_newest_always_stays_and_both_limits_hold(size: int, last: int | None, since: int | None) -> None:
    rows = [row(number) for number in reversed(range(size))]
    kept = Kept(last, None if since is None else START + timedelta(hours=since))
    ids = kept_ids(rows, kept)[""]
    assert ids == [each["id"] for each in rows][: len(ids)]
    assert len(ids) >= 1
    assert last is None or len(ids) <= last
    assert since is None or all(int(name) >= since for name in ids[1:])


def test_what_an_old_checkpoint_reads_in_its_parent_stays_too() -> None:
    rows = [row(3, sends_from="0002"), row(2), row(1)]
    assert kept_ids(rows, Kept(last=1)) == {"": ["0003", "0002"]}


def test_a_subgraphs_call_goes_with_its_root_once_that_is_saved() -> None:
    rows = [
        row(5),
        row(4, "sub:a", root="0001"),
        row(3, "sub:b", root="0009"),
        row(2, "own", root="0001"),
        row(1),
    ]
    assert kept_ids(rows, Kept(last=1)) == {"": ["0005"], "own": ["0002"], "sub:a": [], "sub:b": ["0003"]}


def test_strategies_as_policies() -> None:
    assert policy("delete", None, None) is None
    assert policy("keep_latest", None, None) == Kept(last=1)
    assert policy("keep_latest", 3, START) == Kept(3, START)


def test_a_deleted_thread_is_remembered_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(graves, "monotonic", lambda: now)
    made = graves.Graves()
    made.dig("a", "5")
    made.dig("a", "3")
    made.refuse("a", "6", None, "")
    made.refuse("b", "1")
    with pytest.raises(ThreadDeletedError, match="'a' was deleted while this run went on"):
        made.refuse("a", "7", "4")
    now = GRAVE_LIVES_S
    made.dig("b", "1")
    made.refuse("a", "4")
    with pytest.raises(ThreadDeletedError):
        made.refuse("b", "1")
    made.exhume("b")
    made.refuse("b", "1")

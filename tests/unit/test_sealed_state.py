"""What a saver may see of sealed conversations: pure parts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.serde.types import TASKS, _DeltaSnapshot

from memory.short_term.sealed.envelope import Place, UnreadableStateError
from memory.short_term.sealed.sealed_state import (
    METADATA,
    READABLE,
    VALUE,
    WRITE,
    SealedState,
    holds,
    is_sealed,
)
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import StateSerde, is_envelope
from tests.unit.test_state_serde import NEW, OLD, STATES, STOCK

AT = Place(VALUE, "thread", "ns", "channel")
TOLD = Place(METADATA, "thread", "ns")
JSON = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
TREES = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text(min_size=1).filter(lambda name: name not in READABLE and not name.startswith("~"))


def state(masters: dict[str, bytes] | None = None, **more: Any) -> SealedState:
    keys = StateKeys(masters or {"old": OLD})
    return SealedState(StateSerde(keys, **more), keys)


@given(STATES)
def test_a_channel_holds_what_was_put_and_a_saver_sees_none_of_it(value: Any) -> None:
    wanted = repr(STOCK.loads_typed(STOCK.dumps_typed(value)))
    stored = state().value(AT, value)
    assert repr(state().opened(AT, stored)) == wanted
    if value is not None and not isinstance(value, bool):
        assert is_sealed(stored)
        # What a saver keeps in the checkpoint itself goes on being kept there.
        assert isinstance(stored, str) == isinstance(value, str | int | float)
    write = state().write(AT._replace(what=WRITE), value)
    assert is_envelope(write)
    assert repr(state().opened(AT._replace(what=WRITE), write)) == wanted


@given(STATES)
def test_a_snapshot_stays_one_for_a_saver_and_is_one_again(value: Any) -> None:
    stored = state().value(AT, _DeltaSnapshot(value))
    assert isinstance(stored, _DeltaSnapshot)
    assert is_envelope(stored.value)
    kept = StateSerde().loads_typed(StateSerde().dumps_typed(stored))
    for each in (stored, kept):
        found = state().opened(AT, each)
        assert isinstance(found, _DeltaSnapshot)
        assert repr(found.value) == repr(STOCK.loads_typed(STOCK.dumps_typed(value)))


@pytest.mark.parametrize(
    "forged", [1, "text", b"bytes", [], {}, [b"\xc1mg"], _DeltaSnapshot([1]), "mnemograph1:!"]
)
def test_a_value_in_clear_is_refused(forged: Any) -> None:
    for place in (AT, AT._replace(what=WRITE)):
        with pytest.raises(UnreadableStateError):
            state().opened(place, forged)


@pytest.mark.parametrize("empty", [None, True, False])
def test_a_write_in_clear_is_refused_though_it_says_nothing(empty: Any) -> None:
    assert state().opened(AT, empty) is empty
    with pytest.raises(UnreadableStateError):
        state().opened(AT._replace(what=WRITE), empty)


def test_tasks_of_an_old_checkpoint_are_opened_one_by_one() -> None:
    at = Place(WRITE, "thread", "ns", TASKS)
    sent = [state().write(at, text) for text in ("a", "b")]
    assert state().opened(at._replace(what=VALUE), sent) == ["a", "b"]
    with pytest.raises(UnreadableStateError):
        state().opened(at._replace(what=VALUE, thread_id="other"), sent)


@given(st.dictionaries(NAMES, TREES, max_size=4), st.integers(-1, 9))
def test_metadata_comes_back_and_shows_nothing_but_its_readable_part(more: dict[str, Any], step: int) -> None:
    told = {"source": "loop", "step": step, **more}
    stored = state().metadata(TOLD, told)
    assert {name: value for name, value in stored.items() if not name.startswith("~")} == {
        "source": "loop",
        "step": step,
    }
    assert state().opened_metadata(TOLD, stored) == told


@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=4), JSON, st.data())
def test_a_filter_over_tokens_finds_what_it_would_have_found(
    told: dict[str, Any], other: Any, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(told)))
    both = state({"old": OLD, "new": NEW})
    for wanted in ({name: told[name]}, {name: other}):
        for writer in (state(), both):
            stored = writer.metadata(TOLD, told)
            filters, rest = both.asked(wanted)
            found = any(holds(stored, each) for each in filters) and holds(told, rest)
            assert found == _same(told[name], wanted[name])


def _same(found: Any, wanted: Any) -> bool:
    """As jsonb has it: true is not 1, and a list or an object may hold more."""
    if isinstance(found, bool) != isinstance(wanted, bool):
        return False
    return holds({"it": found}, {"it": wanted})


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": [1, {"b": [2, 3]}]}, {"a": [{"b": [3]}]}, True),
        ({"a": [1]}, {"a": [2]}, False),
        ({"a": "text"}, {"a": ["text"]}, False),
        ({"a": "abc"}, {"a": {"b": 1}}, False),
        ({}, {"a": None}, False),
        ({"a": None}, {"a": None}, True),
    ],
)
def test_what_holds_what(found: Any, wanted: Any, said: bool) -> None:
    assert holds(found, wanted) is said


def test_equal_metadata_of_two_fields_or_keys_has_unequal_tokens() -> None:
    tokens = [
        set(state(masters).metadata(TOLD, {name: "ana"})) - {"~key", "~sealed"}
        for masters in ({"a": OLD}, {"a": NEW})
        for name in ("user", "name")
    ]
    contents = {
        state(masters).metadata(TOLD, {name: "ana"})[token]
        for masters in ({"a": OLD}, {"a": NEW})
        for name in ("user", "name")
        for token in state(masters).metadata(TOLD, {name: "ana"})
        if token not in ("~key", "~sealed")
    }
    assert len(set.union(*tokens)) == len(contents) == 4

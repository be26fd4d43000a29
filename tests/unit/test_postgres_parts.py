"""A list as rows of parts, and back, without a database."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from config.settings import Settings
from memory.short_term.blocks import DIGEST
from memory.short_term.factory import state_parts
from memory.short_term.postgres.parts import CHANNEL, PARTS, Row, clear_joined, joined, rows_of
from memory.short_term.sealed.envelope import UnreadableStateError
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import StateSerde

PACKING = StateSerde(compress_from=1)
MESSAGES = st.lists(
    st.builds(HumanMessage, st.text()) | st.builds(AIMessage, st.text(), id=st.text(min_size=1)), max_size=60
)


def whole(rows: list[Row]) -> bytes:
    """What the database makes of a value's rows."""
    *parts, (_, _, _, named) = rows
    there = {version: (kind, blob) for _, version, kind, blob in parts}
    names = [named[at : at + DIGEST].hex() for at in range(0, len(named), DIGEST)]
    fields = [field for name in names if name in there for field in (there[name][0].encode(), there[name][1])]
    return b"".join(
        [struct.pack(">I", len(names)), *(struct.pack(">I", len(each)) + each for each in fields)]
    )


@given(MESSAGES)
def test_a_list_comes_back_from_its_parts(messages: list[Any]) -> None:
    rows = [*rows_of(PACKING, "messages", "1", messages)]
    assert rows[-1][:2] == ("messages", "1")
    if rows[-1][2] != PARTS:
        assert PACKING.loads_typed(rows[-1][2:]) == messages
        assert len(rows) == 1
        return
    assert {row[0] for row in rows[:-1]} == {CHANNEL}
    assert joined(PACKING, whole(rows)) == messages
    kind, clear = clear_joined(PACKING, whole(rows))
    assert StateSerde().loads_typed((kind, clear)) == messages


@pytest.mark.parametrize("serde", [StateSerde(), StateSerde(StateKeys({"k": b"k" * 32}), compress_from=1)])
def test_what_is_not_compressed_or_is_sealed_stays_in_one_row(serde: StateSerde) -> None:
    assert len([*rows_of(serde, "messages", "1", [HumanMessage("x")] * 40)]) == 1


def test_a_part_that_is_not_there_is_told() -> None:
    rows = [*rows_of(PACKING, "messages", "1", [HumanMessage(str(number)) for number in range(30)])]
    for read in (joined, clear_joined):
        with pytest.raises(UnreadableStateError, match="part of a long value"):
            read(PACKING, whole(rows[1:]))


@pytest.mark.parametrize(
    ("given", "compresses"),
    [
        ({}, True),
        ({"compress_state_from": 0}, False),
        ({"postgres": "postgresql://u@db/threads"}, False),
        ({"postgres": "postgresql://u@db/threads", "compress_state_from": 64}, True),
        ({"checkpointer": "redis://cache:6379/0"}, False),
    ],
)
def test_what_langgraphs_own_savers_may_be_given_back_is_not_compressed_by_default(
    given: dict[str, Any], compresses: bool
) -> None:
    serde, _ = state_parts(Settings(**given))
    assert serde.compresses is compresses

"""The state's serializer: what goes in comes out, at its place and under its key alone."""

import base64
import decimal
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import ormsgpack
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Send

from config.errors import UserError
from memory.short_term.sealed import envelope
from memory.short_term.sealed.envelope import (
    MAGIC,
    MOST_BYTES,
    Place,
    UnreadableStateError,
    header_of,
    key_id_of,
)
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import TYPE, StateSerde
from memory.short_term.strict import StrictSerializer

OLD, NEW = b"o" * 32, b"n" * 32
PLACE = Place("value", "thread", "", "messages")
STOCK = JsonPlusSerializer(allowed_msgpack_modules=None)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.timedeltas()
    | st.builds(HumanMessage, st.text())
    | st.builds(AIMessage, st.text(), id=st.text(min_size=1))
)
STATES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers(-(2**63), 2**63 - 1))
    ),
    max_leaves=8,
)


def sealing(masters: dict[str, bytes] | None = None, **more: Any) -> StateSerde:
    return StateSerde(StateKeys(masters or {"old": OLD}), **more)


def every_way() -> list[StateSerde]:
    return [
        StateSerde(),
        StateSerde(compress_from=1),
        sealing(),
        sealing(compress_from=1),
        sealing().for_place(PLACE),
        sealing({"old": OLD, "new": NEW}, compress_from=1).for_place(PLACE),
    ]


@given(STATES)
def test_whatever_the_stock_serde_holds_comes_back_alike(state: Any) -> None:
    wanted = STOCK.loads_typed(STOCK.dumps_typed(state))
    for serde in every_way():
        found = serde.loads_typed(serde.dumps_typed(state))
        assert repr(found) == repr(wanted)


def test_the_types_of_a_state_come_back() -> None:
    state = {
        "messages": [
            HumanMessage("Olá", id="1"),
            AIMessage("", tool_calls=[{"name": "t", "args": {"a": 1}, "id": "c"}]),
            ToolMessage("done", tool_call_id="c"),
        ],
        "sends": (Send("node", {"x": [1, 2]}),),
        "when": [datetime(2026, 3, 4, tzinfo=UTC), date(2026, 3, 4), timedelta(seconds=3)],
        "more": [UUID(int=7), decimal.Decimal("1.10"), {1, 2}, b"\x00\xff", bytearray(b"x")],
    }
    wanted = STOCK.loads_typed(STOCK.dumps_typed(state))
    for serde in every_way():
        assert serde.loads_typed(serde.dumps_typed(state)) == wanted


def test_what_is_short_is_as_the_stock_serde_writes_it_and_what_is_long_is_smaller() -> None:
    serde = StateSerde(compress_from=1_000)
    assert serde.dumps_typed("x" * 900) == STOCK.dumps_typed("x" * 900)
    kind, stored = serde.dumps_typed("porcupine " * 1_000)
    assert (kind, key_id_of(stored)) == (TYPE, "")
    assert len(stored) < 200
    # What compression would make longer stays as it is.
    noise = bytes(range(256)) * 5
    assert len(serde.dumps_typed(noise)[1]) < len(noise) + 32


@given(STATES)
def test_what_the_stock_serde_wrote_is_read_when_compression_is_switched_on(state: Any) -> None:
    assert repr(StateSerde(compress_from=1).loads_typed(STOCK.dumps_typed(state))) == repr(
        STOCK.loads_typed(STOCK.dumps_typed(state))
    )


@given(st.integers(min_value=0), st.integers(0, 7), st.booleans())
def test_any_flipped_bit_of_a_sealed_value_is_refused(place: int, bit: int, packed: bool) -> None:
    serde = sealing(compress_from=int(packed)).for_place(PLACE)
    kind, stored = serde.dumps_typed({"text": "green tea " * 4})
    flipped = bytearray(stored)
    flipped[place % len(stored)] ^= 1 << bit
    with pytest.raises(UnreadableStateError):
        serde.loads_typed((kind, bytes(flipped)))


@given(st.integers(min_value=0))
def test_any_shorter_envelope_is_refused(length: int) -> None:
    for serde in every_way()[1:]:
        kind, stored = serde.dumps_typed(["green tea"] * 20)
        with pytest.raises(UnreadableStateError):
            serde.loads_typed((kind, stored[: length % len(stored)]))


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("value", "other", "", "messages"),
        Place("value", "thread", "sub", "messages"),
        Place("value", "thread", "", "notes"),
        Place("write", "thread", "", "messages"),
        Place("valuethread", "", "", "messages"),
        Place(),
    ],
)
def test_a_sealed_value_is_opened_at_its_place_alone(elsewhere: Place) -> None:
    typed = sealing().for_place(PLACE).dumps_typed("tea")
    assert sealing().for_place(PLACE).loads_typed(typed) == "tea"
    with pytest.raises(UnreadableStateError, match="moved from another place"):
        sealing().for_place(elsewhere).loads_typed(typed)


def test_the_newest_key_writes_and_every_key_reads() -> None:
    typed = sealing().dumps_typed("tea")
    both = sealing({"old": OLD, "new": NEW})
    assert both.loads_typed(typed) == "tea"
    assert key_id_of(both.dumps_typed("tea")[1]) == "new"
    assert both.dumps_typed("tea")[1].startswith(header_of("new"))
    anew = both.sealed(both.clear(typed))
    assert sealing({"new": NEW}).loads_typed((TYPE, anew)) == "tea"


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (
            sealing({"new": NEW}),
            r"under the key 'old', which is not among those given \(new\): give it as well",
        ),
        (sealing({"old": NEW}), "another key of the same name"),
        (StateSerde(), "under the key 'old': set MNEMOGRAPH_ENCRYPTION_KEYS"),
    ],
)
def test_a_wrong_or_missing_key_is_one_sentence(reader: StateSerde, said: str) -> None:
    with pytest.raises(UnreadableStateError, match=said) as caught:
        reader.loads_typed(sealing().dumps_typed("tea"))
    assert "\n" not in str(caught.value)
    for key in (OLD, NEW):
        assert base64.b64encode(key).decode() not in str(caught.value)
        assert key.decode() not in str(caught.value)


@pytest.mark.parametrize("clear", [STOCK.dumps_typed("tea"), StateSerde(compress_from=1).dumps_typed("tea")])
def test_what_is_in_clear_is_refused_unless_a_database_is_being_sealed(clear: tuple[str, bytes]) -> None:
    with pytest.raises(UnreadableStateError, match="in clear, though conversations are sealed"):
        sealing().loads_typed(clear)
    assert sealing(read_clear=True).loads_typed(clear) == "tea"


def test_a_bomb_is_refused_before_it_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zstandard.ZstdCompressor().compress(b"\x07msgpack" + bytes(MOST_BYTES))
    assert len(bomb) < 10_000
    for packed in (bomb, _without_its_size(bomb)):
        with pytest.raises(UnreadableStateError):
            StateSerde().loads_typed((TYPE, header_of("") + b"\x01" + packed))
    # A value as large as that is kept unpacked, and read.
    monkeypatch.setattr(envelope, "MOST_BYTES", 1_000)
    serde = sealing(compress_from=1)
    assert serde.loads_typed(serde.dumps_typed("x" * 2_000)) == "x" * 2_000


def _without_its_size(frame: bytes) -> bytes:
    writer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return bytes(writer.compress(zstandard.ZstdDecompressor().decompress(frame)) + writer.flush())


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"tea",
        MAGIC,
        MAGIC + b"\x00",
        MAGIC + b"\xff",
        MAGIC[:3] + b"\x02\x00\x00",
        header_of("") + b"\x09",
        header_of("") + b"\x00",
        header_of("") + b"\x00\x00tea",
        header_of("") + b"\x00\x09tea",
        header_of("") + b"\x01tea",
        header_of("old") + b"\x00",
        header_of("old") + b"\x00" + bytes(11),
    ],
)
def test_a_forged_envelope_is_one_sentence(forged: bytes) -> None:
    for serde in (StateSerde(), sealing()):
        with pytest.raises(UnreadableStateError):
            serde.loads_typed((TYPE, forged))


def test_an_envelope_is_never_taken_for_msgpack_or_json() -> None:
    for serde in every_way()[1:]:
        stored = serde.dumps_typed([1] * 100)[1]
        with pytest.raises(ormsgpack.MsgpackDecodeError):
            ormsgpack.unpackb(stored)
        assert stored[0] not in b'{["0123456789-tfn \t\r\n'


@pytest.mark.parametrize("masters", [{}, {"a": b"short"}, {"": OLD}, {"a" * 256: OLD}])
def test_keys_that_are_none(masters: dict[str, bytes]) -> None:
    with pytest.raises(UserError):
        StateKeys(masters)
    assert StateKeys.given({}) is None


def test_a_graphs_schema_may_name_types_that_are_read() -> None:
    serde = sealing().for_place(PLACE)
    typed = serde.dumps_typed(StateOf(3))
    assert serde.loads_typed(typed) == {"n": 3}
    wider = serde.with_msgpack_allowlist([(StateOf.__module__, StateOf.__name__)])
    assert wider.loads_typed(typed) == StateOf(3)


class StateOf:
    def __init__(self, n: int) -> None:
        self.n = n

    def _asdict(self) -> dict[str, int]:
        return {"n": self.n}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateOf) and other.n == self.n

    def __hash__(self) -> int:
        return self.n


def test_any_saver_takes_it() -> None:
    saver = InMemorySaver(serde=sealing(compress_from=1))
    builder = StateGraph(MessagesState)
    builder.add_node("echo", lambda state: {"messages": [AIMessage("heard")]})
    builder.add_edge(START, "echo")
    chat = builder.compile(checkpointer=saver)
    config: Any = {"configurable": {"thread_id": "t"}}
    chat.invoke({"messages": [HumanMessage("porcupine")]}, config)
    assert [each.content for each in chat.get_state(config).values["messages"]] == ["porcupine", "heard"]
    assert b"porcupine" not in repr((dict(saver.storage), dict(saver.writes), dict(saver.blobs))).encode()


MESSAGES = (
    st.builds(HumanMessage, st.text(), id=st.none() | st.text())
    | st.builds(
        AIMessage, st.text(), tool_calls=st.just([{"name": "f", "args": {"at": UUID(int=1)}, "id": "c"}])
    )
    | st.builds(ToolMessage, st.text(), tool_call_id=st.text(), artifact=st.none() | st.dates())
)


@given(st.lists(MESSAGES), STATES)
def test_messages_are_read_as_langgraphs_own_serializer_reads_them(messages: list[Any], other: Any) -> None:
    stored = STOCK.dumps_typed({"messages": messages, "other": [other]})
    found = StrictSerializer().loads_typed(stored)
    assert found == STOCK.loads_typed(stored)
    assert [type(each) for each in found["messages"]] == [type(each) for each in messages]


@given(
    st.sampled_from([HumanMessage, AIMessage, ToolMessage]),
    st.dictionaries(st.sampled_from(["content", "id", "type", "x"]), STATES),
    st.lists(st.text(), max_size=3),
)
def test_crafted_messages_become_what_langgraphs_own_serializer_makes_of_them(
    kind: type, fields: dict[str, Any], more: list[str]
) -> None:
    named = ormsgpack.packb([kind.__module__, kind.__name__])[1:]
    held = STOCK.dumps_typed(fields)[1] + b"".join(map(ormsgpack.packb, more))
    for count in (3, 4, 2 + 1 + len(more)):
        stored = "msgpack", ormsgpack.packb(ormsgpack.Ext(5, bytes([0x90 + count]) + named + held))
        assert repr(read(StrictSerializer(), stored)) == repr(read(STOCK, stored))


def read(serde: Any, stored: tuple[str, bytes]) -> Any:
    try:
        return serde.loads_typed(stored)
    except Exception as error:  # noqa: BLE001 - what it raises is compared
        return type(error)

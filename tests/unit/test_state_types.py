"""A state with classes of one's own comes back as it was put."""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, NotRequired

import pytest
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

from agents.state import ChatState
from graphs import chat
from memory.short_term.redis.sealed import StockSerde
from memory.short_term.savers import MemorySaver
from memory.short_term.sealed.state_keys import StateKeys
from memory.short_term.sealed.state_serde import StateSerde
from memory.short_term.state_types import names_in, state_types
from memory.short_term.strict import StrictSerializer
from memory.short_term.timeline import difference


class Urgency(Enum):
    HIGH = "high"


@dataclass
class Place:
    room: int


class Ticket(BaseModel):
    title: str
    place: Place | None = None
    urgency: Urgency = Urgency.HIGH


class Foreign(BaseModel):
    title: str


class Helpdesk(TypedDict):
    ticket: NotRequired[Ticket]
    all: NotRequired[Annotated[dict[str, list[Ticket]], "note"]]
    told: NotRequired[str]


MINE = {(__name__, name) for name in ("Urgency", "Place", "Ticket")}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_types, "names", state_types.names)
    state_types.add(Helpdesk)


def test_what_a_schema_names_is_found_however_deep() -> None:
    assert set(names_in(Helpdesk)) == MINE
    assert names_in(Helpdesk) == names_in(Annotated[list[Helpdesk] | None, "x"])


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "serde",
    [StrictSerializer(), StateSerde(compress_from=1), StateSerde(StateKeys({"a": bytes(32)})), StockSerde()],
    ids=["strict", "compressed", "sealed", "redis"],
)
def test_only_the_states_own_classes_are_made(serde: Any) -> None:
    ticket = Ticket(title="roof", place=Place(3))
    assert serde.loads_typed(serde.dumps_typed({"t": [ticket]})) == {"t": [ticket]}
    assert not isinstance(serde.loads_typed(serde.dumps_typed([Foreign(title="x")]))[0], Foreign)


def test_a_serializer_that_is_older_than_the_graph_learns_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_types, "names", frozenset())
    serde = StrictSerializer()
    typed = serde.dumps_typed(Ticket(title="roof"))
    assert serde.loads_typed(typed) == {"title": "roof", "place": None, "urgency": "high"}
    state_types.add(Helpdesk)
    assert serde.loads_typed(typed) == Ticket(title="roof")


@pytest.mark.usefixtures("known")
async def test_a_servers_copy_of_a_graph_gave_back_a_dict() -> None:
    """A LangGraph server takes the exported graph and copies it with the checkpointer."""
    seen: list[Any] = []

    def work(state: Helpdesk) -> dict[str, Any]:
        seen.append(state.get("ticket"))
        return {"ticket": Ticket(title="roof", place=Place(1))}

    builder = StateGraph(Helpdesk)
    builder.add_node("work", work)
    builder.add_edge(START, "work")
    builder.add_edge("work", END)
    exported = builder.compile()
    config: Any = {"configurable": {"thread_id": "t"}}
    saver = MemorySaver()
    for _ in range(2):
        await exported.copy({"checkpointer": saver}).ainvoke({"told": "x"}, config)
    assert seen == [None, Ticket(title="roof", place=Place(1))]


def test_the_graphs_tell_what_their_state_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_types, "names", frozenset())
    chat.build()
    assert state_types.names == names_in(ChatState)


def test_a_difference_with_a_class_of_ones_own_is_json() -> None:
    before, after = {"place": Place(1), "all": [Ticket(title="roof")]}, {"place": Place(2), "all": []}
    told = {name: each.as_json() for name, each in difference(before, after).items()}
    assert told["place"]["changed"] == {"room": [1, 2]}
    assert told["all"]["removed"] == [{"title": "roof", "place": None, "urgency": "high"}]
    assert json.loads(json.dumps(told)) == told

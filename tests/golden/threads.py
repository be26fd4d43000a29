"""The graph whose threads the golden database holds."""

import operator
from typing import Annotated, Any, NotRequired, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt


class State(TypedDict):
    notes: Annotated[list[str], operator.add]
    messages: NotRequired[Annotated[list[AnyMessage], add_messages]]
    mood: NotRequired[str]


def speak(state: State) -> dict[str, Any]:
    said = state["notes"][-1]
    call = {"name": "clock", "args": {"zone": "Porto"}, "id": f"call-{len(state['notes'])}"}
    place = len(state["notes"])
    return {
        "messages": [
            HumanMessage(said, id=f"human-{place}"),
            AIMessage("Let me see.", id=f"ai-{place}", tool_calls=[call]),
        ]
    }


def ask(state: State) -> dict[str, Any]:
    answer = interrupt("which?") if state["notes"][-1] == "ask me" else "nothing"
    return {"notes": [f"answered {answer}"]}


def chat(saver: BaseCheckpointSaver[Any]) -> Any:
    """Speaks, then asks in a subgraph when it is told to."""
    inner = StateGraph(State)
    inner.add_node("ask", ask)
    inner.add_edge(START, "ask")
    inner.add_edge("ask", END)
    builder = StateGraph(State)
    builder.add_node("speak", speak)
    builder.add_node("sub", inner.compile())
    builder.add_edge(START, "speak")
    builder.add_edge("speak", "sub")
    builder.add_edge("sub", END)
    return builder.compile(checkpointer=saver)


def thread(name: str) -> Any:
    return {"configurable": {"thread_id": name}}

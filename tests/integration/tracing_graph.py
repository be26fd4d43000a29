"""A small graph for the tracing tests: a model, a tool, annotations, and a failure on demand."""

from typing import Any

from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph

from config.tracing import annotate_run, hash_user


@tool
async def look_up(text: str) -> str:
    """Looks something up."""
    return f"found {text}"


async def recall(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    annotate_run(config, memory_keys=["m-1", "m-2"], user=hash_user("ann"))
    await look_up.ainvoke({"text": state["messages"][-1].text}, config)
    return {}


async def respond(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    annotate_run(config, model="offline")
    text = state["messages"][-1].text
    if text.startswith("fail"):
        raise ValueError(f"could not do {text}")
    model = FakeListChatModel(responses=[f"you said {text}"])
    return {"messages": [await model.ainvoke(state["messages"], config)]}


def build() -> Any:
    builder = StateGraph(MessagesState).add_node("recall", recall).add_node("respond", respond)
    return builder.add_edge(START, "recall").add_edge("recall", "respond").compile(name="chat")


graph = build()

"""The team graph: supervise → brief → recall → respond ⇄ tools → remember, and → approve as in the chat graph.

The supervisor answers for the user, or gives the turn to a specialist, who sees what was granted to it. The nodes are
the chat graph's own; whose memory view, prompt and tools they take stands on the turn's message.
"""

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.store.base import BaseStore
from langgraph.types import Send

from agents.context import ChatContext
from agents.conversation import last_human
from agents.later import Later, served
from agents.nodes.approve import approve
from agents.nodes.brief import acknowledge_news, brief
from agents.nodes.recall import recall
from agents.nodes.refuse import refuse
from agents.nodes.remember import remembering
from agents.nodes.respond import responding
from agents.nodes.summarise import summarise
from agents.nodes.supervise import supervise
from agents.sharing import agent_of
from agents.state import ChatState
from agents.team.members import MEMBERS, SUPERVISOR
from agents.voice import Voice
from config.settings import Settings
from config.tracing import install_tracing
from graphs.chat import (
    Chat,
    after_refuse,
    after_remember,
    behind_reply,
    calls_to,
    enter,
    extracting,
    tool_error,
)
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer
from memory.short_term.state_types import state_types

BEGINNING: dict[Hashable, str] = {
    "recall": "supervise",
    "refuse": "refuse",
    "remember": "remember",
    END: END,
}


def member_of(state: ChatState) -> str:
    """Who answers the turn at hand."""
    agent = agent_of(last_human(state.get("messages") or []))
    return agent if agent in MEMBERS else SUPERVISOR


def voice_of(state: ChatState) -> Voice:
    return MEMBERS[member_of(state)]


def tools_of(member: str) -> str:
    return f"{member}_tools"


def after_reply(state: ChatState) -> list[Send] | list[str]:
    """The tools of whoever answers, which nobody else's call reaches; or what is done behind the reply."""
    calls = calls_to(tools_of(member_of(state)), state)
    return calls or [*behind_reply(state), "acknowledge_news"]


def build(later: Later | None = None) -> StateGraph[ChatState, ChatContext, Any, Any]:
    """The graph's nodes and edges, not compiled. `later` extracts in the background, where the settings say so."""
    state_types.add(ChatState)
    builder = StateGraph(ChatState, context_schema=ChatContext)
    builder.add_node("supervise", supervise)
    builder.add_node("brief", brief)
    builder.add_node("recall", recall)
    builder.add_node("respond", responding(voice_of))
    builder.add_node("remember", remembering(later))
    builder.add_node("approve", approve)
    builder.add_node("summarise", summarise)
    builder.add_node("acknowledge_news", acknowledge_news)
    builder.add_node("refuse", refuse)
    for member, voice in MEMBERS.items():
        builder.add_node(tools_of(member), ToolNode(list(voice.tools), handle_tool_errors=tool_error))
        builder.add_edge(tools_of(member), "respond")
    builder.add_conditional_edges(START, enter, BEGINNING)
    builder.add_conditional_edges("refuse", after_refuse, BEGINNING)
    builder.add_edge("supervise", "brief")
    builder.add_edge("brief", "recall")
    builder.add_edge("recall", "respond")
    ends = ["remember", "summarise", "acknowledge_news"]
    builder.add_conditional_edges("respond", after_reply, [*map(tools_of, MEMBERS), *ends])
    builder.add_conditional_edges("remember", after_remember)
    for each in ("approve", "summarise", "acknowledge_news"):
        builder.add_edge(each, END)
    return builder


def compile_team(
    checkpointer: BaseCheckpointSaver[Any], store: BaseStore, later: Later | None = None
) -> Chat:
    """The graph with persistence of its own."""
    return build(later).compile(checkpointer=checkpointer, store=store, name="team")


@asynccontextmanager
async def open_team(configured: Settings) -> AsyncIterator[Chat]:
    """The graph on the settings' own databases, as `graphs.chat.open_chat` gives the chat graph."""
    install_tracing(configured)
    async with (
        open_store(configured) as store,
        open_checkpointer(configured) as checkpointer,
        extracting(checkpointer, store, configured) as later,
    ):
        yield compile_team(checkpointer, store, later)


graph = build(served).compile(name="team")

"""The chat graph: recall → respond ⇄ tools → remember, and where the turn proposed a procedure → approve.

`graph` is exported bare, for a LangGraph server; `open_chat` compiles it with persistence for everything else.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolInvocationError
from langgraph.store.base import BaseStore
from langgraph.types import Send

from agents.admission import refused
from agents.approval import asked_about
from agents.context import ChatContext
from agents.conversation import is_answered, last_human, turns_to_remember
from agents.later import Job, Later, served
from agents.nodes.approve import approve
from agents.nodes.recall import recall
from agents.nodes.refuse import refuse
from agents.nodes.remember import remembering
from agents.nodes.respond import respond
from agents.nodes.summarise import summarise
from agents.state import ChatState
from agents.summary import due
from agents.tools import TOOLS
from config.errors import UserError
from config.settings import Settings, settings
from config.tracing import install_tracing
from graphs.extraction import extract_turns
from graphs.tasks import Tasks
from memory.long_term.factory import open_store
from memory.short_term.factory import open_checkpointer
from memory.short_term.state_types import state_types

log = logging.getLogger(__name__)

Chat = CompiledStateGraph[ChatState, ChatContext, Any, Any]


def enter(state: ChatState) -> Literal["recall", "refuse", "remember", "__end__"]:
    """Where a run begins. A turn sent again under its own message id is not answered twice."""
    if refused(state.get("messages") or [], settings().max_message_chars):
        return "refuse"
    return after_refuse(state)


def after_refuse(state: ChatState) -> Literal["recall", "remember", "__end__"]:
    """What is left to do: a message to answer, turns to remember, or nothing."""
    messages = state.get("messages") or []
    if last_human(messages) is not None and not is_answered(messages):
        return "recall"
    return "remember" if turns_to_remember(messages, state.get("remembered_to")) else "__end__"


def after_respond(state: ChatState) -> list[Send] | list[str]:
    """The reply's tool calls; or, when it is out, what is done behind it."""
    return calls_to("tools", state) or behind_reply(state)


def calls_to(node: str, state: ChatState) -> list[Send]:
    """The reply's tool calls, each a task of its own: it runs once, and a question of it is asked under its own id."""
    # Who edits a state in the reply's name may leave none.
    messages = state.get("messages") or []
    replies = [each for each in messages[-1:] if isinstance(each, AIMessage)]
    return [Send(node, [{**call, "type": "tool_call"}]) for reply in replies for call in reply.tool_calls]


def behind_reply(state: ChatState) -> list[str]:
    long = due(state.get("messages") or [], state.get("summary"), settings().context_tokens)
    return ["remember", "summarise"] if long else ["remember"]


def after_remember(state: ChatState) -> Literal["approve", "__end__"]:
    """A question where the turn proposed a procedure; most turns end here."""
    return "approve" if asked_about(state.get("learned") or []) else "__end__"


def tool_error(error: Exception) -> str:
    """What the model reads when a tool failed: a sentence for people as it is, anything else by its kind alone."""
    if isinstance(error, UserError):
        return error.sentence
    if isinstance(error, ToolInvocationError) and error.filtered_errors:
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.filtered_errors]
        return f"The arguments do not fit: {'; '.join(wrong)}."
    log.warning("a tool failed: %s: %s", type(error).__name__, error)
    return f"The tool failed ({type(error).__name__}). Check its arguments, or go on without it."


def build(later: Later | None = None) -> StateGraph[ChatState, ChatContext, Any, Any]:
    """The graph's nodes and edges, not compiled. `later` extracts in the background, where the settings say so."""
    state_types.add(ChatState)
    builder = StateGraph(ChatState, context_schema=ChatContext)
    builder.add_node("recall", recall)
    builder.add_node("respond", respond)
    builder.add_node("tools", ToolNode(list(TOOLS), handle_tool_errors=tool_error))
    builder.add_node("remember", remembering(later))
    builder.add_node("approve", approve)
    builder.add_node("summarise", summarise)
    builder.add_node("refuse", refuse)
    builder.add_conditional_edges(START, enter)
    builder.add_edge("recall", "respond")
    builder.add_conditional_edges("respond", after_respond, ["tools", "remember", "summarise"])
    builder.add_edge("tools", "respond")
    builder.add_conditional_edges("remember", after_remember)
    builder.add_edge("approve", END)
    builder.add_edge("summarise", END)
    builder.add_conditional_edges("refuse", after_refuse)
    return builder


def compile_chat(
    checkpointer: BaseCheckpointSaver[Any], store: BaseStore, later: Later | None = None
) -> Chat:
    """The graph with persistence of its own."""
    return build(later).compile(checkpointer=checkpointer, store=store, name="chat")


@asynccontextmanager
async def extracting(
    checkpointer: BaseCheckpointSaver[Any], store: BaseStore, configured: Settings
) -> AsyncIterator[Tasks]:
    """What extracts in the background of this process; what was begun is finished at the end."""

    async def work(job: Job) -> None:
        await extract_turns(checkpointer, store, job.user_id, job.thread_id, configured, model=job.model)

    tasks = Tasks(work, configured.remember_after_s)
    try:
        yield tasks
    finally:
        await tasks.finish()


@asynccontextmanager
async def open_chat(configured: Settings) -> AsyncIterator[Chat]:
    """The graph on the settings' own databases. Raises UserError when one cannot serve.

    What is extracted in the background is finished at the end.
    """
    install_tracing(configured)
    async with (
        open_store(configured) as store,
        open_checkpointer(configured) as checkpointer,
        extracting(checkpointer, store, configured) as later,
    ):
        yield compile_chat(checkpointer, store, later)


graph = build(served).compile(name="chat")

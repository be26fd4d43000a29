"""Which memories a turn's agent sees, and where what it learns is kept."""

from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.messages import BaseMessage
from langgraph.store.base import BaseStore

from agents.conversation import last_human, mark, run_began
from agents.identity import current_user
from config.errors import UserError
from config.settings import settings
from memory.lifecycle.sharing.rooms import OwnRoom
from memory.lifecycle.sharing.sharing import SharedStore
from memory.long_term.rows.readers import Reader
from memory.long_term.statements.began import begin

TEAM = "team"
"""The grantee that stands for all specialists."""


def agent_of(human: BaseMessage | None) -> str:
    """The specialist that the supervisor gave this turn to; "" where the user's own agent answers."""
    return "" if human is None else str(mark(human).get("agent") or "")


def reader_of(user_id: str, agent: str) -> Reader:
    return Reader(user_id, agent, teams=(TEAM,))


def memory_view(store: BaseStore, user_id: str, human: BaseMessage | None) -> BaseStore:
    """The store as this turn's agent may see it: a specialist's by what was granted, the user's own agent's whole."""
    agent = agent_of(human)
    return SharedStore(store, reader_of(user_id, agent)) if agent else store


def views_of_turn(store: BaseStore, user_id: str, human: BaseMessage | None) -> list[BaseStore]:
    """What this turn's agent may see: the user's memories as far as they are open to it, and its own room."""
    return [memory_view(store, user_id, human), *places_of_turn(store, user_id, human)[1:]]


def places_of_turn(store: BaseStore, user_id: str, human: BaseMessage | None) -> list[BaseStore]:
    """Where a turn's memories may be: among the user's, and in the room of the specialist who answered."""
    agent = agent_of(human)
    return [store, OwnRoom(store, reader_of(user_id, agent))] if agent else [store]


def store_of_run(runtime: ToolRuntime[Any, Any]) -> tuple[BaseStore, str]:
    """What a tool writes to past any grant, and whose memories they are. Raises UserError."""
    if runtime.store is None:
        raise UserError("Long-term memory is not available in this run.")
    # A tool is a task of its own.
    begin(run_began(runtime.state.get("messages") or [], runtime.config.get("run_id")))
    return runtime.store, current_user(runtime, settings())


def memory_of(runtime: ToolRuntime[Any, Any]) -> tuple[BaseStore, str]:
    """What a tool may touch: the memories as this turn's agent sees them, and whose. Raises UserError."""
    store, user_id = store_of_run(runtime)
    return memory_view(store, user_id, last_human(runtime.state.get("messages") or [])), user_id

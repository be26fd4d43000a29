"""What tests of procedures ask: what a run stopped to ask, what is decided, and how a user's procedures stand."""

from typing import Any

from langgraph.store.base import BaseStore
from langgraph.types import Command

from agents.context import ChatContext
from graphs.chat import Chat
from memory.lifecycle.changing.approval import procedures_of
from tests.services.chat import ANA, thread

WISH = "From now on end every answer with Cheers."
CHEERS = "End every answer with Cheers."


def asked(values: dict[str, Any]) -> list[str]:
    """The instructions that a run ended by asking about."""
    return [
        request["args"]["instruction"]
        for each in values.get("__interrupt__", ())
        for request in each.value["action_requests"]
    ]


async def decided(chat: Chat, *decisions: Any, number: int = 1, user: str = ANA) -> dict[str, Any]:
    resume: Any = Command(resume={"decisions": list(decisions)})
    return await chat.ainvoke(resume, thread(number), context=ChatContext(user_id=user))


async def standing(store: BaseStore, user: str = ANA) -> list[tuple[str, str]]:
    return sorted((memory.text, memory.status.value) for memory in await procedures_of(store, user))

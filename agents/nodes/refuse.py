"""A message that cannot be taken: say why, keep the thread as it was."""

from typing import Any

from agents.admission import refusal, refused_messages
from agents.conversation import last_human
from agents.state import ChatState
from config.settings import settings


async def refuse(state: ChatState) -> dict[str, Any]:
    """Replace the refused message by a short stand-in and answer with the reason."""
    human = last_human(state["messages"])
    sentence = refusal(human.content, settings().max_message_chars) if human else None
    if human is None or sentence is None:
        return {}
    return {"messages": refused_messages(human, sentence), "recalled": [], "learned": [], "warnings": []}

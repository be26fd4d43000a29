"""Messages that cannot be taken: say why, keep the thread as it was."""

from typing import Any

from agents.admission import refusal_reply, refused, stand_in
from agents.conversation import last_human
from agents.state import ChatState
from config.settings import settings


async def refuse(state: ChatState) -> dict[str, Any]:
    """Put a short stand-in where a refused message was. When it is the newest one, answer with the reason."""
    limit = settings().max_message_chars
    bad = refused(state["messages"], limit)
    reply = [refusal_reply(human, limit) for human in bad if human is last_human(state["messages"])]
    messages = [*map(stand_in, bad), *reply]
    return {"messages": messages, "recalled": [], "procedures": [], "learned": [], "warnings": []}

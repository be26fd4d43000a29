"""Beside remembering, when the reply is out: sum up what the conversation is getting too long to show."""

import asyncio
import logging
from typing import Any

from langgraph.runtime import Runtime

from agents.context import ChatContext
from agents.identity import current_context
from agents.state import ChatState
from agents.summary import due
from agents.summary import summarise as sum_up
from agents.unsaid import without_forgotten
from config.settings import settings

log = logging.getLogger(__name__)


async def summarise(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Put the next summary into the state; a model that fails costs the summary, which the next turn tries again."""
    configured = settings()
    before = state.get("summary")
    said = without_forgotten(state["messages"], state.get("unsaid") or ())
    messages = due(said, before, configured.context_tokens)
    if not messages:
        return {}
    name = current_context(runtime).extraction_model or configured.memory_model
    try:
        async with asyncio.timeout(configured.remember_timeout_s):
            return {"summary": await sum_up(messages, before, name, configured)}
    except Exception as error:  # noqa: BLE001 - whatever fails here must not cost the turn
        log.warning("the summary failed, it is tried again: %s: %s", type(error).__name__, error)
        return {}

"""The first node of a turn: find the memories that may help."""

import logging
from datetime import UTC, datetime
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config
from langgraph.runtime import Runtime

from agents.context import ChatContext
from agents.conversation import last_human, marked, speaker
from agents.identity import current_context, current_user
from agents.reranking import open_reranking
from agents.sharing import memory_view
from agents.state import ChatState, summarised_to
from config.settings import settings
from config.tracing import annotate_run, hash_user
from memory.lifecycle.recall import recall as search
from memory.lifecycle.recalled import as_state
from memory.short_term.window import after

log = logging.getLogger(__name__)

UNREADABLE = "Long-term memory could not be read, so this reply does without it."


def _stamped(human: HumanMessage, config: RunnableConfig, user_id: str) -> HumanMessage:
    """The message with when, in which run and by whom it was said, for whenever it is remembered."""
    return marked(
        human,
        said_at=datetime.now(UTC).isoformat(),
        run_id=str(config.get("run_id") or "") or None,
        by=speaker(str(config["configurable"]["thread_id"]), user_id),
    )


async def recall(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Put the memories and their receipt into the state; memory being down costs the memories alone."""
    configured, config = settings(), get_config()
    user_id = current_user(runtime, configured)
    human = last_human(state["messages"])
    if human is None:
        return {}
    annotate_run(config, user=hash_user(user_id), model=current_context(runtime).model or configured.model)
    update: dict[str, Any] = {"recalled": [], "learned": [], "warnings": []}
    update["messages"] = [_stamped(human, config, user_id)]
    if state.get("undone"):
        update["undone"] = []
    if runtime.store is None:
        return {**update, "warnings": [UNREADABLE]}
    limit = current_context(runtime).recall_limit or configured.recall_limit
    # What a summary stands for is no longer before the model: its own memories may be.
    seen = {str(message.id) for message in after(state["messages"], summarised_to(state.get("summary")))}
    reranking, update["warnings"] = await open_reranking(runtime, configured)
    try:
        found = await search(
            memory_view(runtime.store, user_id, human),
            user_id,
            str(human.text),
            limit=limit,
            seen=seen,
            timeout_s=configured.memory_timeout_s,
            reranking=reranking,
        )
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
        log.warning("recall failed: %s: %s", type(error).__name__, error)
        return {**update, "warnings": [*update["warnings"], UNREADABLE]}
    annotate_run(config, recalled=[item.id for item in found])
    update["messages"] = [marked(update["messages"][0], recalled=[item.id for item in found])]
    return {**update, "recalled": as_state(found)}

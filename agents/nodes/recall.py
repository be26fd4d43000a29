"""The first node of a turn: find the memories that may help."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore

from agents.context import ChatContext
from agents.conversation import last_human, marked, speaker
from agents.identity import current_context, current_user
from agents.reranking import open_reranking
from agents.retriever_run import as_retriever
from agents.sharing import places_of_turn, views_of_turn
from agents.state import ChatState, summarised_to
from agents.unsaid import said_before
from config.settings import Settings, settings
from config.timings import timings
from config.tracing import annotate_run, hash_user
from memory.lifecycle.learning.procedures import as_state as receipt
from memory.lifecycle.learning.procedures import in_force
from memory.lifecycle.reading.lookup import procedures_in
from memory.lifecycle.recalling.recall import recall as search
from memory.lifecycle.recalling.recalled import Recalled, as_state
from memory.lifecycle.recalling.rerank import Reranking
from memory.lifecycle.recalling.unsaid import Unsaid, unsaid
from memory.schema import Status
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
    update: dict[str, Any] = {"recalled": [], "used": [], "procedures": [], "learned": [], "warnings": []}
    update["messages"] = [_stamped(human, config, user_id)]
    if state.get("undone"):
        update["undone"] = []
    if runtime.store is None:
        return {**update, "warnings": [UNREADABLE]}
    limit = current_context(runtime).recall_limit or configured.recall_limit
    # What a summary stands for is no longer before the model: its own memories may be.
    seen = {str(message.id) for message in after(state["messages"], summarised_to(state.get("summary")))}
    reranking, update["warnings"] = await open_reranking(runtime, configured)
    views = views_of_turn(runtime.store, user_id, human)
    (found, missing), (procedures, unknown), ended = await asyncio.gather(
        _memories(
            views[0],
            user_id,
            str(human.text),
            limit=limit,
            seen=seen,
            timeout_s=configured.memory_timeout_s,
            reranking=reranking,
        ),
        _procedures(views, user_id, configured),
        _unsaid(state, runtime.store, user_id, configured.memory_timeout_s),
    )
    update["warnings"] = [*update["warnings"], *dict.fromkeys([*missing, *unknown])]
    if not missing:
        annotate_run(config, recalled=[item.id for item in found])
        update["messages"] = [marked(update["messages"][0], recalled=[item.id for item in found])]
    if ended != (state.get("unsaid") or []):
        update["unsaid"] = ended
    return {**update, "recalled": as_state(found), "procedures": procedures}


async def _unsaid(state: ChatState, store: BaseStore, user_id: str, timeout_s: float) -> list[Unsaid]:
    """What of the earlier turns that are before the model does not hold any more; as before where nobody can tell."""
    said = said_before(after(state["messages"], summarised_to(state.get("summary"))))
    places = places_of_turn(store, user_id, last_human(state["messages"]))
    try:
        async with asyncio.timeout(timeout_s):
            return await unsaid(places, user_id, str(get_config()["configurable"]["thread_id"]), said)
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
        log.warning("what no longer holds could not be read: %s: %s", type(error).__name__, error)
        return state.get("unsaid") or []


async def _memories(
    store: BaseStore,
    user_id: str,
    text: str,
    *,
    limit: int,
    seen: Collection[str],
    timeout_s: float,
    reranking: Reranking | None,
) -> tuple[list[Recalled], list[str]]:
    """What may help, and a sentence where it could not be read."""
    try:
        with timings.measure("recall"):
            found = await as_retriever(
                text,
                search(
                    store,
                    user_id,
                    text,
                    limit=limit,
                    seen=seen,
                    timeout_s=timeout_s,
                    reranking=reranking,
                ),
            )
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
        log.warning("recall failed: %s: %s", type(error).__name__, error)
        return [], [UNREADABLE]
    return found, []


async def _procedures(
    views: Sequence[BaseStore], user_id: str, configured: Settings
) -> tuple[list[dict[str, Any]], list[str]]:
    """The procedures that shape the reply, and a sentence where they could not be read. Nothing is embedded."""
    if configured.procedures == "off":
        return [], []
    try:
        async with asyncio.timeout(configured.memory_timeout_s):
            found = await asyncio.gather(*(procedures_in(each, user_id, Status.ACTIVE) for each in views))
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
        log.warning("procedures could not be read: %s: %s", type(error).__name__, error)
        return [], [UNREADABLE]
    return receipt(in_force([memory for active in found for memory in active])), []

"""Before a specialist answers: what others learned since it was last told. After it has: that it was told."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from langgraph.config import get_config
from langgraph.runtime import Runtime

from agents.context import ChatContext
from agents.conversation import last_human, marked, run_began
from agents.identity import current_user
from agents.sharing import agent_of, reader_of
from agents.state import ChatState
from config.settings import settings
from memory.lifecycle.sharing.subscriptions import Notice, acknowledge, news, subscribe
from memory.long_term.rows.readers import Reader
from memory.long_term.statements.began import since
from memory.schema import Kind

log = logging.getLogger(__name__)

MOST = 20


async def brief(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """Put the news into the state; a memory that is down costs the news, which come with the next turn."""
    reader = _reader(state, runtime)
    if reader is None or runtime.store is None:
        return {"news": []}
    try:
        async with asyncio.timeout(settings().memory_timeout_s):
            await subscribe(runtime.store, reader, datetime.now(UTC), kinds=(Kind.SEMANTIC, Kind.PROCEDURAL))
            found = await news(runtime.store, reader, limit=MOST)
    except Exception as error:  # noqa: BLE001 - whatever fails in memory must not cost the reply
        log.warning("the news could not be read: %s: %s", type(error).__name__, error)
        return {"news": []}
    human = last_human(state["messages"])
    told = [marked(human, told=[each.memory_id for each in found])] if human and found else []
    return {"news": [each.as_json() for each in found], "messages": told}


async def acknowledge_news(state: ChatState, runtime: Runtime[ChatContext]) -> dict[str, Any]:
    """The reply is out: what it was told is not told again. A crash before this tells it once more."""
    given = state.get("news") or []
    reader = _reader(state, runtime)
    if not given or reader is None or runtime.store is None:
        return {}
    try:
        # Whoever is erased meanwhile is not subscribed anew.
        with since(run_began(state["messages"], get_config().get("run_id"))):
            async with asyncio.timeout(settings().memory_timeout_s):
                await acknowledge(runtime.store, reader, [_notice(each) for each in given])
    except Exception as error:  # noqa: BLE001 - they are told again
        log.warning("the news stay unread: %s: %s", type(error).__name__, error)
    return {}


def _reader(state: ChatState, runtime: Runtime[ChatContext]) -> Reader | None:
    agent = agent_of(last_human(state["messages"]))
    return reader_of(current_user(runtime, settings()), agent) if agent else None


def _notice(row: Mapping[str, Any]) -> Notice:
    return Notice.from_json(row)

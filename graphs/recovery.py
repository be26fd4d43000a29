"""Finish what a crash left: turns whose reply is in the thread but whose memories were never written.

The thread itself is the queue. Remembering twice is harmless (the keys come from the evidence), so the only care is
to leave alone a thread that somebody is using right now.
"""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from langchain_core.messages import AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple

from agents.context import ChatContext
from agents.conversation import is_answered, turns_after
from graphs.chat import Chat

log = logging.getLogger(__name__)

SCANNED = 500


async def newest_checkpoints(chat: Chat, limit: int = SCANNED) -> AsyncIterator[CheckpointTuple]:
    """The newest checkpoint of each thread among the newest `limit` checkpoints, newest first."""
    saver: Any = chat.checkpointer
    seen: set[str] = set()
    async for found in saver.alist(None, limit=limit):
        where = found.config["configurable"]
        if where["thread_id"] not in seen and not where.get("checkpoint_ns"):
            seen.add(where["thread_id"])
            yield found


def is_unfinished(found: CheckpointTuple, before: datetime) -> bool:
    """Whether a thread that nobody has touched since `before` holds an answered turn that was not remembered."""
    values = found.checkpoint["channel_values"]
    messages: list[AnyMessage] = values.get("messages") or []
    touched = datetime.fromisoformat(found.checkpoint["ts"])
    return (
        touched < before
        and is_answered(messages)
        and bool(turns_after(messages, values.get("remembered_to")))
    )


async def recover(chat: Chat, user_id: str, *, quiet_for: timedelta = timedelta()) -> int:
    """Remember what is left over in this user's recent threads. Returns how many threads there were.

    A thread is a user's when the run that wrote it says so in its metadata; others are left alone. `quiet_for` is
    how long a thread must have been left alone.
    """
    before = datetime.now(UTC) - quiet_for
    left = [
        found.config
        async for found in newest_checkpoints(chat)
        if dict(found.metadata).get("user_id") == user_id and is_unfinished(found, before)
    ]
    for config in left:
        thread_id = config["configurable"]["thread_id"]
        log.info("remembering what a crash left in thread %s", thread_id)
        thread: RunnableConfig = {"configurable": {"thread_id": thread_id}, "metadata": {"user_id": user_id}}
        await chat.ainvoke({"messages": []}, thread, context=ChatContext(user_id=user_id))
    return len(left)

"""Finish what a crash left: turns whose reply is in the thread but whose memories were never written.

The thread itself is the queue. Remembering twice is harmless (the keys come from the evidence), so the only care is
to leave alone a thread that somebody is using right now.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

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


@dataclass(frozen=True)
class Leftover:
    """An answered turn that was never remembered. `input` is what to run the thread with.

    A run that was cut off is resumed with None: any other input would throw away what its last step had written.
    """

    thread_id: str
    input: dict[str, Any] | None


async def leftover(chat: Chat, found: CheckpointTuple, before: datetime) -> Leftover | None:
    """What is to be done for a thread that nobody has touched since `before`; None when nothing is."""
    values = found.checkpoint["channel_values"]
    waiting = turns_after(values.get("messages") or [], values.get("remembered_to"))
    if not waiting or datetime.fromisoformat(found.checkpoint["ts"]) >= before:
        return None
    thread_id = str(found.config["configurable"]["thread_id"])
    # The snapshot holds what the last step wrote before its checkpoint, which the checkpoint itself does not.
    snapshot = await chat.aget_state({"configurable": {"thread_id": thread_id}})
    if not is_answered(snapshot.values.get("messages") or []):
        return None
    return Leftover(thread_id, None if snapshot.next else {"messages": []})


async def recover(chat: Chat, user_id: str, *, quiet_for: timedelta = timedelta()) -> int:
    """Remember what is left over in this user's recent threads. Returns how many threads there were.

    A thread is a user's when the run that wrote it says so in its metadata; others are left alone. `quiet_for` is
    how long a thread must have been left alone.
    """
    before = datetime.now(UTC) - quiet_for
    own = [
        found async for found in newest_checkpoints(chat) if dict(found.metadata).get("user_id") == user_id
    ]
    left = [rest for found in own if (rest := await leftover(chat, found, before))]
    for rest in left:
        log.info("remembering what a crash left in thread %s", rest.thread_id)
        thread: RunnableConfig = {
            "configurable": {"thread_id": rest.thread_id},
            "metadata": {"user_id": user_id},
        }
        await chat.ainvoke(rest.input, thread, context=ChatContext(user_id=user_id))
    return len(left)

"""Finish what a crash left: turns whose reply is in the thread but whose memories were never written.

The thread itself is the queue. Remembering twice is harmless (the keys come from the evidence), so the only care is
to leave alone a thread that somebody is using right now.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from agents.context import ChatContext
from agents.conversation import is_answered, turns_after
from config.settings import settings
from graphs.chat import Chat
from graphs.extraction import extract_turns
from graphs.undo import mend, store_of
from memory.lifecycle.sharing.rooms import pending_everywhere
from memory.short_term.threads import ThreadQuery, ThreadRow, threads_in

log = logging.getLogger(__name__)

PAGE = 200
# Each costs a read of the whole thread, some milliseconds. A thread whose turn never got a reply counts, too, and
# years of those must not hold up a start; the newest come first.
MOST = 2_000
BEHIND = ("remembered_to", "messages")
"""A thread with something to remember was written to after it was last remembered."""


async def unremembered(
    chat: Chat, *, run_metadata: Mapping[str, str] | None = None, since: datetime | None = None
) -> AsyncIterator[ThreadRow]:
    """At most `MOST` threads that may hold something to remember, newest first."""
    async for row in touched(chat.checkpointer, run_metadata=run_metadata, since=since, behind=BEHIND):
        yield row


async def touched(
    saver: Any,
    *,
    run_metadata: Mapping[str, str] | None = None,
    since: datetime | None = None,
    behind: tuple[str, str] | None = None,
) -> AsyncIterator[ThreadRow]:
    """At most `MOST` threads that were touched since then, newest first."""
    before: str | None = None
    for _ in range(MOST // PAGE):
        page = await threads_in(saver, ThreadQuery(run_metadata or {}, since, behind, before, PAGE))
        for row in page:
            yield row
        if len(page) < PAGE:
            return
        before = page[-1].checkpoint_id


@dataclass(frozen=True)
class Leftover:
    """An answered turn that was never remembered. `input` is what to run the thread with.

    A run that was cut off is resumed with None: any other input would throw away what its last step had written.
    """

    thread_id: str
    input: dict[str, Any] | None


Left = tuple[ThreadRow, Leftover]


async def leftover(chat: Chat, row: ThreadRow, before: datetime) -> Leftover | None:
    """What is to be done for a thread that nobody has touched since `before`; None when nothing is."""
    if row.touched >= before:
        return None
    thread: RunnableConfig = {"configurable": {"thread_id": row.thread_id, "checkpoint_ns": ""}}
    saver: Any = chat.checkpointer
    found: CheckpointTuple | None = await saver.aget_tuple(thread)
    # The snapshot holds what the last step wrote before its checkpoint, which the checkpoint itself does not.
    snapshot = await chat.aget_state(thread)
    messages = snapshot.values.get("messages") or []
    remembered_to = found.checkpoint["channel_values"].get("remembered_to") if found else None
    if not is_answered(messages) or not turns_after(messages, remembered_to):
        return None
    return Leftover(row.thread_id, None if snapshot.next else {"messages": []})


async def leftovers(
    chat: Chat, rows: AsyncIterator[ThreadRow], before: datetime
) -> tuple[list[Left], list[str]]:
    """What is to be done in these threads, and the ids of those that cannot be read, which keep up no other."""
    left: list[Left] = []
    broken: list[str] = []
    async for row in rows:
        try:
            rest = await leftover(chat, row, before)
        except Exception as error:  # noqa: BLE001 - a thread whose last step failed is nobody else's trouble
            tell(row.thread_id, error)
            broken.append(row.thread_id)
            continue
        if rest is not None:
            left.append((row, rest))
    return left, broken


def tell(thread_id: str, error: Exception) -> None:
    """Say in the log which thread was passed over, and why."""
    log.warning("thread %s is passed over in recovery: %s: %s", thread_id, type(error).__name__, error)


async def recover(chat: Chat, user_id: str, *, quiet_for: timedelta = timedelta()) -> int:
    """Remember what is left over in this user's threads, and finish what an undo left. Returns how many threads.

    Turns whose words are kept and whose facts are not are extracted here and now. A thread that cannot be read or run
    is said in the log and passed over.

    A thread is a user's when the run that wrote it says so in its metadata; others are left alone. `quiet_for` is
    how long a thread must have been left alone.
    """
    await mend(chat, user_id)
    before = datetime.now(UTC) - quiet_for
    left, _ = await leftovers(chat, unremembered(chat, run_metadata={"user_id": user_id}), before)
    done = [rest.thread_id for _, rest in left if await _remember(chat, user_id, rest)]
    return len({*done, *await _extract_pending(chat, user_id)})


async def _remember(chat: Chat, user_id: str, rest: Leftover) -> bool:
    """False where the thread does not run."""
    log.info("remembering what a crash left in thread %s", rest.thread_id)
    thread: RunnableConfig = {"configurable": {"thread_id": rest.thread_id}, "metadata": {"user_id": user_id}}
    try:
        await chat.ainvoke(rest.input, thread, context=ChatContext(user_id=user_id))
    except Exception as error:  # noqa: BLE001 - one thread must not keep anybody from talking
        tell(rest.thread_id, error)
        return False
    return True


async def _extract_pending(chat: Chat, user_id: str) -> list[str]:
    """The threads in which something waited. One that fails is left for its next turn."""
    store, saver = store_of(chat), cast(BaseCheckpointSaver[Any], chat.checkpointer)
    threads = list(dict.fromkeys(each.thread_id for _, each in await pending_everywhere(store, user_id)))
    for thread_id in threads:
        try:
            await extract_turns(saver, store, user_id, thread_id, settings())
        except Exception as error:  # noqa: BLE001 - a model that is away must not keep anybody from talking
            log.warning("extraction of thread %s failed: %s: %s", thread_id, type(error).__name__, error)
    return threads

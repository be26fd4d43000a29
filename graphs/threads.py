"""A user's conversations, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from agents.context import ChatContext
from agents.conversation import first_human, is_answered, last_human, speaker, spoke_last, turns_to_remember
from agents.identity import unnamed_user
from config.settings import settings
from graphs.chat import Chat
from graphs.undo import at
from memory.short_term.threads import OF_A_RUN, ThreadQuery, ThreadRow, threads_in
from memory.short_term.whose import USER

PAGE = 50
WRITTEN = 10


@dataclass(frozen=True)
class ThreadSummary:
    """A conversation: when it was last touched, and what the user said first, which it is called by, and last."""

    thread_id: str
    ts: datetime
    first_human: str
    last_human: str


async def threads_of(
    chat_or_saver: Chat | BaseCheckpointSaver[Any], user_id: str, limit: int = 20
) -> list[ThreadSummary]:
    """The threads whose newest run says that it was this user's; those in which nothing was said are left out.

    Where nobody signs in, a run need not say it: then the newest message does.
    """
    unnamed = () if unnamed_user(settings()) is None else (USER,)
    saver: Any = (
        chat_or_saver if isinstance(chat_or_saver, BaseCheckpointSaver) else chat_or_saver.checkpointer
    )
    summaries: list[ThreadSummary] = []
    before: str | None = None
    while len(summaries) < limit:
        page = await threads_in(
            saver, ThreadQuery({USER: user_id}, before=before, limit=PAGE, or_without=unnamed)
        )
        for row in page:
            if len(summaries) < limit and (said := await _said(saver, row, user_id)) is not None:
                summaries.append(ThreadSummary(row.thread_id, row.touched, *said))
        if len(page) < PAGE:
            break
        before = page[-1].checkpoint_id
    return summaries


async def owner_of_thread(chat: Chat, thread_id: str) -> str | None:
    """Whose thread it is, as its newest run says, or else who wrote to it last; None when neither does."""
    thread: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    # A thread that was only forked so far may have no run of its own, and a server's note on top.
    for only, most in (({"source": OF_A_RUN}, 1), (None, WRITTEN)):
        async for each in chat.aget_state_history(thread, filter=only, limit=most):
            told: Mapping[str, Any] = each.metadata or {}
            if told.get(USER):
                return str(told[USER])
    return None


async def say_whose(chat: Chat, thread: RunnableConfig, user_id: str) -> None:
    """A run in which nothing is left to do: whose a thread is, its runs say. None where a message waits for a reply."""
    values = (await chat.aget_state(at(thread["configurable"]["thread_id"]))).values
    messages = values.get("messages") or []
    if is_answered(messages) and not turns_to_remember(messages, values.get("remembered_to")):
        await chat.ainvoke({"messages": []}, thread, context=ChatContext(user_id=user_id))


async def _said(saver: BaseCheckpointSaver[Any], row: ThreadRow, user_id: str) -> tuple[str, str] | None:
    """What was said first and last in a thread of the user's; None when nothing was, or it is another's."""
    thread: RunnableConfig = {"configurable": {"thread_id": row.thread_id, "checkpoint_ns": ""}}
    found = await saver.aget_tuple(thread)
    messages = found.checkpoint["channel_values"].get("messages") or [] if found else []
    first, last = first_human(messages), last_human(messages)
    if (
        found is None
        or not first
        or not last
        or not (row.run_metadata.get(USER) or _is_theirs(found, user_id))
    ):
        return None
    return str(first.text), str(last.text)


def _is_theirs(found: CheckpointTuple, user_id: str) -> bool:
    """Of a thread whose runs name nobody: who spoke in it, or else whom its newest state names."""
    thread_id = str(found.config["configurable"]["thread_id"])
    by = spoke_last(found.checkpoint["channel_values"]["messages"])
    if by is not None:
        return by == speaker(thread_id, user_id)
    return (found.metadata.get(USER) or unnamed_user(settings())) == user_id

"""Whose the threads of a checkpointer are, by what their runs and those who wrote to them say."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeGuard

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from memory.short_term.threads import OF_A_RUN, OWNER, ThreadQuery, threads_in

USER: str = "user_id"
PAGE = 2_000
WRITTEN = 10

Part = Literal["newest", "some", "none", "untold"]
Says = Callable[[str, Mapping[str, Any]], Part]
"""Which of the messages are a person's in the thread of this id and these values; none of them may tell."""


class FindsThreads(Protocol):
    """A checkpointer with a quick way of its own."""

    async def athreads_with(self, metadata: Mapping[str, str]) -> list[str]:
        """The threads that have a checkpoint whose metadata holds this."""
        ...


@dataclass
class Theirs:
    """A person's threads; `shared` are others', in which the person had a part."""

    own: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)


async def threads_of(saver: Any, user_id: str, says: Says, *, unnamed: bool = False) -> Theirs:
    """Looks through all threads, without reading what was said in those that say whose they are.

    `unnamed`: runs that name nobody are this person's, so others' threads are read as well.
    """
    found = Theirs()
    async for thread_id, told in _every(saver):
        whose = _owner(told)
        if whose == user_id:
            found.own.append(thread_id)
        elif whose is None or unnamed:
            newest = await saver.aget_tuple(_root(thread_id))
            if newest is None:
                continue
            whose = whose or _owner(newest.metadata)
            part = says(thread_id, newest.checkpoint["channel_values"])
            if whose == user_id or (whose is None and (part == "newest" or (unnamed and part == "untold"))):
                found.own.append(thread_id)
            elif part in ("newest", "some"):
                found.shared.append(thread_id)
    known = {*found.own, *found.shared}
    for name in (USER, OWNER):
        for thread_id in await _with(saver, {name: user_id}):
            if thread_id not in known:
                known.add(thread_id)
                found.shared.append(thread_id)
    return found


def _owner(told: Mapping[str, Any]) -> str | None:
    """A server's own mark counts before what a request could say."""
    named = told.get(OWNER) or told.get(USER)
    return str(named) if named else None


async def _every(saver: Any) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    """Each thread with the metadata of the newest checkpoint that a run wrote."""
    if hasattr(saver, "athreads"):
        before: str | None = None
        while True:
            page = await threads_in(saver, ThreadQuery(before=before, limit=PAGE))
            for row in page:
                yield row.thread_id, row.run_metadata
            if len(page) < PAGE:
                return
            before = page[-1].checkpoint_id
    stock: BaseCheckpointSaver[Any] = saver
    told: dict[str, Mapping[str, Any]] = {}
    async for each in stock.alist(None):
        place = each.config["configurable"]
        if not place.get("checkpoint_ns"):
            metadata: Mapping[str, Any] = dict(each.metadata)
            of_a_run = metadata if metadata.get("source") == OF_A_RUN else {}
            thread_id = str(place["thread_id"])
            told[thread_id] = told.get(thread_id) or of_a_run
    for item in told.items():
        yield item


async def _with(saver: Any, metadata: dict[str, str]) -> list[str]:
    if _finds_threads(saver):
        return await saver.athreads_with(metadata)
    stock: BaseCheckpointSaver[Any] = saver
    found = [
        str(each.config["configurable"]["thread_id"]) async for each in stock.alist(None, filter=metadata)
    ]
    return list(dict.fromkeys(found))


def _finds_threads(saver: Any) -> TypeGuard[FindsThreads]:
    return hasattr(saver, "athreads_with")


def _root(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}


async def is_anothers(saver: BaseCheckpointSaver[Any], thread_id: str, user_id: str) -> bool:
    """Whether a thread is here that is not this signed-in user's, as its newest run says, or else its newest states.

    One that says nothing of anybody is nobody's, and so is not theirs.
    """
    thread: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    is_here = False
    for only, most in (({"source": OF_A_RUN}, 1), (None, WRITTEN)):
        async for each in saver.alist(thread, filter=only, limit=most):
            is_here = True
            if owner := each.metadata.get(OWNER) or each.metadata.get(USER):
                return bool(owner != user_id)
    return is_here

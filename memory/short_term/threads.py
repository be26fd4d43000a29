"""The threads that a checkpointer holds, newest first, without reading what was said in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeGuard

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

OF_A_RUN = "loop"
"""The `source` of checkpoints that only a run writes: a state update's caller chooses much of its own metadata."""

OWNER = "owner"
"""The metadata key by which a server marks whose a thread or a run is; no request can set it."""

SCANNED = 500


@dataclass(frozen=True)
class ThreadQuery:
    """Which threads are wanted.

    Attributes:
        run_metadata: what `ThreadRow.run_metadata` must hold.
        since: threads touched at this moment or later.
        behind: (a, b) for threads whose channel a was last written before channel b, or never.
        before: threads whose newest checkpoint has a smaller id: the next page after a row's.
        limit: rows at most.
        or_without: threads whose `run_metadata` has none of these names are wanted, too.
    """

    run_metadata: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    behind: tuple[str, str] | None = None
    before: str | None = None
    limit: int = 100
    or_without: Sequence[str] = ()

    def takes(self, told: Mapping[str, Any]) -> bool:
        """Whether a thread is wanted by what its newest run says."""
        lacks = bool(self.or_without) and not any(name in told for name in self.or_without)
        return lacks or all(told.get(name) == value for name, value in self.run_metadata.items())


@dataclass(frozen=True)
class ThreadRow:
    """A thread by its newest checkpoint; `run_metadata` is that of the newest one which a run wrote."""

    thread_id: str
    checkpoint_id: str
    touched: datetime
    run_metadata: Mapping[str, Any]


class ListsThreads(Protocol):
    """A checkpointer with a quick way of its own."""

    async def athreads(self, query: ThreadQuery) -> list[ThreadRow]: ...


async def threads_in(saver: Any, query: ThreadQuery) -> list[ThreadRow]:
    """The wanted threads, newest first; without a quick way, those among the newest `SCANNED` checkpoints."""
    if _lists_threads(saver):
        return await saver.athreads(query)
    stock: BaseCheckpointSaver[Any] = saver
    found = [each async for each in stock.alist(None, limit=SCANNED)]
    return chosen(found, query)


def _lists_threads(saver: Any) -> TypeGuard[ListsThreads]:
    return hasattr(saver, "athreads")


def chosen(found: Iterable[CheckpointTuple], query: ThreadQuery) -> list[ThreadRow]:
    """The wanted threads among whole checkpoints."""
    threads: dict[str, list[CheckpointTuple]] = {}
    for each in sorted(found, key=lambda one: one.checkpoint["id"], reverse=True):
        where = each.config["configurable"]
        if not where.get("checkpoint_ns"):
            threads.setdefault(str(where["thread_id"]), []).append(each)
    rows = [_row(thread_id, each) for thread_id, each in threads.items() if _is_wanted(each, query)]
    return rows[: query.limit]


def _is_wanted(checkpoints: Sequence[CheckpointTuple], query: ThreadQuery) -> bool:
    newest = checkpoints[0].checkpoint
    return (
        query.takes(_run_metadata(checkpoints))
        and (query.since is None or datetime.fromisoformat(newest["ts"]) >= query.since)
        and (query.before is None or newest["id"] < query.before)
        and (query.behind is None or _is_behind(newest["channel_versions"], *query.behind))
    )


def _is_behind(versions: Mapping[str, Any], late: str, early: str) -> bool:
    # Versions count across all channels of a thread, as numbers padded with zeros.
    return early in versions and (late not in versions or versions[late] < versions[early])


def _run_metadata(checkpoints: Sequence[CheckpointTuple]) -> Mapping[str, Any]:
    return next((dict(c.metadata) for c in checkpoints if c.metadata.get("source") == OF_A_RUN), {})


def _row(thread_id: str, checkpoints: Sequence[CheckpointTuple]) -> ThreadRow:
    newest = checkpoints[0].checkpoint
    return ThreadRow(
        thread_id, newest["id"], datetime.fromisoformat(newest["ts"]), _run_metadata(checkpoints)
    )

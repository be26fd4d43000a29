"""Prune threads by a policy through whatever checkpointer there is, and tell what went."""

import inspect
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeGuard

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from memory.short_term.retention import Doomed, Point, Policy, select_for_pruning
from memory.short_term.thinned import Link
from memory.short_term.threads import ThreadQuery, threads_in

log = logging.getLogger(__name__)

PAGE, AT_ONCE = 200, 20
"""Threads that are listed at once, and those whose checkpoints are."""
WHOLE_SINCE = 4
"""The version of checkpoints from which on each tells its state by itself."""
TO_RUN = ("branch:to:", "__start__", "__pregel_tasks")


@dataclass
class Pruned:
    """What went, or would go. `bytes` are those of the values that nothing else shows, before any compression."""

    threads: int = 0
    checkpoints: int = 0
    bytes: int = 0
    looked_at: int = 0
    kept_anyway: int = 0
    """Checkpoints that should go, but that this checkpointer cannot delete by themselves."""


async def prune(
    saver: BaseCheckpointSaver[Any],
    policy: Policy,
    now: datetime,
    *,
    run_metadata: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Pruned:
    """Look through the threads whose runs say this of themselves, newest first; delete what the policy does not keep.

    With `dry_run` nothing is deleted. Raises what the checkpointer raises; what went before that is gone.
    """
    result = Pruned()
    if not policy:
        return result
    async for page in _pages(saver, run_metadata or {}):
        result.looked_at += len(page)
        for thread_id in await _worth_reading(saver, page, policy, now):
            found = [each async for each in saver.alist(_root(thread_id))]
            for doomed in select_for_pruning([_point(each) for each in found], policy, now):
                going = doomed.checkpoint_ids + doomed.steps
                gone = going if dry_run else await _delete(saver, doomed, found)
                result.kept_anyway += len(going) - len(gone)
                result.threads += not doomed.keep
                result.checkpoints += len(gone)
                result.bytes += _bytes(saver, found, set(gone))
    return result


async def _pages(
    saver: BaseCheckpointSaver[Any], run_metadata: Mapping[str, str]
) -> AsyncIterator[list[str]]:
    before: str | None = None
    while True:
        page = await threads_in(saver, ThreadQuery(run_metadata, before=before, limit=PAGE))
        yield [row.thread_id for row in page]
        if len(page) < PAGE:
            return
        before = page[-1].checkpoint_id


async def _worth_reading(
    saver: BaseCheckpointSaver[Any], thread_ids: list[str], policy: Policy, now: datetime
) -> Iterable[str]:
    """Mostly a thread was thinned when it was looked at last, and its values need not be read to see that."""
    if policy.keep_for or policy.threads_for or not _tells_links(saver):
        return thread_ids
    found: list[str] = []
    for start in range(0, len(thread_ids), AT_ONCE):
        points = [
            Point(link.thread_id, link.checkpoint_id, now, parent=link.parent, source=link.source)
            for link in await saver.alinks(thread_ids[start : start + AT_ONCE])
        ]
        # What is not known of them would only let more stay.
        found += [doomed.thread_id for doomed in select_for_pruning(points, policy, now)]
    return found


def _root(thread_id: str) -> Any:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}


def _point(found: CheckpointTuple) -> Point:
    checkpoint = found.checkpoint
    values = checkpoint["channel_values"]
    # LangGraph keeps what a node is to run on until that node has run.
    pending = any(name.startswith(TO_RUN) for name in values)
    asked = any(channel == "__interrupt__" for _, channel, _ in found.pending_writes or [])
    told: Mapping[str, Any] = found.metadata or {}
    return Point(
        thread_id=str(found.config["configurable"]["thread_id"]),
        checkpoint_id=checkpoint["id"],
        made=datetime.fromisoformat(checkpoint["ts"]),
        pending=pending or asked,
        redoes=frozenset(str(entry["checkpoint"]) for entry in values.get("undone") or []),
        parent=str((found.parent_config or {}).get("configurable", {}).get("checkpoint_id", "")),
        source=str(told.get("source", "")),
        asked=asked,
        written=bool(found.pending_writes),
        # Before version 4 what was sent to a checkpoint's tasks stands with its parent.
        rebuilt=checkpoint["v"] < WHOLE_SINCE or bool(told.get("counters_since_delta_snapshot")),
    )


async def _delete(
    saver: BaseCheckpointSaver[Any], doomed: Doomed, found: Sequence[CheckpointTuple]
) -> tuple[str, ...]:
    """Delete it as the checkpointer can; returns the ids of the checkpoints that went."""
    if not doomed.keep:
        await saver.adelete_thread(doomed.thread_id)
        return doomed.checkpoint_ids
    old = await _delete_old_end(saver, doomed, found) if doomed.checkpoint_ids else ()
    return old + await _delete_steps(saver, doomed)


async def _delete_steps(saver: BaseCheckpointSaver[Any], doomed: Doomed) -> tuple[str, ...]:
    if not (doomed.steps or doomed.done) or not _thins(saver):
        return ()
    try:
        await saver.athin(doomed.thread_id, doomed.steps, doomed.done)
    except NotImplementedError as error:
        log.warning("The steps of a conversation stay: %s", error)
        return ()
    return doomed.steps


async def _delete_old_end(
    saver: BaseCheckpointSaver[Any], doomed: Doomed, found: Sequence[CheckpointTuple]
) -> tuple[str, ...]:
    prunes: Any = saver.aprune
    if keeps_by_number(saver):
        await prunes([doomed.thread_id], keep_last=doomed.keep)
        return doomed.checkpoint_ids
    try:
        if doomed.keep == 1:
            await prunes([doomed.thread_id], strategy="keep_latest")
            return doomed.checkpoint_ids
        return await _delete_whole_runs(saver, doomed, found)
    except NotImplementedError:
        log.warning("%s cannot delete single checkpoints: they stay.", type(saver).__name__)
        return ()


async def _delete_whole_runs(
    saver: BaseCheckpointSaver[Any], doomed: Doomed, found: Sequence[CheckpointTuple]
) -> tuple[str, ...]:
    """The runs all of whose checkpoints are to go."""
    going = set(doomed.checkpoint_ids)
    of_run: dict[str, set[str]] = {}
    for each in found:
        if run_id := each.metadata.get("run_id"):
            of_run.setdefault(str(run_id), set()).add(each.checkpoint["id"])
    whole = [run_id for run_id, ids in of_run.items() if ids <= going]
    if whole:
        await saver.adelete_for_runs(whole)
    return tuple(checkpoint_id for run_id in whole for checkpoint_id in of_run[run_id])


class TellsLinks(Protocol):
    """A checkpointer that tells of its checkpoints without reading their values."""

    async def alinks(self, thread_ids: Sequence[str]) -> list[Link]:
        """Of the root graph's, in any order."""


def _tells_links(saver: Any) -> TypeGuard[TellsLinks]:
    return hasattr(saver, "alinks")


class Thins(Protocol):
    """A checkpointer that takes single checkpoints from within a history."""

    async def athin(self, thread_id: str, steps: Sequence[str], done: Sequence[str] = ()) -> None:
        """Take away checkpoints of the root graph, and of those that are done what their tasks wrote.

        A checkpoint goes with its writes and the calls of subgraphs that began from it; what went on from it goes on
        from the nearest before it that stays. Raises NotImplementedError where one that stays is told by it.
        """


def _thins(saver: Any) -> TypeGuard[Thins]:
    return hasattr(saver, "athin")


def keeps_by_number(saver: BaseCheckpointSaver[Any]) -> bool:
    """Whether its `aprune` takes `keep_last`; a wrapper passes on what a class below it takes."""
    methods = [vars(kind)["aprune"] for kind in type(saver).__mro__ if "aprune" in vars(kind)]
    return any("keep_last" in inspect.signature(method).parameters for method in methods)


def _bytes(saver: BaseCheckpointSaver[Any], found: Sequence[CheckpointTuple], gone: set[str]) -> int:
    """What the going checkpoints alone show, and what they are themselves."""
    shown: dict[tuple[str, str], Any] = {}
    kept: set[tuple[str, str]] = set()
    size = 0
    for each in found:
        checkpoint = each.checkpoint
        versions = {(name, str(version)) for name, version in checkpoint["channel_versions"].items()}
        if checkpoint["id"] not in gone:
            kept |= versions
            continue
        values = checkpoint["channel_values"]
        shown.update({key: values[key[0]] for key in versions if key[0] in values})
        size += len(saver.serde.dumps_typed({**checkpoint, "channel_values": {}})[1])
    return size + sum(len(saver.serde.dumps_typed(shown[key])[1]) for key in shown.keys() - kept)

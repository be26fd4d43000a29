"""The statements that take checkpoints away; no connection."""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

from langgraph.checkpoint.postgres.base import (
    PRUNE_BLOBS_SQL,
    PRUNE_CHECKPOINTS_SQL,
    PRUNE_DELTA_THREADS_SQL,
    PRUNE_PARENTS_SQL,
    PRUNE_REFERENCED_BLOBS_SQL,
    PRUNE_SUBGRAPH_CALLS_SQL,
    PRUNE_WRITES_SQL,
)

from memory.short_term.kept import Kept, kept_ids
from memory.short_term.postgres.sql import DELETE_FOR_RUNS
from memory.short_term.thinned import ended_calls, relinked

Statements = Generator[tuple[str, Sequence[Any]], list[Mapping[str, Any]], None]
"""Statements with their parameters; each is sent the rows that it gave."""

_CHECKPOINTS: Final = """
SELECT c.checkpoint_ns AS ns, c.checkpoint_id AS id, c.parent_checkpoint_id AS parent,
       c.metadata -> 'parents' ->> '' AS root, (c.checkpoint ->> 'ts')::timestamptz AS made,
       CASE WHEN (c.checkpoint ->> 'v')::int < 4 AND EXISTS (
           SELECT FROM checkpoint_writes w
           WHERE w.thread_id = c.thread_id AND w.checkpoint_ns = c.checkpoint_ns
             AND w.checkpoint_id = c.parent_checkpoint_id AND w.channel = '__pregel_tasks'
       ) THEN c.parent_checkpoint_id END AS sends_from
FROM checkpoints c WHERE c.thread_id = %s ORDER BY c.checkpoint_id DESC
"""

_RELINK: Final = """
UPDATE checkpoints c SET parent_checkpoint_id = NULLIF(link.parent, '')
FROM unnest(%s::text[], %s::text[]) AS link (id, parent)
WHERE c.thread_id = %s AND c.checkpoint_ns = '' AND c.checkpoint_id = link.id
"""


def refuse_delta(thread_ids: Sequence[str]) -> Statements:
    """Raises NotImplementedError, as LangGraph's own saver does, where a value is rebuilt from older checkpoints."""
    rows = yield PRUNE_DELTA_THREADS_SQL, (list(thread_ids), list(thread_ids))
    if names := sorted(row["thread_id"] for row in rows):
        raise NotImplementedError(
            f"Threads that use a DeltaChannel rebuild their state from older checkpoints: {', '.join(names)} "
            "can only be kept or deleted whole."
        )


def prune(thread_id: str, kept: Kept) -> Statements:
    """One thread's transaction, in one snapshot: what a run adds meanwhile is neither seen nor taken away."""
    rows = yield _CHECKPOINTS, (thread_id,)
    yield from refuse_delta([thread_id])
    staying = kept_ids(rows, kept)
    yield from _end_calls(thread_id, [ns for ns, ids in staying.items() if not ids])
    for ns, ids in staying.items():
        going = [row["id"] for row in rows if row["ns"] == ns and row["id"] not in set(ids)]
        if ids and going:
            yield from _take(thread_id, ns, going, ids)


def thin(thread_id: str, steps: Sequence[str], done: Sequence[str]) -> Statements:
    """Checkpoints from within the root graph's history, and what tasks wrote; one thread's transaction, as `prune`."""
    rows = yield _CHECKPOINTS, (thread_id,)
    yield from refuse_delta([thread_id])
    parents = {row["id"]: row["parent"] or "" for row in rows if row["ns"] == ""}
    going = parents.keys() & set(steps)
    if refused := [row["sends_from"] for row in rows if row["ns"] == "" and row["sends_from"] in going]:
        raise NotImplementedError(f"Checkpoints read from {refused[0]!r} of the thread {thread_id!r}.")
    yield PRUNE_WRITES_SQL, (thread_id, "", list(done))
    if not going:
        return
    newest = {row["ns"]: row["root"] or "" for row in reversed(rows)}
    yield from _end_calls(thread_id, ended_calls(newest.items(), going))
    if links := relinked(parents, going):
        yield _RELINK, (list(links), list(links.values()), thread_id)
    yield from _take(thread_id, "", sorted(going), sorted(parents.keys() - going))


def _end_calls(thread_id: str, namespaces: Sequence[str]) -> Statements:
    for statement in PRUNE_SUBGRAPH_CALLS_SQL if namespaces else ():
        yield statement, (thread_id, list(namespaces))


def _take(thread_id: str, ns: str, going: Sequence[str], staying: Sequence[str]) -> Statements:
    """Checkpoints with their writes and the values that only they showed."""
    yield PRUNE_WRITES_SQL, (thread_id, ns, going)
    freed = yield PRUNE_CHECKPOINTS_SQL, (thread_id, ns, staying)
    yield PRUNE_PARENTS_SQL, (thread_id, ns, staying, staying)
    shown = yield PRUNE_REFERENCED_BLOBS_SQL, (thread_id, ns)
    for channel, versions in _unshown(freed, shown).items():
        yield PRUNE_BLOBS_SQL, (thread_id, ns, channel, versions)


def _unshown(freed: Sequence[Mapping[str, Any]], shown: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Values that only checkpoints which went did show, by channel."""
    still = {(row["channel"], row["version"]) for row in shown}
    found: dict[str, list[str]] = defaultdict(list)
    for row in freed:
        if (row["channel"], row["version"]) not in still:
            found[row["channel"]].append(row["version"])
    return found


_CUT = """
SELECT DISTINCT c.thread_id FROM checkpoints p
JOIN checkpoints c ON c.thread_id = p.thread_id AND c.checkpoint_ns = p.checkpoint_ns
    AND c.parent_checkpoint_id = p.checkpoint_id
WHERE p.metadata ->> 'run_id' = ANY(%s) AND (c.metadata ->> 'run_id' = ANY(%s)) IS NOT TRUE
"""


def take_back(run_ids: Sequence[str]) -> Statements:
    """Every checkpoint of these runs; refuses where a checkpoint that stays would rebuild its state from one."""
    cut = yield _CUT, (run_ids, run_ids)
    if cut:
        yield from refuse_delta([row["thread_id"] for row in cut])
    yield DELETE_FOR_RUNS, (run_ids,)

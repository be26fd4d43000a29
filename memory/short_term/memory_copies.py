"""Deleting, pruning and copying in LangGraph's in-memory checkpointer, which keeps plain dictionaries."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from memory.short_term.kept import Kept, kept_ids
from memory.short_term.thinned import ended_calls, relinked


def delete_for_runs(saver: InMemorySaver, run_ids: Collection[str]) -> None:
    """Every checkpoint of these runs, with its writes and the values that no other checkpoint shows."""
    for thread_id, namespaces in list(saver.storage.items()):
        for namespace, checkpoints in list(namespaces.items()):
            gone = [
                checkpoint_id
                for checkpoint_id, (_, metadata, _) in checkpoints.items()
                if saver.serde.loads_typed(metadata).get("run_id") in run_ids
            ]
            for checkpoint_id in gone:
                del checkpoints[checkpoint_id]
                saver.writes.pop((thread_id, namespace, checkpoint_id), None)
            if gone:
                _sweep(saver, thread_id, namespace)


def _sweep(saver: InMemorySaver, thread_id: str, namespace: str) -> None:
    shown: set[tuple[str, Any]] = set()
    for checkpoint, _, _ in saver.storage[thread_id][namespace].values():
        shown.update(saver.serde.loads_typed(checkpoint)["channel_versions"].items())
    for key in [key for key in saver.blobs if key[:2] == (thread_id, namespace) and key[2:] not in shown]:
        del saver.blobs[key]


def copy_thread(saver: InMemorySaver, source: str, target: str) -> None:
    """All checkpoints, writes and values; what the target has already stays."""
    for namespace, checkpoints in list(saver.storage[source].items()):
        for checkpoint_id, (checkpoint, metadata, parent) in checkpoints.items():
            told = saver.serde.loads_typed(metadata)
            if "thread_id" in told:
                metadata = saver.serde.dumps_typed({**told, "thread_id": target})  # noqa: PLW2901
            saver.storage[target][namespace].setdefault(checkpoint_id, (checkpoint, metadata, parent))
    for (thread_id, namespace, checkpoint_id), writes in list(saver.writes.items()):
        if thread_id == source:
            saver.writes[target, namespace, checkpoint_id] = dict(writes)
    for (thread_id, *rest), value in list(saver.blobs.items()):
        if thread_id == source:
            saver.blobs.setdefault((target, *rest), value)  # type: ignore[arg-type]


def prune(saver: InMemorySaver, thread_id: str, kept: Kept) -> None:
    """Take away what `kept` does not name, with its writes and the values that nothing else shows."""
    namespaces = saver.storage[thread_id]
    rows = [
        _row(saver, namespace, *stored)
        for namespace, checkpoints in namespaces.items()
        for stored in sorted(checkpoints.items(), reverse=True)
    ]
    staying = kept_ids(rows, kept)
    for namespace, checkpoints in list(namespaces.items()):
        for checkpoint_id in set(checkpoints) - set(staying.get(namespace, ())):
            del checkpoints[checkpoint_id]
            saver.writes.pop((thread_id, namespace, checkpoint_id), None)
        for checkpoint_id, (checkpoint, metadata, parent) in list(checkpoints.items()):
            if parent is not None and parent not in checkpoints:
                checkpoints[checkpoint_id] = (checkpoint, metadata, None)
        _sweep(saver, thread_id, namespace)
        if not checkpoints:
            del namespaces[namespace]


def thin(saver: InMemorySaver, thread_id: str, steps: Collection[str], done: Collection[str]) -> None:
    """Take steps of the root graph's, and of what is done the writes; the next goes on from the nearest before it."""
    namespaces = saver.storage[thread_id]
    checkpoints = namespaces.get("", {})
    parents = {each: parent or "" for each, (_, _, parent) in checkpoints.items()}
    gone = parents.keys() & set(steps)
    for checkpoint_id, nearest in relinked(parents, gone).items():
        checkpoints[checkpoint_id] = (*checkpoints[checkpoint_id][:2], nearest or None)
    for checkpoint_id in gone:
        del checkpoints[checkpoint_id]
    for checkpoint_id in {*gone, *done}:
        saver.writes.pop((thread_id, "", checkpoint_id), None)
    newest = [
        (namespace, _row(saver, namespace, *max(of.items()))["root"])
        for namespace, of in namespaces.items()
        if namespace and of
    ]
    for namespace in ended_calls(newest, gone):
        for checkpoint_id in namespaces[namespace]:
            saver.writes.pop((thread_id, namespace, checkpoint_id), None)
        namespaces[namespace].clear()
        _sweep(saver, thread_id, namespace)
        del namespaces[namespace]
    _sweep(saver, thread_id, "")


def _row(
    saver: InMemorySaver, namespace: str, checkpoint_id: str, stored: tuple[Any, Any, Any]
) -> dict[str, Any]:
    checkpoint, metadata, _ = stored
    return {
        "ns": namespace,
        "id": checkpoint_id,
        "root": (saver.serde.loads_typed(metadata).get("parents") or {}).get(""),
        "made": datetime.fromisoformat(saver.serde.loads_typed(checkpoint)["ts"]),
        "sends_from": None,
    }

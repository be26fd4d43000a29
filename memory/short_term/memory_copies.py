"""Deleting and copying in LangGraph's in-memory checkpointer, which keeps plain dictionaries."""

from collections.abc import Collection
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver


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

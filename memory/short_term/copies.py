"""One thread as another's, by way of a saver's own reading and writing."""

from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointMetadata


async def copy_through(
    saver: BaseCheckpointSaver[Any], source: str, target: str, *, most: int | None = None
) -> None:
    """Oldest first, so that the newest is the target's newest; at `most` the newest so many checkpoints."""
    thread: RunnableConfig = {"configurable": {"thread_id": source}}
    found = [each async for each in saver.alist(thread, limit=most)]
    for each in sorted(found, key=lambda one: one.checkpoint["id"]):
        parent = (each.parent_config or {}).get("configurable", {}).get("checkpoint_id")
        place: dict[str, Any] = {
            "thread_id": target,
            "checkpoint_ns": each.config["configurable"].get("checkpoint_ns", ""),
            **({"checkpoint_id": parent} if parent else {}),
        }
        metadata: dict[str, Any] = dict(each.metadata)
        if "thread_id" in metadata:
            metadata["thread_id"] = target
        written = await saver.aput(
            {"configurable": place},
            each.checkpoint,
            cast(CheckpointMetadata, metadata),
            each.checkpoint["channel_versions"],
        )
        writes: dict[str, list[tuple[str, Any]]] = {}
        for task_id, channel, value in each.pending_writes or []:
            writes.setdefault(task_id, []).append((channel, value))
        for task_id, of_task in writes.items():
            await saver.aput_writes(written, of_task, task_id)

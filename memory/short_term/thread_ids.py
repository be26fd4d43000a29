"""Which ids a saver takes: everything that could only be a mistake or an attack is refused in one sentence."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from config.errors import UserError

LONGEST_ID = 512
"""Characters. Postgres indexes no more than 2,700 bytes of a key, in which four such ids may meet."""
LONGEST_NAMESPACE = 1_500

# Control characters and lone surrogates; a step up in a path, plain or escaped; an escaped slash or NUL.
_REFUSED = re.compile(
    r"[\x00-\x1f\x7f\ud800-\udfff]|(?:^|[/\\])\.\.(?:[/\\]|$)|%(?:00|2e%2e|2f|5c)", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
SHOWN_CHARS = 60


def checked_id(value: Any, what: str = "thread id") -> str:
    """The id as text. Raises UserError when it is none that a saver takes."""
    text = str(value)
    if text and len(text) <= LONGEST_ID and not _REFUSED.search(text):
        return text
    raise UserError(
        f"The {what} {_shown(text)} is refused: give 1 to {LONGEST_ID} characters without control characters, "
        "without '..' as a step of a path and without escaped slashes; a UUID is best."
    )


def checked(config: RunnableConfig) -> RunnableConfig:
    """The same config. Raises UserError when it names a thread, namespace or checkpoint that cannot be."""
    given = config.get("configurable") or {}
    if "thread_id" in given:
        checked_id(given["thread_id"])
    if given.get("checkpoint_id"):
        checked_id(given["checkpoint_id"], "checkpoint id")
    namespace = str(given.get("checkpoint_ns") or "")
    if len(namespace) > LONGEST_NAMESPACE or _CONTROL.search(namespace):
        raise UserError(
            f"The checkpoint namespace {_shown(namespace)} is refused: it is longer than {LONGEST_NAMESPACE} "
            "characters or holds control characters, which no graph's does."
        )
    return config


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…")


class CheckedIds(BaseCheckpointSaver[Any]):
    """What is asked through it names only ids that can be; goes before the saver itself."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return await super().aget_tuple(checked(config))

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        if config:
            checked(config)
        async for each in super().alist(config, filter=filter, before=before, limit=limit):
            yield each

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await super().aput(checked(config), checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(checked(config), writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        await super().adelete_thread(checked_id(thread_id))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await super().acopy_thread(checked_id(source_thread_id), checked_id(target_thread_id))

    async def aprune(self, thread_ids: Sequence[str], **how: Any) -> None:
        if not isinstance(thread_ids, str):
            thread_ids = [checked_id(thread_id) for thread_id in thread_ids]
        await super().aprune(thread_ids, **how)

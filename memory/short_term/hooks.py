"""The user's own hooks around loading and saving a conversation's state, on whatever checkpointer there is."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from config.dotted import own_part

log = logging.getLogger(__name__)

NAMES = ("before_load", "after_load", "before_save", "after_save")

Values = Mapping[str, Any]
Hook = Callable[[str, Values], None]


class StateHooks:
    """What a hook may define; each is quick, does not block, and is told the thread's id.

    A `before_` hook refuses by raising: nothing is then loaded or saved, and the error is the caller's. What an
    `after_` hook raises is logged alone. No hook changes the values.
    """

    def before_load(self, thread_id: str, values: Values) -> None:
        """Before a checkpoint is read; `values` is empty."""

    def after_load(self, thread_id: str, values: Values) -> None:
        """With the values that were read."""

    def before_save(self, thread_id: str, values: Values) -> None:
        """With the values that are to be written."""

    def after_save(self, thread_id: str, values: Values) -> None:
        """With the values that were written."""


class _Hooked(BaseCheckpointSaver[Any]):
    hooks: Any

    def _run(self, name: str, config: RunnableConfig | None, values: Values) -> None:
        hook: Hook | None = getattr(self.hooks, name, None)
        if hook is None:
            return
        thread_id = str((config or {}).get("configurable", {}).get("thread_id", ""))
        if name.startswith("before_"):
            hook(thread_id, values)
            return
        try:
            hook(thread_id, values)
        except Exception as error:  # noqa: BLE001 - what is done is done
            log.warning("the hook %s failed: %s: %s", name, type(error).__name__, error)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        self._run("before_load", config, {})
        found = await super().aget_tuple(config)
        if found is not None:
            self._run("after_load", config, found.checkpoint["channel_values"])
        return found

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is theirs
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        self._run("before_load", config, {})
        async for found in super().alist(config, filter=filter, before=before, limit=limit):
            self._run("after_load", found.config, found.checkpoint["channel_values"])
            yield found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        self._run("before_save", config, checkpoint["channel_values"])
        written = await super().aput(config, checkpoint, metadata, new_versions)
        self._run("after_save", config, checkpoint["channel_values"])
        return written


def with_hooks(saver: BaseCheckpointSaver[Any], name: str) -> BaseCheckpointSaver[Any]:
    """The same checkpointer with the hooks of that name around it; as it is for an empty name. Raises UserError."""
    if not name:
        return saver
    what = f"a module's object or class with some of {', '.join(NAMES)}"
    hooks = own_part("MNEMOGRAPH_STATE_HOOKS", name, what)
    # The class is mixed in, not wrapped around: what a checkpointer can beyond the contract stays as it is.
    saver.__class__ = type(f"Hooked{type(saver).__name__}", (_Hooked, type(saver)), {})
    saver.hooks = hooks  # type: ignore[attr-defined]
    return saver

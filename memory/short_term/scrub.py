"""Keys that callers pass in `configurable` stay out of what a saver writes.

Every saver copies `configurable` and `metadata` into the checkpoint's metadata, in clear; a caller's
`openai_api_key` would end up in the database.
"""

from collections.abc import Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, ChannelVersions, Checkpoint, CheckpointMetadata

from config.redaction import is_secret_name

# Keyed by subgraphs' names, which may sound like anything.
_LANGGRAPHS_OWN = "parents"


def scrubbed(config: RunnableConfig) -> RunnableConfig:
    """The same config without entries whose name says that they are a secret."""
    clean: dict[str, Any] = dict(config)
    for part in ("configurable", "metadata"):
        if isinstance(clean.get(part), dict):
            clean[part] = {name: value for name, value in clean[part].items() if not is_secret_name(name)}
    return cast(RunnableConfig, clean)


def scrubbed_metadata(metadata: CheckpointMetadata) -> CheckpointMetadata:
    """The same metadata without secrets, however deep."""
    return cast(CheckpointMetadata, _without_secrets(metadata))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: item if name == _LANGGRAPHS_OWN else _without_secrets(item)
            for name, item in value.items()
            if not (isinstance(name, str) and is_secret_name(name))
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value


class Scrubbing(BaseCheckpointSaver[Any]):
    """What is written through it holds no secret of the caller's; goes before the saver itself."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await super().aput(scrubbed(config), checkpoint, scrubbed_metadata(metadata), new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(scrubbed(config), writes, task_id, task_path)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return super().put(scrubbed(config), checkpoint, scrubbed_metadata(metadata), new_versions)

"""Keys that callers pass in `configurable` stay out of what a saver writes.

Every saver copies `configurable` and `metadata` into the checkpoint's metadata, in clear; a caller's
`openai_api_key` would end up in the database.
"""

from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from config.redaction import is_secret_name


def scrubbed(config: RunnableConfig) -> RunnableConfig:
    """The same config without entries whose name says that they are a secret."""
    clean: dict[str, Any] = dict(config)
    for part in ("configurable", "metadata"):
        if isinstance(clean.get(part), dict):
            clean[part] = {name: value for name, value in clean[part].items() if not is_secret_name(name)}
    return cast(RunnableConfig, clean)

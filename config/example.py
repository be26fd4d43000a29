"""`.env.example`, made from the settings themselves so that it cannot drift from them."""

import sys
from pathlib import Path

from pydantic import SecretStr

from config.settings import Settings, variable

HEAD = """\
# Every setting of Mnemograph with its default. Nothing here is required: copy a line into .env to change it.
# The environment wins over .env, and .env over config/<profile>.yaml (plain `langgraph dev`: .env wins over both).
"""


def _shown(default: object) -> str:
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)


def render() -> str:
    """The whole file's text."""
    blocks = [HEAD]
    for name, info in Settings.model_fields.items():
        legal = info.json_schema_extra["legal"] if isinstance(info.json_schema_extra, dict) else ""
        blocks.append(f"# {info.description} ({legal})\n# {variable(name)}={_shown(info.default)}\n")
    return "\n".join(blocks)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")

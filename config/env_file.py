"""The file that settings may stand in."""

import os
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from config.errors import UserError

PREFIX: Final = "MNEMOGRAPH_"


def project_root() -> Path:
    """The folder that holds langgraph.json: the checkout, or else the working folder."""
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "langgraph.json").is_file() else Path.cwd()


def env_file() -> Path:
    """`.env` of the project, or the file that MNEMOGRAPH_ENV_FILE names."""
    return Path(os.environ.get(f"{PREFIX}ENV_FILE") or project_root() / ".env")


def dotenv() -> dict[str, str | None]:
    """What `.env` sets; nothing where there is none. Raises UserError when it cannot be read."""
    if not env_file().is_file():
        return {}
    try:
        return dotenv_values(env_file(), encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"{env_file()} cannot be read: {reason}.") from None

"""A part of the user's own, named in a setting as <package>.<module>:<name>."""

import inspect
import re
from importlib import import_module
from typing import Any

from config.errors import UserError

DOTTED = re.compile(r"[^\W\d]\w*(\.\w+)*:[^\W\d]\w*")


def own_part(setting: str, name: str, what: str) -> Any:
    """What `package.module:name` names; of a class, an instance.

    Args:
        setting: the environment variable, for the error.
        name: its value.
        what: what it should name: "an async function, or a class that takes no arguments".

    Raises UserError when it cannot be imported.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Any = getattr(import_module(module), attribute)
        return found() if inspect.isclass(found) else found
    except Exception as error:
        raise UserError(
            f"{setting} is {name!r}, which cannot be opened ({type(error).__name__}): "
            f"name {what}, as <package>.<module>:<name>."
        ) from error

"""Modules that are loaded when they are asked for: most of what a process costs at its start."""

import gc
from importlib import import_module
from types import ModuleType


def loaded(name: str) -> ModuleType:
    """The module of that name, loaded now where it is not yet. Raises ImportError."""
    was_on = gc.isenabled()
    # Collecting garbage while thousands of modules load takes a quarter of the time, and finds none.
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        if was_on:
            gc.enable()

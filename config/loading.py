"""What a process loads: modules when they are asked for, and what is kept from the collector once all is there."""

import gc
import runpy
import sys
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


def settled() -> None:
    """Say that a process which serves has loaded what it keeps: the collector looks at none of it any more."""
    # A full collection takes a tenth of a second and more with what stays, which is all the time of a turn.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    # `python -m config.loading MODULE …` is `python -m MODULE …` that collects no garbage until it is `settled`.
    gc.disable()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

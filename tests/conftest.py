"""Fixtures that more than one kind of test uses, one plugin a line."""

import gc
import os
import signal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

pytest_plugins = [
    "tests.services.openai_server",
    "tests.services.langsmith_collector",
    "tests.services.redis",
    "tests.services.postgres",
    "tests.services.clusters",
    "tests.services.databases",
    "tests.services.chat",
    "tests.services.encrypted",
    "tests.services.undoing",
]

# A busy machine is no fault of an example. A change is judged by the same ones each time: `make explore` tries others.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("explore"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

ONE_WORKERS = ("tests/browser/",)
"""Folders whose files share what is costly to start: a server and a browser."""


class Rooms(LoadFileScheduling):
    """A file goes to one worker, for its servers; these folders do so as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return next((each for each in ONE_WORKERS if nodeid.startswith(each)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Rooms:
    return Rooms(config, log)


def pytest_configure() -> None:
    # What a shell runs in the background ignores SIGINT, and so would all that a test starts and interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # To collect garbage while 6,000 tests are imported is a third of that time.
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()
    # Tests make much and keep little: each of the frequent rounds would find next to nothing.
    gc.set_threshold(20_000, 20, 20)
    gc.enable()

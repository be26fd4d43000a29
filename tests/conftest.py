"""Fixtures that more than one kind of test uses, one plugin a line."""

import gc
import signal

import pytest

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


def pytest_configure() -> None:
    # What a shell runs in the background ignores SIGINT, and so would all that a test starts and interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # To collect garbage while 6,000 tests are imported is a third of that time.
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()
    gc.enable()

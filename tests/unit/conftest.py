"""Every test of this folder runs without sockets, and without the settings of whoever runs it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket

from config.settings import Settings, settings, variable


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    # An event loop wakes itself through a pair of Unix sockets, which reach nobody else.
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def env_file(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The `.env` of this test, which is not there yet; the environment holds no setting."""
    ours = {variable(name) for name in Settings.model_fields}
    for name in list(os.environ):
        if name in ours or name.upper().startswith("MNEMOGRAPH_"):
            monkeypatch.delenv(name)
    path = tmp_path_factory.mktemp("settings") / ".env"
    monkeypatch.setenv("MNEMOGRAPH_ENV_FILE", str(path))
    settings.cache_clear()
    yield path
    settings.cache_clear()

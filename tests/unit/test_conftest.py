import asyncio
import os
import socket

import pytest
from pytest_socket import SocketBlockedError


def test_a_unit_test_cannot_open_a_socket() -> None:
    # The guard warns before it raises, and warnings are errors here.
    with pytest.raises((SocketBlockedError, UserWarning)):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


async def test_nor_through_the_event_loop() -> None:
    with pytest.raises((SocketBlockedError, UserWarning)):
        await asyncio.open_connection("127.0.0.1", 9)


def test_the_environment_holds_no_setting() -> None:
    assert [name for name in os.environ if name.startswith("MNEMOGRAPH_")] == ["MNEMOGRAPH_ENV_FILE"]

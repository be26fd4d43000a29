"""kill -9 of any one process of `mnemograph dev`: nothing is lost, nothing is left behind."""

import subprocess
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.load.kill_server import kill_in_turns
from tests.services.dev_server import PATIENCE_S, DevServer

TRACEBACK = "Traceback (most recent call last)"


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    made = DevServer()
    try:
        yield made.start()
    finally:
        made.remove()


def say(server: DevServer, thread_id: str, text: str, user: str) -> dict[str, Any]:
    body = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": text}]}}
    more = {"context": {"user_id": user}, "if_not_exists": "create"}
    answer = httpx.post(
        f"{server.url}/threads/{thread_id}/runs/wait", json={**body, **more}, timeout=PATIENCE_S
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def until_ready(server: DevServer) -> None:
    end = time.monotonic() + PATIENCE_S
    while httpx.get(f"{server.url}/health/ready", timeout=PATIENCE_S).status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


async def test_the_server_killed_in_the_middle_of_turns(server: DevServer) -> None:
    outcome = await kill_in_turns(server, times=2, seed=4)
    assert outcome.faults == [], outcome.report()
    assert outcome.kills == 2
    assert "The server ended unexpectedly (by SIGKILL); starting it again." in server.said()


def test_guard_and_postmaster_killed_between_two_turns(server: DevServer) -> None:
    thread_id = str(uuid.uuid4())
    say(server, thread_id, "I live in Porto.", "between")
    for number, victim in enumerate(("guard", "postmaster"), start=2):
        killed = server.kill(victim)
        until_ready(server)
        values = say(server, thread_id, "Where do I live?", "between")
        assert len(values["messages"]) == 2 * number
        assert "Porto" in values["messages"][-1]["content"]
        assert killed not in server.pids().values()
    assert set(server.pids()) == {"dev", "server", "guard", "postmaster"}


def test_a_second_one_on_the_data_folder_is_refused_in_a_sentence(server: DevServer) -> None:
    second = _run(server, {})
    assert second.returncode == 2
    assert (
        f"Another mnemograph dev runs on the data folder {server.folder / 'data'} at {server.url}"
        in " ".join(second.stdout.split())
    )
    assert TRACEBACK not in second.stdout


def test_a_dead_database_is_a_sentence(server: DevServer) -> None:
    settings = {
        "MNEMOGRAPH_POSTGRES": "postgresql://ana:secret-word@127.0.0.1:1/none",
        "MNEMOGRAPH_DATA_DIR": str(server.folder / "other"),
        "MNEMOGRAPH_CONNECT_TIMEOUT_S": "0.5",
    }
    ended = _run(server, settings)
    assert ended.returncode == 2
    assert "127.0.0.1:1" in ended.stdout
    assert "secret-word" not in ended.stdout
    assert TRACEBACK not in ended.stdout


def _run(server: DevServer, settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        server.command(),
        cwd=server.root,
        env={**server.environment(), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_killed_itself_it_takes_everything_along_and_starts_again(server: DevServer) -> None:
    thread_id = str(uuid.uuid4())
    say(server, thread_id, "I live in Porto.", "again")
    server.kill("dev")
    assert server.leftovers() == []
    server.start()
    values = say(server, thread_id, "Where do I live?", "again")
    assert len(values["messages"]) == 4
    assert "Porto" in values["messages"][-1]["content"]
    # The thread was made in the seconds that `langgraph dev` had not written down yet.
    found = httpx.post(f"{server.url}/threads/search", json={"limit": 1000}).json()
    assert thread_id in [thread["thread_id"] for thread in found]

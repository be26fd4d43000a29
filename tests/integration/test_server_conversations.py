"""The list of conversations where nobody signs in: of one user, each with a title, wherever it was begun."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.browser import seeds
from tests.services.dev_server import PATIENCE_S, DevServer


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    made = DevServer()
    try:
        yield made.start()
    finally:
        made.remove()


def say(server: DevServer, content: Any, user: str = "") -> str:
    thread_id = str(uuid.uuid4())
    body: dict[str, Any] = {"assistant_id": "agent", "if_not_exists": "create"}
    body["input"] = {"messages": [{"role": "user", "content": content}]}
    if user:
        body["context"] = {"user_id": user}
    answer = httpx.post(f"{server.url}/threads/{thread_id}/runs/wait", json=body, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return thread_id


def listed(server: DevServer, **asked: Any) -> dict[str, Any]:
    answer = httpx.get(f"{server.url}/mnemograph/threads", params=asked, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def titles(found: dict[str, Any]) -> list[str]:
    return [row["title"] for row in found["threads"]]


def type_in_a_terminal(server: DevServer, text: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "main", "chat", *arguments]
    done = subprocess.run(
        command,
        cwd=server.root,
        env=server.environment(),
        input=f"{text}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr


def test_each_user_has_their_own_and_each_has_a_title_wherever_it_was_begun(server: DevServer) -> None:
    say(server, "Which knots should I know?")
    say(server, "I am Bob.", "bob")
    say(server, [{"type": "text", "text": "Said in\nblocks."}])
    say(server, "I am Bob still.", "bob")
    mine = listed(server)
    assert titles(mine) == ["Said in blocks.", "Which knots should I know?"]
    assert mine["others"] is True and mine["next"] is None
    first = listed(server, user_id="bob", limit=1)
    assert titles(first) == ["I am Bob still."]
    second = listed(server, user_id="bob", limit=1, offset=first["next"])
    assert titles(second) == ["I am Bob."]
    assert titles(listed(server, user_id="eve")) == []
    wrong = httpx.get(f"{server.url}/mnemograph/threads", params={"limit": 0}, timeout=PATIENCE_S)
    assert wrong.status_code == 422

    server.stop()
    type_in_a_terminal(server, "My sister plays the cello.")
    type_in_a_terminal(server, "I am Bob in a terminal.", "--user", "bob")
    server.start()
    end = time.monotonic() + PATIENCE_S
    while "My sister plays the cello." not in (found := titles(listed(server))):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    assert found == ["My sister plays the cello.", "Said in blocks.", "Which knots should I know?"]
    assert "I am Bob in a terminal." in titles(listed(server, user_id="bob"))
    rows = httpx.post(f"{server.url}/threads/search", json={"limit": 100}, timeout=PATIENCE_S).json()
    # By which agent-chat-ui names a conversation.
    said = [row["values"]["messages"][0]["content"] for row in rows]
    assert "My sister plays the cello." in said and len(said) == 6


def test_one_begun_in_a_terminal_beside_the_server_is_in_the_next_list(server: DevServer) -> None:
    """It was there minutes later, when the server looked for what a crash had left."""
    type_in_a_terminal(server, "I am Carol beside the server.", "--user", "carol")
    assert titles(listed(server, user_id="carol")) == ["I am Carol beside the server."]


def test_what_was_brought_in_stands_where_it_was_last_spoken_in(server: DevServer) -> None:
    """It was listed first, with the time of its import."""
    said_at = "2026-03-02T09:00:00+00:00"
    old = seeds.conversation(("Long ago.", "Noted."))
    for message in old["messages"]:
        message["additional_kwargs"] = {"mnemograph": {"said_at": said_at}}
    say(server, "Lately.", "dora")
    asked = {"user_id": "dora"}
    with httpx.Client(base_url=server.url, params=asked, timeout=PATIENCE_S) as dora:
        seeds.bring_in(dora, [old])
    found = listed(server, **asked)
    assert titles(found) == ["Lately.", "Long ago."]
    assert found["threads"][1]["updated_at"] == said_at
    first = listed(server, **asked, limit=1)
    assert titles(first) == ["Lately."]
    assert titles(listed(server, **asked, limit=1, offset=first["next"])) == ["Long ago."]

"""R21, R22: killed with -9 at every step of a turn, then sent again or recovered: everything once, nothing lost."""

import json
import os
import subprocess
import sys
from typing import Any

from config.settings import Settings

MEMORIES = [
    "episodic: [date] User: My name is Ana and I live in Porto.",
    "semantic: The user lives in Porto.",
    "semantic: The user's name is Ana.",
]


def crashes(how: str, **given: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "config.loading", "tests.faults.crash_runner", how],
        capture_output=True,
        text=True,
        env={**os.environ, **given},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_the_user(memories: list[str]) -> list[str]:
    """Undated, but for the agent's reply, which is there once and may be the one of another attempt."""
    replies = [text for text in memories if "] Assistant: " in text]
    assert len(replies) == 1, memories
    return [
        text.replace(text[11:21], "date") if text.startswith("episodic: [") else text
        for text in memories
        if text not in replies
    ]


def test_r21_a_turn_sent_again_after_a_crash_at_any_step_is_there_once(configured: Settings) -> None:
    rows = crashes("resend")
    killed = [row for row in rows if row["killed"]]
    assert len(killed) >= 15, "the turn has fewer steps of persistence than there were"
    replies = {row["messages"][1][1] for row in rows}
    assert len(replies) == 1
    for row in rows:
        assert [kind for kind, _ in row["messages"]] == ["human", "ai"], row
        assert of_the_user(row["memories"]) == MEMORIES, row
        assert row["next"] == [], row


def test_r22_what_a_crash_left_after_the_reply_is_remembered_once_at_the_next_start(
    configured: Settings,
) -> None:
    rows = crashes("recover")
    answered = [row for row in rows if [kind for kind, _ in row["messages"]] == ["human", "ai"]]
    assert len([row for row in answered if row["killed"]]) >= 1
    for row in answered:
        assert of_the_user(row["memories"]) == MEMORIES, row
        assert row["next"] == [], row


def test_r21_r22_with_extraction_in_the_background_a_crash_at_any_step_costs_nothing_either(
    configured: Settings,
) -> None:
    rows = crashes("send again and recover", MNEMOGRAPH_REMEMBER="background")
    assert len([row for row in rows if row["killed"]]) >= 15, "the turn has fewer steps than there were"
    for row in rows:
        assert [kind for kind, _ in row["messages"]] == ["human", "ai"], row
        assert of_the_user(row["memories"]) == MEMORIES, row
        assert (row["next"], row["waiting"]) == ([], 0), row

"""`mnemograph ingest`: figures, nothing twice, killed half-way and run again, and an answer from what it read."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import psycopg
import pytest
from psycopg.rows import dict_row

from graphs.chat import Chat
from tests.services.chat import ANA, reply, say
from tests.services.command import command, environment, finished, start
from tests.services.postgres import PATIENCE_S, PROJECT, until

Ingest = Callable[..., tuple[str, list[int]]]
TURNS = 96
FIGURES = re.compile(
    r"(\d+) threads?, (\d+) turns? for (\S+): (\d+) remembered now with (\d+) facts?, (\d+) known from before"
)


def line(thread: str, minute: int, said: str) -> list[dict[str, Any]]:
    """A turn of a transcript: what Ana said, and that it was heard."""
    moment = f"2026-05-{3 + minute // 600:02d}T{10 + minute // 60 % 10}:{minute % 60:02d}:00+00:00"
    turn = {"thread": thread, "timestamp": moment}
    return [
        {**turn, "role": "user", "name": "Ana", "content": said},
        {**turn, "role": "assistant", "content": "Noted."},
    ]


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    """One long thread, in which a fact is replaced and another said twice, and a short one."""
    said = {
        5: "I live in Porto.",
        20: "I love sushi.",
        60: "I love sushi.",
        80: "Actually, I live in Faro now.",
    }
    rows = [
        row
        for number in range(TURNS - 1)
        for row in line("long", number, said.get(number, f"I like dish number {number}."))
    ]
    rows += line("short", 0, "My sister is called Inês.")
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def figures(said: str) -> tuple[str, list[int]]:
    """The user, and threads, turns, turns remembered, facts, turns known before."""
    found = FIGURES.search(" ".join(said.split()))
    assert found, said
    threads, turns, user, *rest = found.groups()
    return user, [int(number) for number in (threads, turns, *rest)]


def rows(database: str) -> list[dict[str, Any]]:
    """Every memory with its vector, and every decision; but for when it was written down, which no two runs share."""
    with psycopg.connect(database, row_factory=dict_row) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        return connection.execute(
            """
            SELECT owner, path, key, value #- '{provenance,recorded_at}' #- '{at}' AS value, count(v.id) AS views
            FROM memory_items LEFT JOIN memory_vectors v USING (owner, path, id)
            GROUP BY owner, path, key ORDER BY owner, path, key
            """
        ).fetchall()


def count(database: str) -> int:
    with psycopg.connect(database) as connection:
        if connection.execute("SELECT to_regclass('memory_items')").fetchone() == (None,):
            return 0
        connection.execute("SET mnemograph.owner = '*'")
        row = connection.execute("SELECT count(*) FROM memory_items").fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def ingest(tmp_path: Path, database: str) -> Ingest:
    def run(path: Path, into: str = database) -> tuple[str, list[int]]:
        done = finished(tmp_path, "ingest", str(path), "--user", ANA, MNEMOGRAPH_POSTGRES=into)
        assert done.returncode == 0, done.stderr
        assert not done.stderr, "there is no bar where there is no terminal"
        return figures(done.stdout)

    return run


@pytest.fixture
def undisturbed(database: str) -> str:
    """Another empty database, to compare with; it goes with the session's server."""
    name = f"{database.rpartition('/')[2].partition('?')[0]}_b"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return re.sub(r"/t_\w+", f"/{name}", database)


async def test_killed_half_way_and_run_again_it_is_as_if_nothing_had_happened(
    ingest: Ingest, transcript: Path, database: str, undisturbed: str, chat: Chat
) -> None:
    user, (threads, turns, new, facts, known) = ingest(transcript, undisturbed)
    assert (user, threads, turns, new, known) == (ANA, 2, TURNS, TURNS, 0)
    whole = rows(undisturbed)
    memories = [row for row in whole if row["path"] != "decisions"]
    assert len(memories) == 2 * new + facts, "a message and its answer a turn, and the facts"
    assert [row["value"]["text"] for row in memories if not row["views"]] == ["The user lives in Porto."]
    assert not any(row["views"] for row in whole if row["path"] == "decisions")
    assert ingest(transcript, undisturbed) == (ANA, [2, TURNS, 0, 0, TURNS])
    assert rows(undisturbed) == whole

    with start(
        transcript.parent, "ingest", str(transcript), "--user", ANA, MNEMOGRAPH_POSTGRES=database
    ) as interrupted:
        until(lambda: count(database) > 10, "the first memories are there")
        interrupted.kill()
        assert interrupted.wait(PATIENCE_S) == -9
    left = count(database)
    assert 10 < left < len(whole)
    _, (_, _, again, _, known) = ingest(transcript)
    assert again + known == TURNS
    assert again and known
    assert rows(database) == whole

    assert "Faro" in reply(await say(chat, "Where do I live?"))
    assert "Inês" in reply(await say(chat, "Who is my sister?"))


def node(name: str, parent: str | None, *children: str, role: str = "user", text: str = "") -> dict[str, Any]:
    message = {
        "id": name,
        "author": {"role": role},
        "create_time": 1_777_802_400.0,
        "content": {"content_type": "text", "parts": [text]},
    }
    return {"id": name, "parent": parent, "children": [*children], "message": message if text else None}


async def test_a_chatgpt_export_teaches_what_its_person_last_saw(
    ingest: Ingest, tmp_path: Path, database: str, chat: Chat
) -> None:
    nodes = [
        node("root", None, "asked", "edited"),
        node("asked", "root", "answered", text="I live in Madrid."),
        node("answered", "asked", role="assistant", text="Noted."),
        node("edited", "root", "heard", text="I live in Porto."),
        node("heard", "edited", "more", role="assistant", text="Noted."),
        node("more", "heard", text="I'm allergic to peanuts."),
    ]
    export = [{"conversation_id": "c1", "current_node": "more", "mapping": {one["id"]: one for one in nodes}}]
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    assert ingest(path) == (ANA, [1, 2, 2, 2, 0])
    before = rows(database)
    assert len([row for row in before if row["path"] != "decisions"]) == 5
    assert "Madrid" not in str(before)
    assert ingest(path) == (ANA, [1, 2, 0, 0, 2])
    assert rows(database) == before
    assert "peanuts" in reply(await say(chat, "What am I allergic to?"))


def test_messages_without_a_time_are_counted_for_the_person(tmp_path: Path, database: str) -> None:
    """An old line without its time ended what its user had told since, and nobody knew why."""
    path = tmp_path / "chats.jsonl"
    rows = [{"thread": "t", "role": "user", "content": "I live in Porto."}, *line("t", 1, "I like tea.")]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = finished(tmp_path, "ingest", str(path), "--user", ANA, MNEMOGRAPH_POSTGRES=database)
    assert done.returncode == 0, done.stderr
    assert "1 of its messages came without a time and count as said now" in " ".join(done.stdout.split())


def test_a_terminal_gets_a_bar(transcript: Path, tmp_path: Path, database: str) -> None:
    program, *arguments = command("ingest", str(transcript), "--user", ANA)
    child: pexpect.spawn[str] = pexpect.spawn(
        program,
        arguments,
        cwd=str(PROJECT),
        env=environment(tmp_path, MNEMOGRAPH_POSTGRES=database),  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=PATIENCE_S,
        dimensions=(50, 200),
    )
    try:
        child.expect(pexpect.EOF)
        shown = str(child.before)
    finally:
        child.close(force=True)
    assert child.exitstatus == 0, shown
    assert re.search("remembering.*━", shown)
    steps = [int(done) for done in re.findall(rf"(\d+)/{TURNS}", shown)]
    assert max(steps) == TURNS
    assert len(set(steps)) > 3, "it moves"
    assert figures(shown) == (ANA, [2, TURNS, TURNS, TURNS - 1, 0])


@pytest.mark.parametrize(
    ("name", "last", "sentence"),
    [
        ("chats.jsonl", "{broken", "line 193 is not JSON; a line is an object with thread, role, content"),
        (
            "conversations.json",
            '[{"mapping": 5}]',
            "conversation 1 has no 'mapping'; is it a ChatGPT export's conversations.json?",
        ),
        ("empty.jsonl", "", "holds no message of a user, so there is nothing to remember."),
    ],
)
def test_a_bad_file_is_one_sentence_and_nothing_is_written(
    transcript: Path, database: str, name: str, last: str, sentence: str
) -> None:
    path = transcript.with_name(name)
    path.write_text(f"{transcript.read_text()}\n{last}" if path == transcript else last)
    done = finished(path.parent, "ingest", str(path), COLUMNS="1000", MNEMOGRAPH_POSTGRES=database)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"mnemograph: {path}") and sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert count(database) == 0

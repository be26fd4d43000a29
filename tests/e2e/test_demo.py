"""`make demo`: an answer in the second conversation that only the first one taught, seen in Postgres itself."""

import json
import re
from pathlib import Path
from typing import Any

import psycopg

from memory.postgres.embedded import EmbeddedServer
from tests.services.command import finished
from tests.services.openai_server import API_KEY, OpenAIServer, Reply
from tests.services.postgres import gone


def kept(data: Path) -> dict[str, tuple[str, int]]:
    """What Postgres holds: {first eight characters of the key: text and how many vectors}."""
    server = EmbeddedServer(data)
    with psycopg.connect(server.acquire()) as connection:
        connection.execute("SET mnemograph.owner = '*'")
        rows = connection.execute(
            """
            SELECT left(m.key, 8), m.value->>'text', count(v.id) FILTER (WHERE vector_dims(v.embedding) = 384)
            FROM memory_items m LEFT JOIN memory_vectors v USING (owner, id)
            WHERE m.value ? 'text' GROUP BY m.key, m.value
            """
        ).fetchall()
    server.release()
    return {key: (text, vectors) for key, text, vectors in rows}


def test_the_demo_on_its_own_postgres_with_no_key(data_dir: Path) -> None:
    done = finished(data_dir, "demo")
    assert done.returncode == 0, done.stderr
    said = done.stdout
    first, second = said.split("A week later", 1)
    assert "+ The user lives in Porto." in first
    answers = second.split("What is remembered, and where it comes from")[0]
    for question, receipt, answer in (
        ("Where do I live?", "The user lives in Porto.", "You live in Porto."),
        ("What am I allergic to?", "The user is allergic to peanuts.", "You are allergic to peanuts."),
        ("Who is my sister?", "The user's sister Inês", "Your sister Inês"),
    ):
        turn = answers.split(f"you {question}")[1].split("\nyou ")[0]
        assert re.search(
            rf"↶ {re.escape(receipt)}.* user; (?:close in meaning|shares words)\b.*; \d+\.\d\d\)", turn
        ), turn
        assert f"agent {answer}" in turn
    assert "The agent knew all 3 answers" in said
    check_evidence(said)
    check_rows(said, kept(data_dir))
    gone(data_dir)


def check_evidence(said: str) -> None:
    """Every memory names the thread that it comes from, and what was asked later is from the second one."""
    threads = re.findall(r"thread ([0-9a-f]{8})\)", said)
    assert len(set(threads)) == 2
    lines = said.split("where it comes from")[1].split("rows in Postgres", 1)[0].splitlines()
    sources = {
        text.strip(): thread
        for line in lines
        for text, thread in re.findall(
            r"(?:semantic|episodic) +(.*?)  .* user +([0-9a-f]{8}): [0-9a-f]{8}", line
        )
    }
    assert sources["The user lives in Porto."] == threads[0]
    assert next(thread for text, thread in sources.items() if "Where do I live?" in text) == threads[1]


def check_rows(said: str, rows: dict[str, tuple[str, int]]) -> None:
    """The table shows each row that Postgres has, with its vectors, and no other."""
    table = said.split("rows in Postgres")[1]
    shown = re.findall(r"^(?:semantic|episodic) +([0-9a-f]{8}) .* (\d+) *$", table, re.MULTILINE)
    assert sorted(shown) == sorted((key, str(vectors)) for key, (_, vectors) in rows.items())
    assert f"The {len(rows)} rows in Postgres" in said
    assert "The user is allergic to peanuts." in [text for text, _ in rows.values()]
    # What the agent says out of memory is kept, and found by nobody.
    assert {"Assistant:" in text for text, vectors in rows.values() if not vectors} == {True}
    assert {"Assistant:" in text for text, vectors in rows.values() if vectors} == {False}


def test_a_model_that_knows_nothing_is_told_by_the_exit_status(
    data_dir: Path, database: str, openai_server: OpenAIServer
) -> None:
    def ignorant(body: dict[str, Any]) -> Reply:
        if "response_format" in body or isinstance(body.get("tool_choice"), dict):
            return Reply(text=json.dumps({"summary": "They talked.", "facts": []}))
        return Reply(text="I have no idea.")

    openai_server.model = ignorant
    done = finished(
        data_dir,
        "demo",
        MNEMOGRAPH_POSTGRES=database,
        MNEMOGRAPH_MODEL="openai:ignorant",
        OPENAI_BASE_URL=openai_server.base_url,
        OPENAI_API_KEY=API_KEY,
    )
    assert done.returncode == 1, done.stderr
    missed = "Where do I live?; What am I allergic to?; Who is my sister?"
    assert f"The agent did not know: {missed}" in done.stdout
    assert "The agent knew" not in done.stdout
    assert API_KEY not in done.stdout + done.stderr

"""`mnemograph demo team`: the transcript of a grant, its use and its revocation; and grants from the terminal."""

import json
from pathlib import Path

from tests.services.command import finished, here


def test_the_team_on_its_own_postgres_with_no_key(data_dir: Path, database: str) -> None:
    done = finished(data_dir, "demo", "team", MNEMOGRAPH_POSTGRES=database)
    assert done.returncode == 0, done.stdout + done.stderr
    acts = done.stdout.split("──\n")
    assert len(acts) == 5
    nothing, granted, told, revoked = acts[1:]
    assert "The user lives in Porto." not in nothing
    assert "grant: The agent planner may read the user's semantic memories." in granted
    asked = granted.split("you Planner, where do I live?")[1]
    assert "↶ The user lives in Porto." in asked.split("\nyou ")[0]
    assert "told: The user prefers night trains. (learned by researcher)" in told
    assert "grant:" not in revoked
    assert "night trains" not in revoked.split("you Planner, where do I live?")[1]


def test_grants_from_the_terminal(data_dir: Path, database: str) -> None:
    def grants(*arguments: str) -> tuple[int, str]:
        done = here(data_dir, "grants", *arguments, MNEMOGRAPH_POSTGRES=database)
        return done.returncode, done.stdout + done.stderr

    assert grants("list")[1].startswith("Nothing is shared")
    given = grants("give", "agent:planner", "--kind", "semantic", "--kind", "episodic", "--days", "3")
    assert "The agent planner may read the user's episodic, semantic memories until" in given[1]
    assert grants("give", "team:team", "--write", "--of", "researcher")[0] == 0
    text = grants("list", "--json")[1]
    assert [(each["grantee"], each["of"], each["action"], each["holds"]) for each in json.loads(text)] == [
        ("agent:planner", "", "read", True),
        ("team:team", "researcher", "write", True),
    ]
    assert grants("revoke", "agent:planner", "--kind", "semantic")[1].startswith("Revoked. The agent planner")
    assert "episodic memories" in grants("list")[1]
    assert grants("revoke", "agent:other") == (1, "agent:other has no such grant.\n")
    assert grants("give", "planner")[0] == 2

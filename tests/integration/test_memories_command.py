"""`mnemograph memories` as a person uses it: with the beginning of an id, for machines, and with mistakes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.command import here

TALK = [
    {"thread": "t", "role": "user", "content": "My name is Ana and I live in Porto.", "id": "m1"},
    {"thread": "t", "role": "assistant", "content": "Nice to meet you.", "id": "m2"},
    {"thread": "t", "role": "user", "content": "I have a dog named Rex.", "id": "m3"},
]


class Person:
    """Ana at her terminal."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.database = folder, database

    def says(self, *arguments: str, status: int = 0) -> str:
        done = here(self.folder, *arguments, MNEMOGRAPH_POSTGRES=self.database, MNEMOGRAPH_USER="ana")
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    def reads(self, *arguments: str) -> Any:
        return json.loads(self.says(*arguments, "--json"))

    def facts(self, *arguments: str) -> dict[str, str]:
        return {
            each["text"]: each["id"]
            for each in self.reads("memories", "list", "--kind", "semantic", *arguments)
        }


@pytest.fixture
def ana(tmp_path: Path, database: str) -> Person:
    person = Person(tmp_path, database)
    talk = tmp_path / "talk.jsonl"
    talk.write_text("\n".join(json.dumps(line) for line in TALK), encoding="utf-8")
    person.says("ingest", str(talk))
    return person


def test_why_something_was_kept_is_told_by_command(ana: Person) -> None:
    [turn, *_] = [each for each in ana.reads("memories", "decisions") if "Porto" in str(each)]
    assert "new" in [each["what"] for each in turn["decisions"]]
    assert "The user lives in Porto." in ana.says("memories", "decisions")


def test_memories_are_corrected_erased_and_brought_back_by_command(ana: Person, tmp_path: Path) -> None:
    porto = ana.facts()["The user lives in Porto."]
    braga = ana.reads("memories", "edit", porto[:8], "The user lives in Braga.")["id"]
    told = ana.says("memories", "history", porto[:8])
    assert told.index("Porto") < told.index("Braga")
    assert "superseded" in told
    ana.says("memories", "retract", braga, "--reason", "It was a joke.")
    assert "It was a joke." in ana.says("memories", "list", "--status", "retracted")
    assert ana.reads("memories", "restore", braga)["status"] == "active"
    told = ana.says("memories", "history", porto[:8])
    assert told.index("retracted 2") < told.index("It was a joke.") < told.index("restored 2")
    ana.says("memories", "retract", braga, "--reason", "It was a joke.")
    assert "waits for nobody" in " ".join(ana.says("memories", "approve", braga, status=2).split())
    rex = ana.facts()["The user has a dog named Rex."]
    ana.says("memories", "forget", rex)
    before = ana.reads("memories", "list")
    assert "asked for something to be forgotten" not in str(before)
    assert "emptied" in ana.says("memories", "list", "--emptied")
    file = tmp_path / "ana.json"
    assert "--yes" in ana.says("memories", "erase", status=2)
    done = ana.reads("memories", "erase", "--yes", "--to", str(file))
    assert done["export"] == str(file)
    assert done["erased"]["memory_items"] >= len(before)
    assert set(done["left"].values()) == {0}
    assert ana.reads("memories", "list") == []
    ana.says("memories", "import", str(file))
    assert {each["id"]: each for each in ana.reads("memories", "list")} == {
        each["id"]: each for each in before
    }

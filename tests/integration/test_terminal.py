"""The terminal as a person uses it: a real pseudo-terminal, the offline model, a data folder of its own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.services.command import command, environment, finished_on_a_terminal, here
from tests.services.openai_server import API_KEY, OpenAIServer
from tests.services.postgres import PATIENCE_S, PROJECT, gone, until


class Terminal:
    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        program, *rest = command(*arguments)
        self.child: pexpect.spawn[str] = pexpect.spawn(
            program,
            rest,
            cwd=str(PROJECT),
            env=environment(folder, PROMPT_TOOLKIT_NO_CPR="1", **settings),  # type: ignore[arg-type]
            encoding="utf-8",
            timeout=PATIENCE_S,
            dimensions=(50, 200),
        )

    def see(self, pattern: str) -> None:
        self.child.expect(pattern)

    def type(self, text: str) -> None:
        """Waits for the prompt: what is typed before a terminal is in raw mode is lost."""
        self.child.expect("you\x1b")
        self.child.send(text + "\r")

    def status(self) -> int | None:
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


@pytest.fixture
def open_terminal(used_data_dir: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, **settings: str) -> Terminal:
        opened.append(Terminal(used_data_dir, *arguments, **settings))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.child.close(force=True)


def test_two_conversations_in_the_terminal(
    open_terminal: Callable[..., Terminal], used_data_dir: Path
) -> None:
    talk = open_terminal("chat")
    talk.see("/help")
    talk.type("My name is Ana and I live in Porto.")
    talk.see(r"The user lives in Porto\. ")
    talk.type("add buy bread to my task list")
    talk.see("add_task")
    talk.type("/new")
    talk.see("A new conversation")
    talk.type("Where do I live?")
    talk.see("↶")
    talk.see("You live in Porto")
    talk.type("/memories")
    talk.see("The user's name is Ana.")
    talk.type("/threads")
    talk.see("1 .*Where do I live")
    talk.type("/open 2")
    talk.see("Added to the task list: buy bread.")
    talk.type("/forget 2026")
    talk.see("Give a number from /memories")
    talk.type("/forget Ana")
    talk.see("Forgotten, with its words in every memory: The user's name is Ana")
    talk.type("/forget 99")
    talk.see("Give a number from /memories")
    talk.type("/memories")
    talk.see("The user lives in Porto")
    talk.type("/nonsense")
    talk.see("There is no command /nonsense")
    talk.type("/quit")
    assert talk.status() == 0
    again = open_terminal("chat")
    again.see("/help")
    again.child.expect("you\x1b")
    again.child.send("\x1b[A")
    again.see("/quit")
    again.child.send("\x03")
    assert again.status() == 0
    assert gone(used_data_dir)


def test_a_procedure_is_asked_about_in_the_terminal(
    open_terminal: Callable[..., Terminal], used_data_dir: Path
) -> None:
    talk = open_terminal("chat", "--user", "wisher")
    talk.see("/help")
    talk.type("From now on end every answer with Cheers.")
    talk.see("Shall I do this in every conversation")
    talk.type("I live in Porto.")
    talk.see("The user lives in Porto")
    talk.type("I prefer short answers.")
    talk.see("Shall I do this in every conversation")
    talk.type("edit")
    talk.see("Write edit and then how you want it")
    talk.type("edit Answer in one short sentence.")
    talk.see("Answer in one short sentence. .*in every conversation from now on")
    talk.type("/quit")
    assert talk.status() == 0

    def run(*arguments: str) -> Any:
        done = here(used_data_dir, "procedures", *arguments, "--user", "wisher", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    rows = {row["text"]: row for row in run("list")}
    assert {text: row["status"] for text, row in rows.items()} == {
        "End every answer with Cheers.": "proposed",
        "Answer in one short sentence.": "active",
    }
    cheers = rows["End every answer with Cheers."]["id"]
    assert run("approve", cheers[:8])["status"] == "active"
    ciao = run("edit", cheers, "End every answer with Ciao.")
    assert ciao["supersedes"] == cheers
    assert run("rollback", ciao["id"])["id"] == cheers
    assert [(row["version"], row["status"]) for row in run("show", cheers)] == [
        (1, "active"),
        (2, "superseded"),
    ]
    assert run("reject", cheers, "--why", "enough")["reason"].endswith("enough")
    assert len(run("list", "--all")) == 4
    _, shown = finished_on_a_terminal(used_data_dir, "procedures", "list", "--user", "wisher")
    assert "Answer in one short sentence." in shown and "Cheers" not in shown
    refused = here(used_data_dir, "procedures", "approve", cheers, "--user", "wisher")
    assert refused.returncode == 2 and "only a proposed one" in refused.stderr
    assert here(used_data_dir, "procedures", "show", cheers, "--user", "bob").returncode == 2


def test_ctrl_c_ends_the_reply_and_not_the_conversation(
    open_terminal: Callable[..., Terminal], openai_server: OpenAIServer
) -> None:
    openai_server.hang()
    model = {
        "MNEMOGRAPH_MODEL": "openai:echo",
        "OPENAI_BASE_URL": openai_server.base_url,
        "OPENAI_API_KEY": API_KEY,
    }
    talk = open_terminal("chat", **model)
    talk.see("/help")
    talk.type("Hello")
    until(lambda: bool(openai_server.chats), "the model is asked")
    talk.child.send("\x03")
    talk.see("stopped")
    talk.type("/quit")
    assert talk.status() == 0


@pytest.mark.parametrize(
    ("arguments", "setting", "said"),
    [
        (["chat", "--thread", "not-a-uuid"], {}, "is not a UUID"),
        (["chat", "--user", "x" * 300], {}, "at most 200"),
        (["chat", "--user", " "], {}, "A user id is empty"),
        (["demo"], {"MNEMOGRAPH_MODEL": "gpt"}, "MNEMOGRAPH_MODEL is 'gpt'; it must be offline"),
        (["demo"], {"MNEMOGRAPH_MODEL": "openai:gpt-x"}, "OPENAI_API_KEY is not set"),
        (["demo"], {"MNEMOGRAPH_POSTGRES": "postgresql://u:hidden@127.0.0.1:9/x"}, "127.0.0.1:9"),
        (["ingest", "/nonexistent.jsonl"], {}, "cannot be read"),
        (["dev"], {"MNEMOGRAPH_POOL_SIZE": "many"}, "MNEMOGRAPH_POOL_SIZE is 'many'"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(
    data_dir: Path,
    arguments: list[str],
    setting: dict[str, str],
    said: str,
) -> None:
    status, text = finished_on_a_terminal(data_dir, *arguments, **setting)
    flat = " ".join(text.split())
    assert status == 2, flat
    assert said in flat and "Traceback" not in flat and "hidden" not in flat

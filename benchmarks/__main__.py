"""Run every benchmark and write docs/benchmarks.md, the only place where figures stand.

`python -m benchmarks [--data FOLDER] [NAME ...]`: without names all of them; recall and consolidation are measured only
on a folder of labelled conversations, given here or as BENCH_RECALL_DATA, and the savers on Redis only on two servers
(`python -m tests.services.redis python -m benchmarks redis` brings them). What is measured takes its section's place in
the page, with the day and the commit; the other sections stay as they are.
"""

import argparse
import asyncio
import os
import platform
import re
import subprocess
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from benchmarks import (
    checkpointers,
    consolidate,
    cost,
    recall,
    redis_savers,
    scale,
    search,
    state,
    turn,
    write,
)
from benchmarks.contestants import say

DOCS = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
RECALL_FOLDER: Final = "BENCH_RECALL_DATA"
PARTS: Final[dict[str, tuple[str, ModuleType]]] = {
    "search": ("A search", search),
    "write": ("A write", write),
    "scale": ("A hundred times as many users", scale),
    "recall": ("What is recalled", recall),
    "consolidate": ("What consolidation saves", consolidate),
    "state": ("A conversation compressed and sealed", state),
    "checkpointers": ("A checkpoint", checkpointers),
    "redis": ("A checkpoint in Redis", redis_savers),
    "turn": ("A turn without the model", turn),
    "cost": ("What a turn asks for", cost),
}
OF_A_FOLDER: Final[Mapping[str, Mapping[str, Any]]] = {"recall": {"leave_one_out": True}, "consolidate": {}}
SERVERS: Final = (redis_savers.WITH_MODULES, redis_savers.WITHOUT)
_TITLES: Final = [title for title, _ in PARTS.values()]
_HEADING: Final = re.compile(rf"^## (?={'|'.join(map(re.escape, _TITLES))}$)", re.MULTILINE)


async def section(name: str, folder: Path | None) -> str:
    """One benchmark's heading, what it measures, where and when, and its tables."""
    title, module = PARTS[name]
    measure: Callable[..., Coroutine[Any, Any, dict[str, Any]]] = module.measure
    result = await measure(*_on(name, folder), **OF_A_FOLDER.get(name, {}))
    about = (module.__doc__ or "").split("\n\n", 1)[1].strip()
    return f"## {title}\n\n{about}\n\n{module.render(result)}\n\n{_where()}\n"


def _on(name: str, folder: Path | None) -> list[Any]:
    """What it is measured on, where it does not bring that itself."""
    if name == "redis":
        return [os.environ[each] for each in SERVERS]
    return [folder] if name in OF_A_FOLDER else []


def _where() -> str:
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    asked = ["git", "-C", str(DOCS.parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    commit = f" at {done.stdout.strip()}" if done.returncode == 0 else ""
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}{commit} ({machine})."


def page(old: str, measured: Mapping[str, str]) -> str:
    """The page `old` with the sections that were measured, by title, in their places."""
    found = _HEADING.split(old)[1:]
    sections = {text.split("\n", 1)[0]: f"## {text.strip()}\n" for text in found} | dict(measured)
    head = (
        "# Benchmarks\n\nMeasured by `python -m benchmarks`, each part for itself. Read the ratios: machines differ,\n"
        "and the one of these figures is shared.\n"
    )
    return "\n".join([head, *(sections[title] for title in _TITLES if title in sections)])


def chosen(names: list[str], folder: Path | None) -> list[str]:
    """Those asked for, or all that can be measured."""
    left_out = {"redis"} if set(SERVERS) - os.environ.keys() else set()
    left_out |= set(OF_A_FOLDER) if folder is None else set()
    return names or [name for name in PARTS if name not in left_out]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}; all without any")
    given_folder = os.environ.get(RECALL_FOLDER)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(given_folder) if given_folder else None,
        metavar="FOLDER",
        help="turns.jsonl and questions.jsonl",
    )
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in PARTS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if given.data is None and (without := [name for name in given.names if name in OF_A_FOLDER]):
        parser.error(f"{', '.join(without)}: --data FOLDER is needed, or {RECALL_FOLDER}")
    if given.data is not None and not (given.data / "questions.jsonl").is_file():
        parser.error(f"{given.data} has no questions.jsonl")
    if "redis" in given.names and set(SERVERS) - os.environ.keys():
        parser.error(f"redis: {' and '.join(SERVERS)} are to name a server each")
    for name in chosen(given.names, given.data):
        say(f"== {name}")
        text = asyncio.run(section(name, given.data))
        # At once, so that a run that is stopped has lost nothing.
        old = DOCS.read_text(encoding="utf-8") if DOCS.is_file() else ""
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(page(old, {PARTS[name][0]: text}), encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()

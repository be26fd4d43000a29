"""Run every benchmark and write docs/benchmarks.md, the only place where figures stand.

`python -m benchmarks [--recall FOLDER] [NAME ...]`: without names all of them; recall is measured only on a folder of
labelled conversations, given here or as BENCH_RECALL_DATA.
"""

import argparse
import asyncio
import os
import platform
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from benchmarks import checkpointers, recall, scale, search, state, turn, write
from benchmarks.contestants import say

DOCS = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
RECALL_FOLDER: Final = "BENCH_RECALL_DATA"
PARTS: Final[dict[str, tuple[str, ModuleType]]] = {
    "search": ("A search", search),
    "write": ("A write", write),
    "scale": ("A hundred times as many users", scale),
    "recall": ("What is recalled", recall),
    "state": ("A conversation compressed and sealed", state),
    "checkpointers": ("A checkpoint", checkpointers),
    "turn": ("A turn without the model", turn),
}


async def section(name: str, folder: Path | None) -> str:
    """One benchmark's heading, what it measures, and its tables."""
    title, module = PARTS[name]
    measure: Callable[..., Coroutine[Any, Any, dict[str, Any]]] = module.measure
    result = await (measure(folder, leave_one_out=True) if name == "recall" else measure())
    about = (module.__doc__ or "").split("\n\n", 1)[1].strip()
    return f"## {title}\n\n{about}\n\n{module.render(result)}\n"


async def sections(names: list[str], folder: Path | None) -> list[str]:
    found = []
    for name in names:
        say(f"== {name}")
        found.append(await section(name, folder))
    return found


def page(parts: list[str]) -> str:
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = (
        f"# Benchmarks\n\nWritten by `make bench` on {datetime.now(UTC):%Y-%m-%d} ({machine}, {os.cpu_count()} cores). "
        "Read the ratios: machines differ,\nand this one is shared.\n"
    )
    return "\n".join([head, *parts])


def chosen(names: list[str], folder: Path | None) -> list[str]:
    """Those asked for, or all that can be measured."""
    return names or [name for name in PARTS if name != "recall" or folder is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}; all without any")
    given_folder = os.environ.get(RECALL_FOLDER)
    parser.add_argument(
        "--recall",
        type=Path,
        default=Path(given_folder) if given_folder else None,
        metavar="FOLDER",
        help="turns.jsonl and questions.jsonl",
    )
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in PARTS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if "recall" in given.names and given.recall is None:
        parser.error(f"recall needs --recall FOLDER, or {RECALL_FOLDER}")
    if given.recall is not None and not (given.recall / "questions.jsonl").is_file():
        parser.error(f"{given.recall} has no questions.jsonl")
    text = page(asyncio.run(sections(chosen(given.names, given.recall), given.recall)))
    # A part alone is shown; the page holds all of them from one machine and day.
    if not given.names:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

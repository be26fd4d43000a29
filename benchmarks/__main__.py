"""Run every benchmark and write docs/benchmarks.md, the only place where figures stand.

`python -m benchmarks [--recall FOLDER] [NAME ...]`: without names all of them; recall is measured only on a folder of
labelled conversations, given here or as BENCH_RECALL_DATA. What was measured is kept for the day in .cache/benchmarks,
so that `--page` writes the page after a run that was stopped, or after its parts were measured one by one.
"""

import argparse
import asyncio
import os
import platform
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from benchmarks import checkpointers, cost, recall, scale, search, state, turn, write
from benchmarks.contestants import say

KEPT = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"
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
    "cost": ("What a turn asks for", cost),
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
        _kept(name).parent.mkdir(parents=True, exist_ok=True)
        _kept(name).write_text(found[-1], encoding="utf-8")
    return found


def _kept(name: str) -> Path:
    """Where today's section is kept."""
    return KEPT / f"{datetime.now(UTC):%Y-%m-%d}-{name}.md"


def kept(names: Iterable[str]) -> list[str]:
    """Today's sections. Raises SystemExit, which names those that are missing; recall may be."""
    missing = [name for name in names if not _kept(name).is_file() and name != "recall"]
    if missing:
        raise SystemExit(f"not measured today: python -m benchmarks {' '.join(missing)}")
    return [_kept(name).read_text(encoding="utf-8") for name in names if _kept(name).is_file()]


def page(parts: list[str]) -> str:
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = (
        f"# Benchmarks\n\nMeasured by `python -m benchmarks` on {datetime.now(UTC):%Y-%m-%d} "
        f"({machine}, {os.cpu_count()} cores). "
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
    parser.add_argument("--page", action="store_true", help="write the page of what was measured today")
    given = parser.parse_args()
    if given.page:
        _write(page(kept(PARTS)))
        return
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
        _write(text)
    print(text)


def _write(text: str) -> None:
    DOCS.parent.mkdir(exist_ok=True)
    DOCS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

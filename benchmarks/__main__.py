"""Run every benchmark and write docs/benchmarks.md, the only place where figures stand."""

import asyncio
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import turn

DOCS = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    result = asyncio.run(turn.measure())
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    text = f"""# Benchmarks

Written by `make bench` on {datetime.now(UTC):%Y-%m-%d} ({machine}). Read the ratios: machines differ, and this one is
shared.

## A turn without the model

{(turn.__doc__ or "").split(chr(10) * 2, 1)[1].strip()}

{turn.render(result)}
"""
    DOCS.parent.mkdir(exist_ok=True)
    DOCS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

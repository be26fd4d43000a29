"""The offline model's summary: no summary but an extract, and it says so."""

from collections.abc import Mapping
from typing import Any

from memory.text import shorten

HEAD = "An extract by rules, in the user's own words; nothing is rephrased:"
MAX_LINE = 160
MAX_CHARS = 2_000


def extract_summary(document: Mapping[str, Any]) -> str:
    """What the user said, a line a message, the newest where it does not all fit."""
    so_far = str(document.get("so_far") or "").splitlines()
    lines = [line for line in so_far if line.startswith("- ")]
    lines += [
        f"- {shorten(row['text'], MAX_LINE)}"
        for row in document["messages"]
        if isinstance(row, Mapping) and row.get("role") == "user" and str(row.get("text") or "").strip()
    ]
    kept: list[str] = []
    for line in reversed(lines):
        if sum(map(len, kept)) + len(line) > MAX_CHARS:
            break
        kept.insert(0, line)
    return "\n".join([HEAD, *kept])

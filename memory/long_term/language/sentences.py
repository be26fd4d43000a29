"""A text in sentences, and what of it is stated rather than asked."""

import re
from typing import Final

MAX_VIEWS: Final = 8
SHORT: Final = 25
STATED: Final = 80
"""Characters outside questions from which a text counts as a whole statement."""

_END = re.compile(r"""(?<=[.!?])["\u201d')]*\s+(?=["\u201c'(]?[A-Z0-9\u00c0-\u00de])|\n+""")


def sentences(text: str) -> list[str]:
    """The sentences; a fragment of fewer than SHORT characters joins its neighbour."""
    parts: list[str] = []
    for part in filter(None, (part.strip() for part in _END.split(text))):
        if parts and (len(parts[-1]) < SHORT or len(part) < SHORT):
            parts[-1] += " " + part
        else:
            parts.append(part)
    return parts or [text]


def views(text: str, asked: str = "", most: int = MAX_VIEWS) -> list[str]:
    """What is embedded of a text: its sentences, in at most `most` runs, and the whole after what was asked."""
    parts = sentences(text)
    if len(parts) == 1 and not asked:
        return parts
    return [*_runs(parts, most), f"{asked} {text}".strip()]


def _runs(parts: list[str], most: int) -> list[str]:
    if len(parts) <= most:
        return parts
    size = sum(map(len, parts)) / most
    runs, total = [""] * most, 0
    for part in parts:
        place = min(most - 1, int(total / size))
        runs[place] = f"{runs[place]} {part}".strip()
        total += len(part)
    return [run for run in runs if run]


def last_question(text: str) -> str:
    """The last sentence that asks; "" when none does."""
    return next((part for part in reversed(sentences(text)) if part.rstrip().endswith("?")), "")


def stated(text: str) -> float:
    """How much of a statement it is, 0 to 1: a memory that only asks answers nothing."""
    length = sum(len(part) for part in sentences(text) if not part.rstrip().endswith("?"))
    return min(1.0, length / STATED)

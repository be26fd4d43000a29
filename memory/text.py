"""Text as every part can hold it: no NUL, no lone surrogate, nothing else lost."""

from datetime import datetime
from typing import Any

STAND_IN = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """Replace what Postgres and UTF-8 cannot hold by U+FFFD; a surrogate pair becomes its character."""
    if text.isascii() and "\x00" not in text:
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", STAND_IN)


def clean_tree(value: Any) -> Any:
    """`clean` every string inside a JSON-like value, keys included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean_tree(key): clean_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_tree(item) for item in value]
    return value


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where there is one, with an ellipsis."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut) + "…"


_SPEAKS = {"user": "User", "agent": "Assistant", "tool": "Tool", "document": "Document"}


def headline(at: datetime, source: str, speaker: str | None) -> str:
    """What stands before somebody's words, by which they are shown: "[2026-05-03] Ana: "."""
    return f"[{at:%Y-%m-%d}] {speaker or _SPEAKS[source]}: "


def without_headline(text: str, at: datetime, source: str, speaker: str | None) -> str | None:
    """The words alone; None where the text does not begin so."""
    before = headline(at, source, speaker) if source in _SPEAKS else "\0"
    return text.removeprefix(before) if text.startswith(before) else None

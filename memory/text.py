"""Text as every part can hold it: no NUL, no lone surrogate, nothing else lost."""

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

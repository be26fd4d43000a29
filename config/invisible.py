"""Characters that nobody sees and a model or a terminal obeys: Unicode tags, directions, zero widths."""

import re
from typing import Final

CHARACTERS: Final = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""For a class of a pattern: format characters, and variation selectors that no emoji has."""
_JOINERS: Final = "\u200c\u200d"
# Joiners are letters' and emoji's own, between two of them; nobody joins ASCII.
_NOT_JOINED = rf"\x00-\x7f{_JOINERS}{CHARACTERS}"
_INVISIBLE = re.compile(rf"[{CHARACTERS}]|(?<=[{_NOT_JOINED}])[{_JOINERS}]|[{_JOINERS}](?=[{_NOT_JOINED}])")


def without_invisible(text: str) -> str:
    """The text as it is seen."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def spelled_out(line: str) -> str:
    r"""JSON of the same value, in which each of them stands as its escape: "\u200b"."""
    return line if line.isascii() else _INVISIBLE.sub(_escape, line)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

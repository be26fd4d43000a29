"""What a conversation that goes on from another one is called: after that one, so that both can be told apart."""

import re
from typing import Final

from memory.text import shorten

MAX_CHARS: Final = 70
"""Of the other one's name; the page shows ten more."""
_FORK: Final = re.compile(r" \(fork(?: (\d{1,4}))?\)$")


def title_of_fork(named: object, first: str) -> str:
    """`named`: what a person called the other one, if they did; `first`: what was said first in it. "" for neither."""
    name = " ".join(named.split()) if isinstance(named, str) else ""
    name = name or " ".join(first.split())
    before = _FORK.search(name)
    number = int(before[1] or 1) + 1 if before else 1
    name = shorten(_FORK.sub("", name), MAX_CHARS)
    return name and f"{name} (fork{f' {number}' if number > 1 else ''})"

"""What a conversation is called: as a person named it, else by what was said first in it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from langchain_core.messages import AnyMessage, HumanMessage

from memory.text import shorten

MAX_CHARS: Final = 70
"""The page shows ten more."""
_FORK: Final = re.compile(r" \(fork(?: (\d{1,4}))?\)$")


def title_of(named: object, *first: object) -> str:
    """The first of them that is a text with words in it; "" for none."""
    texts = (shorten(each, MAX_CHARS) for each in (named, *first) if isinstance(each, str))
    return next((text for text in texts if text), "")


def first_words(messages: Iterable[AnyMessage | Mapping[str, Any]]) -> str:
    """What a person said first, of messages or their JSON; "" where nobody did."""
    for each in messages:
        if isinstance(each, Mapping):
            if each.get("type") == "human":
                return str(HumanMessage(each.get("content") or "").text)
        elif each.type == "human":
            return str(each.text)
    return ""


def title_of_fork(named: object, first: str) -> str:
    """After that of the one it goes on from, so that both can be told apart; "" where that has none."""
    name = " ".join(named.split()) if isinstance(named, str) else ""
    name = name or " ".join(first.split())
    before = _FORK.search(name)
    number = int(before[1] or 1) + 1 if before else 1
    name = shorten(_FORK.sub("", name), MAX_CHARS)
    return name and f"{name} (fork{f' {number}' if number > 1 else ''})"

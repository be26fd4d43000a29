"""A query read for what it asks: whose words, which time, in which voice. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from memory.long_term.language.lexemes import lexemes
from memory.long_term.language.times import Span, asks_when, spans_in

MAX_QUERY_CHARS: Final = 2_000
MAX_WORDS: Final = 24

_ME = re.compile(r"\b(?:I|me|myself)\b", re.IGNORECASE)
_MY = re.compile(r"\b(?:my|mine)\b", re.IGNORECASE)
_YOU = re.compile(r"\b(?:you|your|yours)\b", re.IGNORECASE)
_THEY = re.compile(r"\b(?:he|she|they)\b")
_THEIR = re.compile(r"\b(?:his|her|their)\b")


@dataclass(frozen=True)
class Question:
    """`said` is worded as somebody would have said the answer, `stated` as a fact about them would be noted."""

    text: str
    said: str
    stated: str
    words: Sequence[str]
    names: Sequence[str]
    spans: Sequence[Span]
    asks_when: bool
    of_the_agent: bool


def plain_question(query: str) -> Question:
    """A query that is taken as it is."""
    text = query[:MAX_QUERY_CHARS]
    return Question(text, text, text, (), (), (), asks_when=False, of_the_agent=False)


def read_question(
    query: str, speakers: Collection[str], now: datetime, spans: Sequence[Span] = ()
) -> Question:
    """`speakers` are the owner's, `now` is the time of asking, `spans` are times that it means and does not name."""
    text = query[:MAX_QUERY_CHARS]
    names = [name for name in sorted(speakers) if _named(name).search(text)]
    return Question(
        text=text,
        said=in_own_voice(text, names),
        stated=in_third_person(text),
        words=list(dict.fromkeys(lexemes(text)))[:MAX_WORDS],
        names=names,
        spans=[*spans_in(text, now), *spans],
        asks_when=asks_when(text),
        of_the_agent=bool(_YOU.search(text)),
    )


def in_third_person(query: str) -> str:
    """The question as facts are noted, about "the user": "where do I live" is far from "the user lives"."""
    return _ME.sub("the user", _MY.sub("the user's", query))


def in_own_voice(query: str, names: Sequence[str]) -> str:
    """As the named person would have said it: "What is Ann's job?" is near to "my job is"."""
    if not names:
        return query
    for name in names:
        query = _named(name, possessive=True).sub("my", query)
        query = _named(name).sub("I", query)
    return _THEIR.sub("my", _THEY.sub("I", query))


def _named(name: str, *, possessive: bool = False) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(name)}" + (r"['\u2019]s\b" if possessive else r"(?!\w)"))

"""Words and sentences. Everything here is linear in the length of its input."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.offline.wordlist import listed

MAX_CHARS = 20_000
"""Of a message, only so many characters are read."""

WORD = re.compile(r"[^\W_][\w'\-]*")
_TOKEN = re.compile(r"\S+")
_ABBREVIATIONS = frozenset(
    listed("mr mrs ms dr st prof sr jr vs etc e.g i.e no approx dept inc ltd co a.m p.m u.s u.k mt ft")
)
_ASKING = re.compile(
    r"(?:what(?! an?\b)|when|where|who|whom|whose|which|why|how|am i|are you|is (?:it|my|there)|do (?:i|you|we)|does"
    r"|did (?:i|you|we)|can (?:i|you|we)|could (?:i|you|we)|should (?:i|we)|would you|will you"
    r"|have (?:i|you|we)|has my|was i|were you|what's|where's|who's|when's|how's)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a message: its verbatim text and where it starts, in characters."""

    text: str
    start: int


def straighten(text: str) -> str:
    """Curly apostrophes made straight, character for character, so that positions still hold."""
    return text.replace("\u2019", "'").replace("\u2018", "'").replace("\u02bc", "'")


def squeeze(text: str) -> str:
    """Runs of white space made one space."""
    return " ".join(text.split())


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text, split at line ends and at final punctuation."""
    offset = 0
    for line in text[:MAX_CHARS].splitlines(keepends=True):
        start: int | None = None
        end = 0
        for token in _TOKEN.finditer(line):
            start = token.start() if start is None else start
            end = token.end()
            if _closes(token.group()):
                yield Sentence(line[start:end], offset + start)
                start = None
        if start is not None:
            yield Sentence(line[start:end], offset + start)
        offset += len(line)


def _closes(token: str) -> bool:
    bare = token.rstrip("\"')]}”»*_")
    if not bare or bare[-1] not in ".!?…":
        return False
    stem = bare.rstrip(".!?…").lower()
    if bare[-1] != "." or bare.endswith(".."):
        return True
    initial = len(stem) == 1 and stem.isalpha() and stem != "i"
    return not (initial or stem in _ABBREVIATIONS)


def is_question(sentence: str) -> bool:
    """Whether a sentence asks something, by its mark or by its first words."""
    bare = squeeze(straighten(sentence)).rstrip("\"')]}”»*_ ")
    return bare.endswith("?") or "?" in bare[-4:] or _ASKING.match(bare) is not None


def words(text: str) -> list[str]:
    """The lower-case words of a text, apostrophes kept."""
    return [match.group().lower() for match in WORD.finditer(straighten(text[:MAX_CHARS]))]


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters on one line, cut between words, with an ellipsis where it was cut."""
    flat = squeeze(text[: limit * 4])
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit // 2 else cut).rstrip(" ,;:-") + "…"

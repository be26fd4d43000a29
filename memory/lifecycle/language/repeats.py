"""Whether a text says again what somebody wants forgotten: word for word, or a number or a code of it. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

MIN_WORDS: Final = 3
MIN_CHARS: Final = 10
"""Of words that are looked for as they stand: "yes, please" is said everywhere."""
MIN_CODE: Final = 4
# Whether it has a digit is asked afterwards: a pattern that asks begins anew at every letter of a long word.
_CHAIN: Final = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
_DIGIT: Final = re.compile(r"\d")
_EDGE: Final = re.compile(r"(?<!\w)|(?!\w)")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_DATE: Final = re.compile(r"\d{1,4}(?:[-./]\d{1,4}){1,2}")


class Wanted:
    """What is to be found again of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        squeezed = [_squeezed(text) for text in texts]
        self._phrases = [
            (each, _edged(each))
            for each in squeezed
            if len(each) >= MIN_CHARS and len(each.split()) >= MIN_WORDS
        ]
        self._codes = {code for each in squeezed for code in _codes(each)}

    def in_any(self, texts: Sequence[str]) -> bool:
        """Whether one of these texts says some of it."""
        squeezed = [_squeezed(text) for text in texts if text]
        return any(self._says(text) or not self._codes.isdisjoint(_codes(text)) for text in squeezed)

    def _says(self, text: str) -> bool:
        """Whether one of the phrases stands there, not within longer words."""
        found = [edged for phrase, edged in self._phrases if phrase in text]
        whole = _edged(text) if found else ""
        return any(edged in whole for edged in found)


def _edged(text: str) -> str:
    """The text with a mark wherever no word goes on: whole words are found in it by a plain search."""
    return _EDGE.sub("\0", text)


def _squeezed(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?\"'")


def _codes(text: str) -> list[str]:
    """Numbers and codes that mean one thing; a year or a date is everybody's."""
    found = (code for match in _CHAIN.finditer(text) if (code := _from_a_digit(match[0])))
    return [
        each
        for each in found
        if len(each) >= MIN_CODE and not _YEAR.fullmatch(each) and not _DATE.fullmatch(each)
    ]


def _from_a_digit(chain: str) -> str:
    """What follows the first of the parts that has a digit, with it; "" for none."""
    digit = _DIGIT.search(chain)
    return chain[max(chain.rfind(mark, 0, digit.start()) for mark in "-./") + 1 :] if digit else ""

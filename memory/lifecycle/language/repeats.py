"""Whether a text says again what somebody wants forgotten: word for word, or a number or a code of it. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

MIN_WORDS: Final = 3
MIN_CHARS: Final = 10
"""Of words that are looked for as they stand: "yes, please" is said everywhere."""
MIN_CODE: Final = 4
_CODE: Final = re.compile(r"[^\W_]*\d[^\W_]*(?:[-./][^\W_]+)*")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_DATE: Final = re.compile(r"\d{1,4}(?:[-./]\d{1,4}){1,2}")


class Wanted:
    """What is to be found again of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        squeezed = [_squeezed(text) for text in texts]
        self._phrases = [
            re.compile(rf"(?<!\w){re.escape(each)}(?!\w)")
            for each in squeezed
            if len(each) >= MIN_CHARS and len(each.split()) >= MIN_WORDS
        ]
        self._codes = {code for each in squeezed for code in _codes(each)}

    def in_any(self, texts: Sequence[str]) -> bool:
        """Whether one of these texts says some of it."""
        squeezed = [_squeezed(text) for text in texts if text]
        return any(
            any(phrase.search(text) for phrase in self._phrases) or not self._codes.isdisjoint(_codes(text))
            for text in squeezed
        )


def _squeezed(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?\"'")


def _codes(text: str) -> list[str]:
    """Numbers and codes that mean one thing; a year or a date is everybody's."""
    found = (match[0] for match in _CODE.finditer(text))
    return [
        each
        for each in found
        if len(each) >= MIN_CODE and not _YEAR.fullmatch(each) and not _DATE.fullmatch(each)
    ]

"""Words as the keyword lane compares them: lexemes, each a dimension of a sparse vector."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

import snowballstemmer

from config.memos import memo

DIMS: Final = 1_000_000_000
"""As many as a sparsevec takes: two lexemes of one owner share a dimension once in a million memories."""
MAX_LEXEMES: Final = 1_000
K1: Final = 0.9
B: Final = 0.4
USUAL_LENGTH: Final = 20.0
"""Lexemes of a usual memory. A constant, so that a memory's weights do not change as others come (recall: the same)."""

_WORD = re.compile(r"[^\W_]+")
# Written without spaces: neighbouring pairs of characters stand for words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_STEMMER = snowballstemmer.stemmer("english")
# The function words of English: they are in every sentence, so they tell none from another.
_STOP = frozenset(
    [
        "a",
        "about",
        "above",
        "after",
        "again",
        "against",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "don",
        "down",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "herself",
        "him",
        "himself",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "me",
        "more",
        "most",
        "my",
        "myself",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "ours",
        "ourselves",
        "out",
        "over",
        "own",
        "s",
        "same",
        "she",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "themselves",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "yours",
        "yourself",
        "yourselves",
    ]
)


class Lexicon(Protocol):
    """How one owner's words and names are kept."""

    def dimension(self, owner: str, lexeme: str) -> int:
        """A lexeme's dimension, 0 to DIMS - 1."""

    def speaker(self, owner: str, stored: str) -> str:
        """The name of a speaker who is stored so."""


class OpenLexicon:
    """The same dimension for everybody: a plain hash."""

    def dimension(self, owner: str, lexeme: str) -> int:  # noqa: ARG002 - a keyed one needs the owner
        return _hashed(lexeme)

    def speaker(self, owner: str, stored: str) -> str:  # noqa: ARG002
        return stored


@memo(65_536)
def _hashed(lexeme: str) -> int:
    return int.from_bytes(hashlib.blake2b(lexeme.encode(), digest_size=8).digest()) % DIMS


@memo(65_536)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word)) if word.isascii() and word.isalpha() else word


def lexemes(text: str) -> list[str]:
    """The words of a text without stop words, stemmed as English, in order and at most MAX_LEXEMES."""
    return list(_lexemes(text.casefold().replace("\u2019", "'")))[:MAX_LEXEMES]


def _lexemes(text: str) -> Iterable[str]:
    for word in _WORD.findall(text):
        if _UNSPACED.search(word):
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif word not in _STOP:
            yield _stem(word)


def weights(owner: str, words: Iterable[str], lexicon: Lexicon) -> dict[int, float]:
    """A memory's sparse vector: BM25's share of each lexeme, without the rarity that the query brings."""
    counts = Counter(words)
    bound = K1 * (1 - B + B * counts.total() / USUAL_LENGTH)
    return {
        lexicon.dimension(owner, word): count * (K1 + 1) / (count + bound) for word, count in counts.items()
    }

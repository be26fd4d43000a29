"""Which words of an episode no longer hold: those that taught what was retracted or outdated since. Pure.

The words stay, as history. What never held is not shown any more, what held until some day is shown with it.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from memory.lifecycle.language.pasted import is_verbatim, parts_of
from memory.lifecycle.language.statements import names, numbers
from memory.lifecycle.learning.build import MAX_EPISODE_CHARS, kept
from memory.long_term.language.lexemes import lexemes
from memory.schema import Kind, Memory, Source, Status, Withdrawn
from memory.text import headline

ENDED: Final = (Status.RETRACTED, Status.SUPERSEDED)
HALF: Final = 0.5
_WHO: Final = frozenset(lexemes("user"))
# Where another statement begins within a sentence: "I live in Porto and I hate olives". A run of spaces is read once.
_CLAUSE = re.compile(
    r"(?:[;,]\s++|(?<!\s)\s++)(?:and|but|or|while)\s++(?=(?:i|i['’]m|my|we|our|you|your|he|she|they|the)\b)|[;,]\s++(?=(?:i|my)\b)",
    re.IGNORECASE,
)
_EDGES = re.compile(r"^(?:[\s,;:.!?–—-]|(?:and|but|or|while)\b)+|(?<![\s,;:–—-])[\s,;:–—-]+$", re.IGNORECASE)


def standing_of(memory: Memory) -> Status:
    """Its status, or that which it will have again once its turn is redone."""
    return memory.undone.status if memory.undone else memory.status


def remarked(episode: Memory, fact: Memory, told: Sequence[Memory]) -> Memory:
    """The episode with the marks that the fact's status asks for, and no others of this fact.

    `told` are the fact and what it stands for. Another turn's reply is marked where it says the fact again.
    """
    others = [mark for mark in episode.withdrawn if mark.of != fact.id]
    words = _words_of_all(episode, told) if standing_of(fact) in ENDED else []
    until = fact.validity.valid_to if standing_of(fact) is Status.SUPERSEDED else None
    made = [*others, *(Withdrawn(of=fact.id, words=each, until=until) for each in words)]
    return episode if made == episode.withdrawn else episode.model_copy(update={"withdrawn": made})


def as_it_stands(memory: Memory) -> Memory | None:
    """The memory without the words that never held; None where it has no others."""
    never = [mark.words for mark in memory.withdrawn if mark.until is None]
    if not never or not memory.detail:
        return memory
    left = without(memory.detail, never)
    if not lexemes(left):
        return None
    came = memory.provenance
    text = kept(f"{headline(came.said_at, came.source.value, came.speaker)}{left}", MAX_EPISODE_CHARS)
    return memory.model_copy(update={"text": text, "detail": left})


def outdated(memory: Memory) -> list[str]:
    """The words that held once."""
    return [mark.words for mark in memory.withdrawn if mark.until is not None]


def is_over(memory: Memory) -> bool:
    """Whether all that was said there held once."""
    words = outdated(memory)
    return bool(words) and not lexemes(without(memory.detail, words))


def without(text: str, words: Sequence[str]) -> str:
    """The text without these words, however they are spaced there."""
    for each in filter(str.strip, words):
        spaced = r"\s+".join(map(re.escape, each.split()))
        text = "\n".join(filter(None, (_tidy(part) for part in re.split(spaced, text, flags=re.IGNORECASE))))
    return text


def _tidy(part: str) -> str:
    return _EDGES.sub("", part)


def _words_of_all(episode: Memory, told: Sequence[Memory]) -> list[str]:
    return list(dict.fromkeys(words for fact in told for words in _words_of(episode, fact)))


def _words_of(episode: Memory, fact: Memory) -> list[str]:
    """The clauses in which the episode says the fact; of its own turn's message at least the quote."""
    text = episode.detail
    said = set(lexemes(fact.text)) - _WHO
    clauses = [clause for part in parts_of(text) for clause in _clauses(part)]
    full = [clause for clause in clauses if said and said <= set(lexemes(clause))]
    if episode.provenance.source is not Source.USER or not _bears_out(episode, fact):
        return full
    quote = fact.provenance.quote
    if quote and is_verbatim(quote, text) and _taught(episode, fact):
        quoted = [clause for part in parts_of(quote) for clause in _clauses(part)]
        return list(dict.fromkeys([*full, *(_nearest(quoted, said) or [quote])]))
    # In other words: where the fact has names or numbers, in those that have some of them.
    values = set(lexemes(" ".join((*names(fact.text), *numbers(fact.text)))))
    told = [clause for clause in clauses if not values or values & set(lexemes(clause))]
    return full or _nearest(told, said, HALF)


def _bears_out(episode: Memory, fact: Memory) -> bool:
    return episode.kind is Kind.EPISODIC and episode.turn in (fact.turn, *fact.also)


def _taught(episode: Memory, fact: Memory) -> bool:
    return bool(set(episode.provenance.message_ids) & set(fact.provenance.message_ids))


def _clauses(part: str) -> list[str]:
    return [tidy for clause in _CLAUSE.split(part) if (tidy := _tidy(clause).rstrip(".!"))]


def _nearest(clauses: Sequence[str], said: AbstractSet[str], least: float = 0.0) -> list[str]:
    """Those that have most of what is said, if it is enough of it."""
    shares = [len(said & set(lexemes(clause))) for clause in clauses]
    most = max(shares, default=0)
    if not most or most < least * len(said):
        return []
    return [clause for clause, share in zip(clauses, shares, strict=True) if share == most]

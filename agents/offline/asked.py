"""What a question asks for: of whom, by which words, and whether for a time, a place or a person. Pure."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from agents.offline.ranking import content, group, implied, stem, weight
from agents.offline.rules import KIN, PETS
from agents.offline.text import straighten, words
from agents.offline.wordlist import listed
from memory.long_term.language.time_words import POINT
from memory.long_term.language.times import asks_when

Sought = Literal["", "time", "place", "person"]

_NO_NAME = "I|What|Where|When|Who|Why|How|That|This|It|There|Here|Let|He|She|They|We|You"
# It begins a word, so that a long one is read once, not from each of its capitals on.
NAME = rf"(?<![\w-])(?-i:(?!(?:{_NO_NAME})\b)[A-Z\u00c0-\u00de][\w-]*+)"
BEING = rf"(?:{KIN}|{PETS})"
_BE = "is|are|am|was|were"
_AUX = rf"{_BE}|does|do|did|has|have|had|will|would|can|could|should|might"
_SUBJECT = re.compile(
    rf"\b(?:{_AUX})(?:n't)? (?P<who>{NAME})(?!\w)|(?<!\w)(?P<whose>{NAME})'s\b", re.IGNORECASE
)
_NAMES = re.compile(rf"(?<=[\w,'\"(“] ){NAME}|(?<=[\"(“]){NAME}|{NAME}(?='s)")
_ADDRESSED = re.compile(rf"^\W*(?:(?:hey|hi|hello|dear|ok|okay|so) )?(?P<who>{NAME}), (?=\w)", re.IGNORECASE)
_MINE = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our)\b", re.IGNORECASE)
_BEINGS = re.compile(
    rf"\b(?<!\band )(?:my|our|his|her|their|{NAME}'s|{BEING}'s?) (?:\w+ )?(?P<being>{BEING})\b(?!-)",
    re.IGNORECASE,
)
_FIRST = r"(?:^|[,;:.!?]\s*|\b(?:and|so|but|me|us|know|remember|recall)\s+)"
_WHERE = re.compile(rf"{_FIRST}where\b", re.IGNORECASE)
_WHO = re.compile(rf"{_FIRST}(?:(?:with|to|from|for) )?who(?:m|'s)?\b(?!')", re.IGNORECASE)
_PAST = re.compile(r"\b(?:did|was|were|has|had)\b", re.IGNORECASE)
_HOW_OLD = re.compile(r"\bhow old\b", re.IGNORECASE)
_PHRASES = re.compile(
    r"\b(?:kinds?|types?|sorts?) of\b|\bfor a living\b|\bhow (?:many|much|often|long)\b|(?<='s) family\b"
    r"|\bused to\b|\bwith (?:friends|family)\b",
    re.IGNORECASE,
)
_CLASS = re.compile(
    rf"\b(?:what|which)\s+(?P<noun>(?:(?!(?:{_AUX})\b)[\w'/-]+ ){{1,3}}?)(?P<verb>{_AUX})\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# They say when, or how sure it is, which no answer repeats.
_ADVERBS = frozenset(
    map(
        stem,
        listed(
            "ago mid early late time date day week weekend month year recently lately currently already exactly "
            "usually first last next both together once happen happened after before during while since besides until "
            "previous previously former formerly earlier originally prior past "
            "soon back best most another other off only ever yet hadn't hasn't haven't wouldn't didn't"
        ),
    )
)
# Beside another word they say no more than do: "what did I make for the party".
_LIGHT = frozenset(
    map(
        stem,
        listed(
            "make give take use keep hold put find see own receive attend visit join participate partake want need "
            "start begin try get feel handle react reaction reason"
        ),
    )
)
_SPEECH = frozenset(
    map(
        stem,
        listed(
            "suggest suggestion recommend advise advice mention tell say offer ask share announce according"
        ),
    )
)
_ANY = frozenset(map(stem, listed("activity event place person people someone somebody item stuff")))
_FAVOURITE = frozenset(map(stem, listed("favourite favorite")))


@dataclass(frozen=True)
class Asked:
    """What an answer has to bear out.

    `wanted` are stems, each with its weight; `name` is the person whom it is about, in small letters like all `names`;
    `beings` are the stems of persons and animals of somebody's that it is about ("my sister"); `mine`: it is about the
    user; `past`: about what was; `words`: about what somebody said.
    """

    wanted: dict[str, float]
    name: str
    names: frozenset[str]
    beings: frozenset[str]
    mine: bool
    seeks: Sought
    past: bool
    words: bool


def read_question(text: str, speakers: AbstractSet[str] = frozenset()) -> Asked:
    """`speakers` are those whose words are known, in small letters. Linear in the text's length."""
    plain = straighten(text)
    to = _ADDRESSED.match(plain)
    # Who is spoken to is not asked about: "Planner, where do I live?"
    plain = plain[to.end() :] if to and to["who"].casefold() not in speakers else plain
    names = [found[0].casefold() for found in _NAMES.finditer(plain)]
    name = _subject(plain) or next((each for each in names if each in speakers), "")
    beings = frozenset(stem(found["being"]) for found in _BEINGS.finditer(plain))
    rest = _PHRASES.sub(" ", POINT.sub(" ", plain))
    kept = content(rest) - beings - _ADVERBS - {stem(each) for each in (name, *(speakers & set(names)))}
    light = _LIGHT | _SPEECH
    kept = kept - light - _ANY or kept - _ANY or (frozenset() if beings else kept)
    return Asked(
        wanted=_weighed(kept or implied(plain), _classes(rest)),
        name=name,
        names=frozenset([*names, name]) - {""},
        beings=beings,
        mine=not name and bool(_MINE.search(plain)),
        seeks=_sought(plain),
        past=bool(_PAST.search(plain)),
        words=bool(_SPEECH & {stem(word) for word in words(plain)}),
    )


def _subject(plain: str) -> str:
    found = _SUBJECT.search(plain)
    return (found["who"] or found["whose"] or "").casefold() if found else ""


def _sought(plain: str) -> Sought:
    if _WHERE.search(plain):
        return "place"
    if _WHO.search(plain):
        return "person"
    return "time" if asks_when(plain) and not _HOW_OLD.search(plain) else ""


def _classes(text: str) -> frozenset[str]:
    """What kind of thing is asked for, where a verb says more: to "what instrument do I play" "the violin" answers."""
    found = _CLASS.search(text)
    if found is None:
        return frozenset()
    be = re.fullmatch(_BE, found["verb"], re.IGNORECASE)
    if be and not re.search(r"\b\w{2,}ing\b", found["rest"]):
        return frozenset()
    return frozenset(word for word in content(found["noun"]) if not group(word))


def _weighed(words: frozenset[str], classes: frozenset[str]) -> dict[str, float]:
    weights = {word: 1.0 if word in _FAVOURITE else weight(word, words) for word in words}
    if any(weights[word] == 1 for word in words - classes):
        weights = {word: value for word, value in weights.items() if word not in classes}
    return weights

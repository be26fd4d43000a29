"""Whether words that look like a time are one: "may I", "second thoughts", "the fall" and "2000 steps" are not."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from memory.long_term.language.time_words import (
    A_CLAUSE_ENDS,
    A_QUANTITY,
    LOOKS_AHEAD,
    LOOKS_BACK,
    OF_A_PERSON,
)

_WITHIN = frozenset(["in", "during", "since", "until", "till", "through", "throughout", "around"])
_BOUNDS = frozenset(
    ["before", "after", "by", "from", "between", "over", "for", "about", "of", "as of", "prior to"]
)
_NEAR = _WITHIN | _BOUNDS
_DAY_BOUNDS = frozenset(["on", "since", "until", "till", "by", "before", "after", "from", "between"])
_HABITS = frozenset(["every", "each", "most", "any", "black", "good", "ash", "fat", "cyber"])
# First names, verbs and short forms: they need a word beside them that only a time has.
_DOUBTFUL_MONTHS = frozenset(
    ["march", "april", "may", "june", "august", "jan", "mar", "apr", "jun", "aug", "dec"]
)
_NAMES = frozenset(["april", "may", "june", "august", "jan"])
_VERB_AFTER_MAY = re.compile(
    r"\s+(?:be|not|have|i|we|you|he|she|it|they|also|well|never|seem|sound|help|take)\b", re.IGNORECASE
)
_OF_A_YEAR = re.compile(r"\s+(?:of\s+)?(?:last|this|next)\s+year\b", re.IGNORECASE)
# "A letter from May" is from a person, "from May to July" is not.
_GOES_ON = re.compile(r"\s*(?:-|–|(?:to|until|till|through|on|onwards?)\b)", re.IGNORECASE)
_WEEKDAY_THE = re.compile(r"day,?\s+the\s+\Z", re.IGNORECASE)
_POINTS_ON = re.compile(r"\s+(?:of|before|after)\b", re.IGNORECASE)
_OF = re.compile(r"\s+of\b", re.IGNORECASE)
_SENTENCE_ENDS = re.compile(r"[.!?](?=\s)|\n")


@dataclass(frozen=True)
class Place:
    """Where a match of POINT stands.

    `relation` is the word before it in lower case ("in", "every"; "" for none), `article` whether an article stands
    between the two, `joined` whether it goes on from another time ("between May *and July*"), `led` whether "early",
    "the end of", "the week before" or the like stands before it.
    """

    match: re.Match[str]
    relation: str
    article: bool
    joined: bool
    led: bool

    def followed(self, pattern: re.Pattern[str]) -> bool:
        return bool(pattern.match(self.match.string, self.match.end()))

    def word_before(self) -> str:
        words = self.match.string[max(0, self.match.start() - 12) : self.match.start()].lower().split()
        return words[-1] if words else ""


def names_a_time(place: Place) -> bool:
    """Whether a match of POINT is a time where it stands."""
    if place.relation in _HABITS:
        return False
    rule = _RULES.get(place.match.lastgroup or "")
    return rule is None or rule(place)


def tense(match: re.Match[str]) -> int:
    """-1, 0 or 1: whether the match's sentence looks back, neither, or ahead; "did he say he will" looks back."""
    text, end = match.string, _SENTENCE_ENDS.search(match.string, match.end())
    begin = max(text.rfind(mark, 0, match.start()) for mark in (". ", "! ", "? ", "\n")) + 1
    sentence = text[begin : end.start() if end else len(text)]
    if LOOKS_BACK.search(sentence):
        return -1
    return 1 if LOOKS_AHEAD.search(sentence) else 0


def _month(place: Place) -> bool:
    name = place.match["month"].lower()
    if name not in _DOUBTFUL_MONTHS:
        return True
    if place.article or (name in _NAMES and place.followed(OF_A_PERSON)):
        return False
    if place.relation in {"before", "after", "by"}:
        return place.match["month"][0].isupper() and (name not in _NAMES or place.relation != "by")
    known = place.led or place.joined or place.relation in _WITHIN | {"between"}
    return known or place.followed(_OF_A_YEAR) or (place.relation == "from" and place.followed(_GOES_ON))


def _year(place: Place) -> bool:
    near = _WITHIN if place.article else (_NEAR | {"circa", "year"}) - {"for", "over"}
    known = place.relation in near
    return (known or place.joined or place.led) and not place.followed(A_QUANTITY)


def _month_day(place: Place) -> bool:
    """No dates: "you may 5 times" and "we march 3 miles"."""
    verb = place.match["mm"] in {"may", "march"} and not place.match["my"]
    return not (verb and place.followed(A_QUANTITY))


def _season(place: Place) -> bool:
    if place.match["ny"] or place.led or place.joined:
        return True
    if place.word_before() in {"a", "an"}:
        return False
    if place.match["sn"].lower() == "fall":
        return place.relation in {"in", "during", "until"}
    return place.relation in _NEAR - {"by", "about", "for"} or (place.relation == "for" and place.article)


def _holiday(place: Place) -> bool:
    return bool(place.match["hy"]) or place.led or place.joined or place.relation in _NEAR | {"at", "on"}


def _weekend(place: Place) -> bool:
    return place.word_before() == "the" and not place.followed(_POINTS_ON)


def _short_day(place: Place) -> bool:
    return place.joined or place.relation in {"on", "since", "until", "till", "by"}


def _nth(place: Place) -> bool:
    if not place.followed(A_CLAUSE_ENDS):
        return False
    before = place.match.string[max(0, place.match.start() - 12) : place.match.start()]
    return bool(_WEEKDAY_THE.search(before)) or (place.article and place.relation in _DAY_BOUNDS)


def _ahead(place: Place) -> bool:
    """Time "in two weeks" lies ahead, unless something was done in that time."""
    if place.match["ahead"].lower().endswith("time"):
        return True
    if place.followed(_OF):
        return False
    needed = 1 if place.match["fn"].lower() in {"a", "an", "one"} else 0
    return tense(place.match) >= needed


def _ago(place: Place) -> bool:
    return place.word_before() != "half"


def _which(place: Place) -> bool:
    name, way = place.match["wx"], place.match["ww"].lower()
    if name.lower() == "may" and place.followed(_VERB_AFTER_MAY):
        return False
    if name in {"may", "march"} and way == "this":
        return False
    if name.lower() == "sun" and way not in {"last", "next"}:
        return False
    return not (name in {"may", "march", "fall", "sun", "sat", "wed"} and place.word_before() == "the")


# Kinds that are not here are a time wherever they stand.
_RULES: dict[str, Callable[[Place], bool]] = {
    "month": _month,
    "year": _year,
    "monthday": _month_day,
    "season": _season,
    "holiday": _holiday,
    "weekend": _weekend,
    "shortday": _short_day,
    "nth": _nth,
    "ahead": _ahead,
    "ago": _ago,
    "which": _which,
}

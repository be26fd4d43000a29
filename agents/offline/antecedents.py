"""Whom "she" means: the one person or animal of the speaker's of whom they spoke just before. Pure.

Where there are two whom it may mean, or where anybody else is named, nobody is meant.
"""

import re
from collections.abc import Iterator

from agents.offline.rules import KIN, PETS
from agents.offline.text import is_question, sentences, squeeze, straighten
from agents.offline.wordlist import listed

MAX_CHARS = 600
_SHE = frozenset(
    listed(
        "sister mother mom mum wife girlfriend fiancee fiancée daughter aunt niece grandmother grandma granny"
        " stepdaughter stepmother mother-in-law granddaughter"
    )
)
_HE = frozenset(
    listed(
        "brother father dad husband boyfriend fiance fiancé son uncle nephew grandfather grandpa stepson stepfather"
        " father-in-law grandson"
    )
)
_BEING = re.compile(
    rf"\b(?i:my) (?:(?i:older|younger|elder|little|big|twin|best|new|old) )?(?P<kind>(?i:{KIN}|{PETS}))\b(?!-|'s? \w)"
    r"(?:,? (?:(?:is |was )?(?:called|named) )?(?P<name>[A-Z\u00c0-\u00de][\w-]*))?"
)
_OWNED = re.compile(
    rf"\bI have (?:an?|one) (?:[\w-]+ )?(?P<kind>{KIN}|{PETS})(?: called| named|,) "
    r"(?P<name>(?-i:[A-Z\u00c0-\u00de])[\w-]*)",
    re.IGNORECASE,
)
_NAME_OF = re.compile(
    rf"\b(?i:my) (?:\w+ )?(?P<kind>(?i:{KIN}|{PETS}))(?:'s name is| is called| is named) "
    r"(?P<name>[A-Z\u00c0-\u00de][\w-]*)"
)
_AND_SHE = re.compile(r",? (?:and|but) (?=(?:she|he)(?:'s)? [a-z])")
_ANOTHER = re.compile(
    r"\b(?:with|and|than|for|by|about|met|meets|loves|likes|marr\w+) (?P<name>[A-Z\u00c0-\u00de][\w-]*)"
)
_PRONOUN = re.compile(
    r"^(?:(?:and|but|so|now|also|oh|yes),? )?(?P<who>(?i:she|he))(?P<verb>'s)? (?P<rest>.+)$", re.IGNORECASE
)
_POSSESSIVE = re.compile(r"^(?:and |but )?(?P<who>her|his) name (?P<rest>(?:is|was) .+)$", re.IGNORECASE)
_BY_NAME = re.compile(
    r"^(?!(?:I|My|The|A|An|We|It|They|You|This|That)\b)"
    r"(?P<who>[A-Z\u00c0-\u00de][\w-]*)(?P<verb>'s)? (?P<rest>[a-z].*)$"
)
_PRONOUNS = frozenset({"she", "he", "her", "his"})
_HAS = re.compile(r"(?:been|got|had|gone|become|moved|started|lived|worked|just)\b")


def just_before(text: str, at: int, earlier: str = "") -> str:
    """The words before that place, which may go back into what was said `earlier`; no more of them than are read."""
    return f"{earlier[-MAX_CHARS:]}\n{text[max(0, at - MAX_CHARS) : at]}"[-MAX_CHARS:]


def with_antecedent(body: str, before: str) -> str:
    """The sentence with "my sister Ines" for "she" or "Ines"; as it stands where `before` tells of nobody meant."""
    found = _PRONOUN.match(body) or _POSSESSIVE.match(body) or _BY_NAME.match(body)
    being = _meant(found["who"], before) if found else None
    if found is None or being is None:
        return body
    kind, name = being
    if re.search(rf"\bmy {kind}\b", body, re.IGNORECASE):
        return body
    if found.re is _POSSESSIVE:
        return f"my {kind}'s name {found['rest']}"
    verb = ""
    if found["verb"]:
        verb = " has" if _HAS.match(found["rest"]) else " is"
    return f"my {kind}{f' {name}' if name else ''}{verb} {found['rest']}"


def and_she(body: str) -> list[str]:
    """A sentence that goes on with "and she works" as two, where the first part tells who she is."""
    first, *others = _AND_SHE.split(body)
    told = [with_antecedent(other, first) for other in others]
    meant = all(one != other for one, other in zip(told, others, strict=True))
    return [first, *told] if meant else [body]


def _meant(pronoun: str, before: str) -> tuple[str, str] | None:
    told = [squeeze(straighten(item.text)) for item in sentences(before) if not is_question(item.text)]
    beings: dict[str, str] = {}
    for text in told:
        for kind, name in _beings(text):
            beings[kind] = beings.get(kind) or name
    if len(beings) != 1:
        return None
    [(kind, name)] = beings.items()
    # Whom the last sentence is not about is not meant; one that begins with "she" goes on about the same.
    last = next((text for text in reversed(told) if not _PRONOUN.match(text)), "")
    if pronoun.lower() in _PRONOUNS and not any(_beings(last)):
        return None
    others = {found["name"] for text in told for found in _ANOTHER.finditer(text)} - {name}
    if pronoun.lower() not in _PRONOUNS:
        return (kind, name) if name == pronoun else None
    wrong = kind in (_HE if pronoun.lower() in ("she", "her") else _SHE) or kind.endswith("s")
    return None if others or wrong else (kind, name)


def _beings(text: str) -> Iterator[tuple[str, str]]:
    for pattern in (_NAME_OF, _BEING, _OWNED):
        for found in pattern.finditer(text):
            yield found["kind"].lower(), found["name"] or ""

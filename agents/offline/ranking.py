"""Which memories a message is about: content words in common, with simple stems and a few synonyms."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from agents.offline.prompt import Recalled
from agents.offline.rules import KIN
from agents.offline.text import words
from agents.offline.verbs import base
from agents.offline.wordlist import listed
from memory.long_term.language.lexemes import lexemes

_STOP = frozenset(
    listed(
        "a an the and or but of to in on at for with from by as is am are was were be been "
        "being do does did doing done getting having come came comes many much have has "
        "had having i i'm i've me my mine you your yours we us our it its it's this that "
        "these those there here he she they "
        "them their his her him so if then than too very can could would should will shall "
        "may might must not no yes just "
        "about any some what what's when where where's who who's whom whose which why how "
        "how's tell know knows remember "
        "remembers recall memory memories please user user's something anything everything "
        "thing things said say ever again "
        "now still let us also don't doesn't didn't i'd i'll can't isn't into out up down "
        "over get got going go went actually "
        "longer really think forget wrong correct correction called's ok okay hey hi hello thanks thank well "
        "remind"
    )
)
_GROUPS = (
    "home live lives living lived city town address residence reside resides based moved move stay staying",
    "job work works working worked profession occupation employer career employed company",
    "name called named names call nickname",
    "like love enjoy likes loves enjoys favourite favorite adore prefer fond preference preferences",
    "hate dislike hates dislikes detest stand",
    "food eat eats meal diet dish cuisine dinner lunch breakfast restaurant cook vegan vegetarian meat",
    "allergy allergic allergies intolerant intolerance allergen",
    "old age years birthday born birth birthdate turned turning",
    "pet pets dog dogs cat cats puppy kitten parrot hamster rabbit",
    "child children kid kids son sons daughter daughters",
    "sibling siblings brother brothers sister sisters",
    "parent parents mother father mom mum dad",
    "spouse wife husband partner married marry divorced fiance fiancé girlfriend boyfriend",
    "study studies studying studied student university college degree school major",
    "car drive drives vehicle driving",
    "hobby hobbies interest interests",
    "holiday vacation trip travel travelling traveling flying flight",
    "colour color",
    "boss manager",
    "quit stop",
    "injury injuries injured injure hurt sprained",
    "ill sick illness health diagnosed condition disease diabetic diabetes asthma",
    "alive die died dead deceased death",
    "symbol symbolize symbolise represent mean meaning",
    "sport sports running swimming football tennis basketball run ran marathon",
)
_SPECIFIC = frozenset(
    listed("dog cat parrot hamster rabbit son daughter brother sister mother father mom mum dad wife husband")
)
_TAGS = (
    (
        re.compile(
            rf"^The user(?:'s (?:\w+ )?(?:{KIN})(?: \w+)?)? (?:is|was) (?:currently |now |not |no longer )?an? ",
            re.IGNORECASE,
        ),
        "job",
    ),
    (
        re.compile(
            r"\b(?:(?:am|is|are|'m|'re) (?:\w+ )?(?:going|hoping|thinking (?:about|of))|(?:hopes?|wants?) to|will)\b",
            re.IGNORECASE,
        ),
        "plan",
    ),
    (re.compile(r"\bst(?:ands?|ood) for\b", re.IGNORECASE), "symbol"),
    (re.compile(r"\bblood (?:type|group)\b", re.IGNORECASE), "type group"),
    (
        re.compile(
            r"\b(?:red|blue|green|yellow|orange|purple|pink|brown|black|white|gr[ae]y)\b", re.IGNORECASE
        ),
        "colour",
    ),
    (
        re.compile(r"\b(?:visit(?:s|ed|ing)?|fl(?:y|ies|ew|ying)|going to (?-i:[A-Z]))", re.IGNORECASE),
        "travel",
    ),
    (
        re.compile(r"^The user (?:comes|is|was born|grew up)(?: originally)? (?:from|in) ", re.IGNORECASE),
        "home from",
    ),
    (
        re.compile(
            r"^The user (?:has )?(?:started|began) (?:work(?:ing)? )?(?:at|for) (?-i:[A-Z])", re.IGNORECASE
        ),
        "work",
    ),
    (re.compile(r"^The user (?:has )?(?:quit|resigned from) (?:the )?(?-i:[A-Z])", re.IGNORECASE), "work"),
    (re.compile(r"^The user(?:'s [\w-]+(?: [\w-]+)?)? (?:is|turned) \d{1,3}\b", re.IGNORECASE), "age"),
    (
        re.compile(r"^The user (?:plays|runs|swims|paints|collects|knits|sings|hikes)\b", re.IGNORECASE),
        "hobby sport",
    ),
    (
        re.compile(
            r"\b(?:peanuts?|nuts|meat|vegan|vegetarian|pizza|sushi|coffee|tea|fish|cheese)\b", re.IGNORECASE
        ),
        "food",
    ),
)
_NAMED = re.compile(r"(?:'s|\b[Mm]y|\btheir) [\w-]+ [A-Z]\w")
_OWNED = re.compile(r"^(?:the user|[\w'-]{2,30})'s (?P<what>[\w-]+)(?: (?P<more>[\w-]+))?", re.IGNORECASE)
_FOR_A_LIVING = re.compile(r"\bfor a living\b", re.IGNORECASE)
_HINTS = (
    (re.compile(r"\bwho am i\b|\bmy name\b|\bi called\b", re.IGNORECASE), "name"),
    (
        re.compile(r"\bwhat do(?:es)? [\w' -]{1,40}? do(?=\s*[?.!]|\s*$)|\bfor a living\b", re.IGNORECASE),
        "job",
    ),
    (
        re.compile(
            r"\bwhere (?:do|did|am|was) i\b.{0,20}\b(?:from|live|living|now)\b|\bmy place\b", re.IGNORECASE
        ),
        "home",
    ),
    (re.compile(r"\bhow old\b", re.IGNORECASE), "age"),
)


def stem(word: str) -> str:
    """A rough stem: lives, living and lived share one, and so do buy and bought."""
    low = base(word.lower().removesuffix("'s").strip("'-"))
    return "".join(lexemes(low)) or low


_CANON = {stem(word): f"~{group.split()[0]}" for group in _GROUPS for word in group.split()}


@dataclass(frozen=True)
class Ranked:
    """A memory and how well it fits, 0 to about 1.2."""

    memory: Recalled
    score: float


def content(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(
        found
        for word in words(text)
        if word not in _STOP and len(found := stem(word)) > 1 and found not in _STOP
    )


def implied(question: str) -> frozenset[str]:
    """The stems that a question's phrasing implies: "how old" asks for an age."""
    return frozenset(stem(word) for pattern, word in _HINTS if pattern.search(question))


def described(text: str) -> frozenset[str]:
    """The stems of a text's content words, and of what its form says that it speaks of."""
    tags = " ".join(tag for pattern, tag in _TAGS if pattern.search(text))
    tags += " name" if _NAMED.search(text) else ""
    return content(f"{text[:4000]} {tags}")


def group(word: str) -> str:
    """The name of the synonyms of a stem, or nothing."""
    return _CANON.get(word, "")


def fits(word: str, own: AbstractSet[str]) -> bool:
    """Whether a stem, or a word of one meaning with it, is among these."""
    alike = group(word)
    return word in own or bool(
        alike and any(group(other) == alike for other in own) and not _clash(word, own)
    )


def weight(word: str, asked: AbstractSet[str]) -> float:
    """How much it counts that a word is there: "like" and "called" say little beside others."""
    return 0.5 if group(word) in {"~name", "~like"} and len(asked) > 1 else 1.0


def rank(question: str, memories: Iterable[Recalled], *, floor: float = 0.45) -> list[Ranked]:
    """The memories that a message is about, best first; ties keep their order, which is the recall's own."""
    asked = content(_FOR_A_LIVING.sub(" ", question)) | implied(question)
    scored = [Ranked(item, _score(asked, item)) for item in memories] if asked else []
    return sorted((item for item in scored if item.score >= floor), key=lambda item: -item.score)


def _score(asked: frozenset[str], memory: Recalled) -> float:
    own = described(memory.text)
    total = hits = 0.0
    for word in asked:
        worth = weight(word, asked)
        total += worth
        if fits(word, own):
            hits += worth * (1.0 if word in own else 0.8)
    if not hits:
        return 0.0
    score = hits / total
    if score < 0.42:
        return 0.0
    if "~name" in map(group, asked) and "~name" not in map(group, own):
        score *= 0.4
    if memory.kind == "semantic":
        score += 0.15 + 0.02 * hits / (1 + len(own))
    return score * (0.4 if _of_another(memory.text, asked) else 1.0)


def _clash(word: str, own: AbstractSet[str]) -> bool:
    """A dog is no cat, though both are pets: two specific words of one group do not stand for each other."""
    return word in _STEMMED and any(other in _STEMMED and _CANON[other] == _CANON[word] for other in own)


_STEMMED = frozenset(stem(word) for word in _SPECIFIC)


def _of_another(text: str, asked: frozenset[str]) -> bool:
    """Whether a memory is about something of the user's that was not asked for ("The user's sister …")."""
    found = _OWNED.match(text)
    if found is None:
        return False
    owned = {stem(word) for word in (found["what"], found["more"] or "") if word}
    general = {_CANON[word] for word in owned if word in _CANON}
    return not (owned & asked or any(_CANON.get(word) in general for word in asked if word in _CANON))

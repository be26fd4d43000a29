"""What of a memory answers a question: of its sentences those that bear the question out. Pure.

A memory that shares a word or a person with the question is not yet an answer: "What is Ann allergic to?" is answered
by a memory of Ann that speaks of an allergy, and by no other one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from agents.offline.asked import BEING, NAME, Asked
from agents.offline.prompt import Recalled
from agents.offline.ranking import described, fits, group, stem
from agents.offline.text import is_question, sentences, straighten, words
from memory.lifecycle.learning.withdrawn import without
from memory.long_term.language.time_words import POINT

ENOUGH = 0.6
"""The part of the wanted words that an answer bears out: both of two, two of three; of more than three, half."""
MANY = 3
NICK = 3
"""So many letters a short form of a name has and leaves out, at least."""
EPISODE = re.compile(
    r"\[(?P<date>\d{4}-\d{2}-\d{2})[^\]\n]{0,20}\]\s*(?P<who>[^:\n]{1,60}):\s*(?P<said>.+)", re.DOTALL
)
_CONVERSE = {
    stem(one): stem(other) for one, other in [("sell", "buy"), ("teach", "learn"), ("lend", "borrow")]
}
USERS = frozenset({"", "user", "the user", "you", "human"})
# Who bears a name of their own: "with my cat Zorba" is none of the user's.
_OWN_NAME = re.compile(
    r"\b(?:my|the user's|your) (?:[\w-]+ ){0,2}?(?:nick|sur)?name(?:'s| is)\b"
    r"|\b(?:the user|i|i'm|i am|user) (?:is |am )?"
    r"(?:called|named|known as|go(?:es)? by)\b|\b(?:call me|i'm|i am|this is|the user is) (?-i:[A-Z])",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"^(?P<who>[\w .'-]{1,40}): (?P<said>.+)$")
_SUPPOSES = re.compile(r"\b(?:if|unless|suppose|imagine|wish)\b", re.IGNORECASE)
_UNREAL = re.compile(r"\b(?:would|could|might|wish)\b|\b(?:I|we)'d\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our|ours)\b", re.IGNORECASE)
_SECOND = re.compile(
    r"\b(?:you|your|yours|yourself|congrat(?:s|ulations)|well done|(?:great|good|nice) (?:job|work|luck))\b",
    re.IGNORECASE,
)
_BIDS = re.compile(
    r"^\W*(?:(?:and|so|please|ok|okay)\b,? )?(?:tell me|let me know|remind me)\b", re.IGNORECASE
)
_THIRD = re.compile(r"\b(?:he|she|they|him|them|his|her|their)\b", re.IGNORECASE)
_OF_A_BEING = re.compile(
    rf"^(?:(?:and|but|so|well|oh|yes|yeah|also)\b,? )?(?:the user's|[\w-]+'s|my|our) (?:\w+ )?(?P<being>{BEING})\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|from|near|on|by|outside|inside|into|through|across|around|under|behind|beside)"
    r" (?!all\b|least\b|love\b)\w"
    r"|\b(?:to|towards|for) (?:the|an?|my|their|our|his|her|this|that|work|school|church|bed|town|(?-i:[A-Z]))\b"
    r"|\ba (?:\w+ )?(?:city|town|village|country|island|beach|park)\b"
    r"|\bto (?-i:[A-Z])\w|\b(?:at )?(?:home|abroad|downtown|upstairs|overseas|nearby|everywhere)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:every|each|daily|weekly|monthly|yearly|mornings?|evenings?|noon|midnight|since|ago|\w{3,}days"
    r"|\d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)|at \d{1,2}|\w+ (?:years?|months?|weeks?|days?|hours?|minutes?))\b",
    re.IGNORECASE,
)
_NAMED = rf"(?<=[\w,] ){NAME}|^{NAME}(?= (?-i:[A-Z]))|{NAME}(?='s)"
_PERSON = re.compile(rf"(?<!\bin )(?<!\bnear )(?:{_NAMED})")
_SITE = re.compile(rf"(?<!\bwith )(?<!\band )(?:{_NAMED})")
_BEING = re.compile(rf"\b{BEING}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One sentence of a memory, and who says it; the speaker of a statement is nobody."""

    who: str
    text: str


def lines_of(memory: Recalled) -> list[Line]:
    """A statement is one line; of an episode each sentence is one."""
    if memory.kind not in {"episodic", "thread"}:
        return [Line("", memory.text)]
    found = EPISODE.match(memory.text.strip())
    who, said = (found["who"], found["said"]) if found else ("", memory.text)
    lines: list[Line] = []
    for part in said[:4000].splitlines():
        turn = _SPEAKER.match(part.strip()) if found else None
        who, text = (turn["who"], turn["said"]) if turn else (who, part.strip())
        lines += [Line(who, item.text) for item in sentences(text)]
    return lines


def less(memory: Recalled, words: Sequence[str]) -> Recalled:
    """The memory without these words; an episode keeps its day and its speaker."""
    found = EPISODE.match(memory.text.strip())
    said = found["said"] if found else memory.text
    head = memory.text.strip()[: found.start("said")] if found else ""
    left = without(said, words)
    return replace(memory, text=head + left if left else "") if words else memory


def answering(asked: Asked, memory: Recalled) -> list[Line]:
    """The lines that answer together, best first; none where the memory does not bear the question out."""
    lines = [line for line in _concerning(lines_of(memory), asked) if _states(line.text)]
    if asked.mine and not asked.beings and asked.wanted and {*map(group, asked.wanted)} == {"~name"}:
        lines = [line for line in lines if _OWN_NAME.search(straighten(line.text))]
    text = " ".join(line.text for line in lines)
    own = described(f"{text} {' '.join({line.who for line in lines})}")
    whole = sum(asked.wanted.values())
    borne = sum(value for word, value in asked.wanted.items() if _bears(word, own, asked))
    needed = whole / 2 if whole > MANY else ENOUGH * whole
    if not lines or borne < needed or not all(fits(word, own) for word in asked.beings):
        return []
    if not _holds_what_is_sought(asked, lines, dated=memory.kind == "episodic"):
        return []
    return nearest(asked, lines)


def _bears(word: str, own: AbstractSet[str], asked: Asked) -> bool:
    """To "who sold me the boat" answers from whom it was bought."""
    return fits(word, own) or (asked.seeks == "person" and _CONVERSE.get(word) in own)


def nearest(asked: Asked, lines: Sequence[Line]) -> list[Line]:
    """The lines by how many of the wanted words they have, most first."""
    wanted = {*asked.wanted, *asked.beings}

    def borne(line: Line) -> int:
        own = described(line.text)
        return sum(fits(word, own) for word in wanted)

    return sorted(lines, key=borne, reverse=True)


def is_users(memory: Recalled) -> bool:
    """Whether it is the user's own: what they said, or a statement of them."""
    if memory.kind == "thread":
        return True
    if memory.kind != "episodic":
        return memory.text.casefold().startswith("the user")
    return any(line.who.casefold() in USERS for line in lines_of(memory))


def speakers(memories: Iterable[Recalled]) -> frozenset[str]:
    """Who speaks in these, in small letters, but for the user who is told of them."""
    said = {
        line.who.casefold() for memory in memories if memory.kind == "episodic" for line in lines_of(memory)
    }
    return frozenset(said) - USERS


def _concerning(lines: Sequence[Line], asked: Asked) -> Iterator[Line]:
    """The lines about whom the question is about; "he" in a line goes on about whom the last one named."""
    goes_on = False
    for line in lines:
        goes_on = _concerns(line, asked) or (goes_on and _THIRD.search(line.text) is not None)
        if goes_on:
            yield line


def _states(text: str) -> bool:
    plain = straighten(text)
    asks = is_question(plain) or _BIDS.match(plain) is not None
    return not asks and not (_SUPPOSES.search(plain) and _UNREAL.search(plain))


def _concerns(line: Line, asked: Asked) -> bool:
    """Whether a line may be about whom the question is about."""
    plain = straighten(line.text)
    of = _OF_A_BEING.match(plain)
    if of and asked.seeks != "person" and not asked.beings and not _is_asked(of["being"], plain, asked):
        return False
    theirs = _SECOND.search(plain) and not _FIRST.search(plain) and not asked.words
    if not asked.name:
        return not (asked.mine and theirs and line.who.casefold() in USERS)
    if alike(line.who.casefold(), asked.name):
        return not theirs
    if not any(alike(word, asked.name) for word in words(plain)):
        return False
    return not _calls(plain.casefold(), asked.name) or _SECOND.search(plain) is not None


def _calls(plain: str, name: str) -> bool:
    """Whether a sentence speaks to the person of this name, rather than of them."""
    before = r"(?:^|[,.!]\s*|\b(?:hey|hi|thanks|wow|yeah) )"
    return re.search(rf"{before}{re.escape(name)}\b(?=[,.!]|$)", plain) is not None


def _is_asked(being: str, plain: str, asked: Asked) -> bool:
    own = described(being)
    return any(fits(word, own) for word in asked.wanted) or any(
        alike(word, name) for word in words(plain) for name in asked.names
    )


def alike(one: str, other: str) -> bool:
    """Whether two names in small letters may be one person's: Mel and Melanie, but not Ann and Anna."""
    short, long = sorted((one.removesuffix("'s"), other.removesuffix("'s")), key=len)
    return short == long or (len(short) >= NICK <= len(long) - len(short) and long.startswith(short))


def _holds_what_is_sought(asked: Asked, lines: Sequence[Line], *, dated: bool) -> bool:
    text = " ".join(line.text for line in lines)
    if asked.seeks == "time":
        return (dated and asked.past) or bool(POINT.search(text) or _TIME.search(text))
    if asked.seeks == "place":
        return bool(_PLACE.search(POINT.sub(" ", text))) or any(_others(text, asked))
    if asked.seeks == "person":
        return any(_others(text, asked)) or any(_speaks(line, asked) for line in lines)
    return True


def _others(text: str, asked: Asked) -> Iterator[str]:
    """Names and beings that the question does not name."""
    plain = straighten(POINT.sub(" ", text))
    pattern = _PERSON if asked.seeks == "person" else _SITE
    named = (found[0].casefold() for found in pattern.finditer(plain))
    yield from (name for name in named if not any(alike(name, other) for other in asked.names))
    if asked.seeks == "person":
        known = {*asked.beings, *asked.wanted}
        yield from (found[0] for found in _BEING.finditer(plain) if stem(found[0]) not in known)


def _speaks(line: Line, asked: Asked) -> bool:
    """Whether the speaker, or the user, is the person asked for."""
    if asked.mine or any(alike(line.who.casefold(), name) for name in asked.names):
        return False
    return line.text.lower().startswith("the user ") or _FIRST.search(line.text) is not None

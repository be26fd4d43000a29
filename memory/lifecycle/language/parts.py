"""A noted statement in the parts of which one may end while the others hold. Pure.

"The user lives in Porto with the cat Zorba" is a home, and with whom. What cannot be told apart surely stays together.
"""

import re
from collections.abc import Iterator
from typing import Final

from memory.lifecycle.language.relations import Relation, relation
from memory.lifecycle.language.statements import Statement, leaves, numbers, read, slot_of
from memory.schema import Kind, Memory, fingerprint, memory_id

ENDING: Final = ("outdates", "corrects")
_VERBS: Final = (
    "is|was|has|had|lives|lived|works|worked|likes|loves|hates|dislikes|enjoys|prefers|plays|speaks|owns|drives|rides"
    "|studies|teaches|wants|plans|needs|uses|eats|drinks|cooks|bakes|runs|swims|paints|collects|reads|writes|goes|does"
    "|did|went|moved|grew|married|keeps|takes|wears|sings|knits|volunteers|cannot|will|no longer|never|also"
)
_BASES: Final = (
    "live work like love hate dislike enjoy prefer play speak own drive want need use eat drink keep"
)
_OTHERS: Final = {
    "have": "has",
    "are": "is",
    "were": "was",
    "do": "does",
    "study": "studies",
    "teach": "teaches",
}
_CONJUGATED: Final = {base: f"{base}s" for base in _BASES.split()} | _OTHERS
_AND: Final = r"(?:,\s+(?:(?:and|but)\s+)?|\s+(?:and|but)\s+)"
_PREDICATE = re.compile(
    rf"{_AND}(?:(?P<who>they|he|she)\s+)?(?=(?P<verb>{_VERBS}|{'|'.join(_CONJUGATED)})\s)", re.IGNORECASE
)
_SUBJECT = re.compile(rf"^(.+?) (?=(?:{_VERBS})\s)")
_OBJECT = re.compile(rf"{_AND}(?=(?:an?|the|their|his|her|one|two|three|four|five|\d+)\s)")
_FRAME = re.compile(
    r"^(?P<who>.+?) (?P<verb>has|owns|keeps|drives|plays|is|was|had|likes|loves|hates|enjoys) (?=\w)"
)
_EACH_NAMED = re.compile(
    r"^(?P<head>.+? has) (?P<count>\w+) (?P<what>(?:[a-z-]+ )?)(?P<kind>[a-z-]+)(?:,| called| named) "
    r"(?P<names>[A-Z\u00c0-\u00de][\w-]*(?:, [A-Z\u00c0-\u00de][\w-]*)*,? and [A-Z\u00c0-\u00de][\w-]*)$"
)
_ONE_OF_MANY: Final = {"children": "child", "fish": "fish", "goldfish": "goldfish"}
# It stands for what another part says.
_DANGLING = re.compile(r"\b(?:it|its|there|this|that|these|those|them|him|one)\b", re.IGNORECASE)
_JOB: Final = frozenset({"employer", "title"})
_BESIDE: Final = (
    # A home, and with whom.
    re.compile(r"^(?P<head>.+? (?:lives|is living|resides|has lived)) (?P<one>in .+?) (?P<other>with .+)$"),
    # An employer, and as what; either way round.
    re.compile(
        r"^(?P<head>.+? (?:works|is working)) (?P<one>(?:at|for) .+?) (?P<other>as (?:an? |the )?.+)$"
    ),
    re.compile(
        r"^(?P<head>.+? (?:works|is working)) (?P<one>as .+?) (?P<other>(?:at|for) (?:the )?[A-Z].+)$"
    ),
)


def parts(text: str) -> list[str]:
    """The statements that it makes, each complete; itself, where it makes one."""
    plain = " ".join(text.split()).rstrip(" .!")
    found = [each for clause in _clauses(plain) for each in _beside(clause) or _named(clause)]
    if len(found) < 2 or any(_DANGLING.search(each) for each in found[1:]):
        return [text]
    return [f"{each}." for each in found]


def how_of_parts(new: Statement, old: str) -> Relation:
    """What a statement does to one that says several things, of which it may end one."""
    found = parts(old)
    hows = [relation(new, read(part)) for part in found] if len(found) > 1 else []
    return next((how for how in hows if how in ENDING), "new")


def rest_of(new: Statement, old: str, words: str) -> list[str]:
    """The parts of an ended statement that its end leaves as they are: `words` are those of who ended it."""
    found = parts(old)
    hows = {part: relation(new, read(part)) for part in found}
    ended = [part for part, how in hows.items() if how in ENDING]
    if not ended:
        about = new.core | read(words).core
        shares = {part: len(read(part).core & about) for part in found}
        ended = [part for part, share in shares.items() if share == max(shares.values())]
    rest = [part for part, how in hows.items() if part not in ended and how == "new"]
    return [part for part in rest if not read(part).core <= new.core and not _goes_with(read(part), new)]


def _goes_with(part: Statement, ended: Statement) -> bool:
    """A job that is over is over as what it was, too."""
    return not ended.holds and _is_of_a_job(part) and _is_of_a_job(ended)


def _is_of_a_job(statement: Statement) -> bool:
    return (statement.slot is not None and statement.slot.name in _JOB) or leaves(statement.text) is not None


def kept_part(old: Memory, text: str) -> Memory:
    """A part as a memory of its own, on the evidence of the whole: undone and forgotten with it."""
    came = old.provenance
    return old.model_copy(
        update={
            "id": memory_id(Kind.SEMANTIC, came.thread_id, came.message_ids, text),
            "text": text,
            "fingerprint": fingerprint(text),
            "subject": read(text).subject or old.subject,
            "supersedes": old.id,
            "stands_for": [],
        }
    )


def is_part(memory: Memory, of: Memory) -> bool:
    """Whether it was kept of this one when another took its place."""
    by = of.validity.superseded_by
    return memory.supersedes == of.id and by != memory.id and memory.turn == of.turn


def _clauses(plain: str) -> Iterator[str]:
    """At each verb that has the statement's own subject."""
    subject = _SUBJECT.match(plain)
    cuts = [found for found in _PREDICATE.finditer(plain) if subject and _is_predicate(found, subject[1])]
    ends = [*(found.start() for found in cuts), len(plain)]
    yield from _objects(plain[: ends[0]])
    for found, end in zip(cuts, ends[1:], strict=True):
        verb, _, rest = plain[found.end() : end].partition(" ")
        yield from _objects(f"{subject[1] if subject else ''} {_CONJUGATED.get(verb, verb)} {rest}")


def _is_predicate(found: re.Match[str], subject: str) -> bool:
    """Whether it says of the subject: "they" of a person alone, and then with a verb that is not conjugated."""
    who = (found["who"] or "").casefold()
    return (found["verb"].casefold() in _CONJUGATED) is (who == "they") and not (who and "'s " in subject)


def _objects(clause: str) -> Iterator[str]:
    """Of a clause without an attribute, one for each thing; of one that has an attribute, itself."""
    frame = _FRAME.match(clause)
    slot = slot_of(clause)
    if frame is None or (slot is not None and slot.single):
        yield clause
        return
    first, *others = _OBJECT.split(clause)
    yield from [first, *(f"{frame['who']} {frame['verb']} {other}" for other in others)]


def _beside(clause: str) -> list[str]:
    found = next((match for pattern in _BESIDE if (match := pattern.match(clause))), None)
    return [f"{found['head']} {found['one']}", f"{found['head']} {found['other']}"] if found else []


def _named(clause: str) -> list[str]:
    """Of "two cats, Zorba and Miso" each cat with its name, where there are as many names."""
    found = _EACH_NAMED.match(clause)
    called = re.split(r",? and |, ", found["names"]) if found else []
    if found is None or numbers(found["count"]) != {str(len(called))}:
        return [clause]
    one = f"{found['what']}{singular(found['kind'])}"
    article = "an" if one[0] in "aeiou" else "a"
    return [f"{found['head']} {article} {one} called {name}" for name in called]


def singular(kind: str) -> str:
    """One of several persons or animals: cats → cat, puppies → puppy."""
    if kind in _ONE_OF_MANY:
        return _ONE_OF_MANY[kind]
    return f"{kind[:-3]}y" if kind.endswith("ies") else kind.removesuffix("s")

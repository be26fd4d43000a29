"""What is known of an attribute answers who asks for one value of it: "Do I still live in Lyon?". Pure."""

import re
from collections.abc import Sequence

from agents.offline.person import to_third
from agents.offline.prompt import Recalled
from agents.offline.rules import match
from agents.offline.text import squeeze, straighten
from agents.offline.verbs import third
from memory.lifecycle.language.statements import slot_of

_DO = re.compile(r"^(?:(?:and|so|but) )?do (?P<who>i|we) (?:still )?(?P<rest>[^?]+)\?*$", re.IGNORECASE)
_DOES = re.compile(
    r"^(?:(?:and|so|but) )?does (?P<who>(?:my|our) [\w'-]+(?: (?-i:[A-Z])[\w-]*)?) (?:still )?(?P<verb>\w+) "
    r"(?P<rest>[^?]+)\?*$",
    re.IGNORECASE,
)
_BE = re.compile(
    r"^(?:(?:and|so|but) )?(?:am|is) (?P<who>i|(?:my|our) [\w'-]+(?: (?-i:[A-Z])[\w-]*)?) (?:still )?"
    r"(?P<rest>[^?]+)\?*$",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"(?: (?:still|now|any ?more|any longer|these days|right now|at the moment))+$", re.IGNORECASE
)
_AS_WHAT = re.compile(r" (?:is|works as) (?P<what>an? .+)$")


def supposed(question: str) -> str:
    """What a yes-or-no question supposes, as a statement: "The user lives in Lyon."; "" for any other question."""
    plain = squeeze(straighten(question)).strip()
    do, does, be = (pattern.match(plain) for pattern in (_DO, _DOES, _BE))
    if do:
        said = f"I {do['rest']}"
    elif does:
        said = f"{does['who']} {third(does['verb'])} {does['rest']}"
    elif be:
        said = f"{be['who']} {'am' if be['who'].casefold() == 'i' else 'is'} {be['rest']}"
    else:
        return ""
    return to_third(_ENDS.sub("", said.rstrip(" ?.!")))


def of_the_attribute(question: str, memories: Sequence[Recalled]) -> list[Recalled]:
    """The fact that gives the attribute, of which the question names a value, its own value."""
    asked = supposed(question)
    facts = (item for item in memories if item.kind == "semantic")
    return [item for item in facts if _is_of_one(asked, item.text)][:1]


def _is_of_one(asked: str, known: str) -> bool:
    one, other = slot_of(asked), slot_of(known)
    if one is None or other is None or one.who != other.who:
        return False
    return (one.name == other.name and one.single and other.single) or (_is_job(asked) and _is_job(known))


def _is_job(statement: str) -> bool:
    found = _AS_WHAT.search(statement.rstrip(" ."))
    rule = match(f"I am {found['what']}", dated=False) if found else None
    return rule is not None and rule.category == "work"

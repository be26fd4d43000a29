"""A correction of one word: "No, Lisbon" after "I live in Porto". Pure."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from agents.offline.places import is_place
from agents.offline.prompt import Recalled
from memory.lifecycle.language.statements import Slot, slot_of

_VALUE = re.compile(
    r"^(?P<head>.+? (?:lives in|works at|works for|works as|is from|is called|is named"
    r"|name is|is)) (?P<value>.+?)\.?$"
)
_IT_IS = re.compile(
    r"(?:it's|it is|that's|it should be|now it's)\s(?:now |actually )?(?P<value>[^,;.]{1,80}?)(?:\s(?:now"
    r"|instead|these days|,? not .{1,80}))?$",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?P<no>(?:no|nope|sorry|actually|wait|not quite|i meant?|i mean)\b[,.!: -]*)*(?P<rest>.+?)\W*$",
    re.IGNORECASE,
)
# A name needs no "it is"; any other word may say anything: "No, thanks".
_NAME = re.compile(
    r"(?P<value>(?:the |an? )?(?-i:[A-Z\u00c0-\u00de])[\w'-]*(?: [\w'-]+){0,3}?)(?: (?:now|instead))?$"
)
_NAMED = frozenset({"home", "employer", "name", "origin"})
_NO_NAMES = re.compile(
    r"(?:I|I'm|It|That|This|We|You|He|She|They|Thanks|Thank|Yes|No|Ok|Okay|Never|Please|Stop|Not|Just|\w+day"
    r"|January|February|March|April|May|June|July|August|September|October|November|December)\b",
    re.IGNORECASE,
)

_COLOUR = re.compile(
    r"(?:(?:dark|light|bright) )?"
    r"(?:red|blue|green|yellow|orange|purple|pink|brown|black|white|gr[ae]y|violet|turquoise)$",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?:single|married|engaged|divorced|widowed)$", re.IGNORECASE)
_KINDS: Final[tuple[tuple[Callable[[str], object], Callable[[Slot], bool], str], ...]] = (
    (str.isdigit, lambda slot: slot.name == "age", "how old the user is"),
    (is_place, lambda slot: slot.name == "home", "where the user lives"),
    (_COLOUR.match, lambda slot: slot.name == "fixed" and "colo" in slot.who, "the user's favourite colour"),
    (_STATUS.match, lambda slot: slot.name == "status", "whether the user is married"),
    # Any other name may be a place's as well as a company's; of any other word nothing is known.
    (lambda value: value[:1].isupper(), lambda slot: slot.name in {"home", "employer"}, ""),
    (lambda _: True, lambda _: False, ""),
)
"""What a value looks like, which attributes take such a value, and what to search memory for where they are one."""


def fitting(value: str, facts: Iterable[Recalled]) -> list[Recalled]:
    """The facts of the user whose attribute takes a value like this: of a place their home."""
    takes = next(takes for looks, takes, _ in _KINDS if looks(value))
    slots = [(item, slot_of(item.text)) for item in facts if item.kind == "semantic"]
    return [
        item
        for item, slot in slots
        if slot and slot.single and takes(slot) and (slot.who == "the user" or slot.name == "fixed")
    ]


def sought(value: str) -> str:
    """What to search memory for, where only one attribute takes a value like this; "" where several may."""
    return next(words for looks, _, words in _KINDS if looks(value))


def value_of(words: str) -> str:
    """What "it's Lyon now" gives for it; "" for any other words."""
    found = _IT_IS.match(words)
    return found["value"].strip() if found else ""


def with_value(statement: str, value: str) -> str:
    """The statement with another value: "The user lives in Lyon."; "" where it has none that can be told apart."""
    found = _VALUE.match(statement)
    return f"{found['head']} {value}." if found and value else ""


def corrected(said: str, before: str) -> str:
    """What a message of one word makes of the statement that was said `before`; "" where it corrects nothing."""
    slot, found = slot_of(before), _NO.match(" ".join(said.split()))
    if slot is None or found is None or len(said) > 100 or said.rstrip().endswith("?"):
        return ""
    if not found["no"]:
        return ""
    value = value_of(found["rest"])
    name = _NAME.match(found["rest"]) if slot.name in _NAMED else None
    if not value and name and not _NO_NAMES.match(name["value"]):
        value = name["value"]
    return with_value(before, value)

"""How far rules can answer as a user wishes: briefly, in bullet points, by name, with a given beginning or end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.offline.text import sentences, shorten

_ANSWER = r"(?:answers?|repl(?:y|ies)|responses?|messages?|explanations?)"
_SLOTS = (
    (
        "name",
        re.compile(
            r"(?:always )?(?:call|address) the user(?: as)? (?P<value>[^\W\d_][\w' -]{0,40}?)\.?$",
            re.IGNORECASE,
        ),
    ),
    (
        "opening",
        re.compile(
            rf"(?:start|begin|open) (?:(?:every|each|all|your)(?: of your)? {_ANSWER} )?with (?P<value>.{{1,60}}?)\.?$",
            re.IGNORECASE,
        ),
    ),
    (
        "closing",
        re.compile(
            rf"(?:end|finish|close|sign)(?: off)? (?:(?:every|each|all|your)(?: of your)? {_ANSWER} )?"
            r"with (?P<value>.{1,60}?)\.?$",
            re.IGNORECASE,
        ),
    ),
    (
        "language",
        re.compile(
            r"(?i:answer|reply|respond|write|speak|talk)(?: to the user)?(?: only)? in (?P<value>[A-Z][a-z]+)\b"
        ),
    ),
    (
        "format",
        re.compile(
            r".*\b(?P<value>bullet(?: point)?s|numbered lists?|prose|paragraphs|tables?)\b", re.IGNORECASE
        ),
    ),
    (
        "length",
        re.compile(
            rf"(?!(?:do not|never) )(?=.*\b(?:{_ANSWER}|answer|reply|respond|be|keep|explain)\b).*\b(?P<value>short"
            r"|brief(?:ly)?|concise(?:ly)?|terse|one sentence|few words|long|longer|detailed|in detail|at length)\b",
            re.IGNORECASE,
        ),
    ),
    ("tone", re.compile(r".*\b(?P<value>formal|informal|casual|friendly)(?:ly)?\b", re.IGNORECASE)),
)
_BRIEF = re.compile(r"short|brief|concise|terse|one sentence|few words", re.IGNORECASE)
_NOT = re.compile(r"(?:do not|never|avoid|stop)\b", re.IGNORECASE)
_ALWAYS_SO = re.compile(
    r"(?:do not|never|avoid|stop)\b.*\b(?:emojis?|exclamation marks?|jargon)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Manner:
    """What of the wishes rules can do; `beyond` are those that they cannot."""

    short: bool = False
    bullets: bool = False
    name: str = ""
    opening: str = ""
    closing: str = ""
    beyond: tuple[str, ...] = ()


def slot_of(instruction: str) -> str:
    """What a wish is about, so that a later one of the same takes its place; empty where rules cannot tell."""
    found = _slot(instruction)
    return found[0] if found else ""


def _slot(instruction: str) -> tuple[str, str] | None:
    for name, pattern in _SLOTS:
        found = pattern.match(instruction)
        if found:
            return name, found["value"].strip(" \"'“”")
    return None


def manner_of(procedures: Sequence[str]) -> Manner:
    """From the approved procedures, of which the first of a kind wins."""
    chosen: dict[str, str] = {}
    beyond: dict[str, str] = {}
    for procedure in procedures:
        slot, value = _slot(procedure) or ("", "")
        if slot in chosen or slot in beyond or _ALWAYS_SO.match(procedure):
            continue
        if slot and not _NOT.match(procedure) and _is_within(slot, value):
            chosen[slot] = value
        else:
            beyond[slot or procedure] = procedure
    return Manner(
        short="length" in chosen,
        bullets="format" in chosen,
        name=chosen.get("name", ""),
        opening=chosen.get("opening", ""),
        closing=chosen.get("closing", ""),
        beyond=tuple(beyond.values()),
    )


def _is_within(slot: str, value: str) -> bool:
    within = {
        "length": bool(_BRIEF.match(value)),
        "format": value.lower().startswith("bullet"),
        "language": value == "English",
    }
    return within.get(slot, slot in ("name", "opening", "closing"))


def said_so(text: str, manner: Manner) -> str:
    """A reply of its own words in this manner. A list's first line stands for it where the user wants it short."""
    if manner.short:
        lines = [line for line in text.splitlines() if line.strip() and not line.rstrip().endswith(":")]
        first = next(sentences("\n".join(lines).removeprefix("- ")), None)
        text = first.text if first else text
    if manner.bullets:
        text = "\n".join(f"- {each.text.removeprefix('- ')}" for each in sentences(text) if each.text != "-")
    return text


def framed(text: str, manner: Manner) -> str:
    """A whole reply between the beginning and the end that the user wants."""
    return "\n\n".join(part for part in (manner.opening, text, manner.closing) if part)


def honest(manner: Manner) -> str:
    """What a user should know: which wishes no rule follows."""
    listed = "; ".join(f"“{shorten(each, 80)}”" for each in manner.beyond[:3])
    return f"(No rule of mine follows this wish of yours: {listed})" if listed else ""

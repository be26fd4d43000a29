"""What held once, said to the user: in the past tense, until when where that is known, and no day that nobody named."""

import re
from datetime import datetime

from agents.offline.clauses import PRESENT
from agents.offline.dates import MONTHS, day
from agents.offline.person import ADVERBS, to_second
from agents.offline.prompt import Recalled
from agents.offline.verbs import past, third
from memory.lifecycle.language.statements import is_move, slot_of

_VERBS = "|".join(("is", "are", "has", "does", *(third(verb) for verb in PRESENT)))
_OF_YOURS = re.compile(rf"^(?P<who>Your (?:[\w'-]+ ){{1,4}}?)(?P<verb>{_VERBS})\b(?P<rest>.*)$", re.DOTALL)
_YOU = re.compile(
    rf"^(?P<who>You (?:and your [\w' -]{{2,40}}? )?(?:(?:{'|'.join(ADVERBS)}) )?)(?P<verb>[\w']+)(?P<rest>.*)$",
    re.DOTALL,
)
_SECOND_VERB = re.compile(rf"\b(and|but) ({'|'.join(('are', 'have', *PRESENT))})(?= \w)")


def told_as_past(memory: Recalled) -> str:
    """One sentence: "You lived in Porto until March 2026.", or "… before." where nobody said until when."""
    said = to_second(memory.text).rstrip(" .!")
    until = when(memory.valid_to)
    if is_move(memory.text):
        there = "lived" if (slot := slot_of(memory.text)) and slot.name == "home" else "worked"
        return f"{said} and {there} there until {until}." if until else f"{said}."
    return f"{to_past(said)} {f'until {until}' if until else 'before'}."


def to_past(said: str) -> str:
    """A sentence to the user in the past tense; one whose verb is not known stays as it is."""
    you = _YOU.match(said)
    if you and you["verb"] == "no":
        return said
    if you:
        rest = _SECOND_VERB.sub(lambda found: f"{found[1]} {past(found[2])}", you["rest"])
        return f"{you['who']}{past(you['verb'])}{rest}"
    yours = _OF_YOURS.match(said)
    if yours is None:
        return said
    verb = {"is": "was", "are": "were", "has": "had", "does": "did"}.get(yours["verb"])
    verb = verb or next(past(base) for base in PRESENT if third(base) == yours["verb"])
    return f"{yours['who']}{verb}{yours['rest']}"


def when(at: str) -> str:
    """A time as exactly as it was named: a first of a month stands for the month, a first of January for the year."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return ""
    midnight = (found.hour, found.minute, found.second) == (0, 0, 0)
    if midnight and found.day > 1:
        return day(found.date())
    return str(found.year) if midnight and found.month == 1 else f"{MONTHS[found.month - 1]} {found.year}"

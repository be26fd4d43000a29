"""What is remembered as sentences to the user: their own statements to them, others' words in quotation marks."""

from collections.abc import Sequence

from agents.offline.asked import Asked
from agents.offline.dates import day, moment
from agents.offline.past import told_as_past
from agents.offline.person import to_second
from agents.offline.prompt import Recalled
from agents.offline.ranking import Ranked, described, fits
from agents.offline.telling import EPISODE, USERS, Line, answering, lines_of, nearest
from agents.offline.text import shorten, words
from agents.offline.thread import stated
from memory.long_term.language.time_words import POINT

_OF_TIMES = frozenset({"in", "on", "at", "the", "week", "month", "year", "of"})


def said_of(ranked: Sequence[Ranked], asked: Asked) -> list[str]:
    """Up to three sentences, best first; an episode only where no fact tells it."""
    if not ranked:
        return []
    best = ranked[0].score
    told = {bare(item.memory.text) for item in ranked if item.memory.kind == "semantic"}
    lines: list[str] = []
    for item in ranked:
        if item.score < best * 0.8 or (item.memory.kind == "episodic" and told and lines):
            continue
        line = _thread_line(item.memory, told) if item.memory.kind == "thread" else say(item.memory, asked)
        if line and line not in lines:
            lines.append(line)
    return lines[:3]


def _thread_line(said: Recalled, told: set[str]) -> str:
    """What was said earlier here, unless a memory tells of it already."""
    if {_timeless(item) for item in said.facts} & {_timeless(item) for item in told}:
        return ""
    if said.facts:
        return " ".join(to_second(item) for item in said.facts)
    return f"Earlier in this conversation you said: “{shorten(said.text, 200)}”"


def say(memory: Recalled, asked: Asked | None = None) -> str:
    """One memory as a sentence to the user; anything that is not their own statement is quoted."""
    if memory.source in {"tool", "document"}:
        return f"A {memory.source} said: “{shorten(memory.text, 200)}”"
    if memory.kind != "episodic":
        if not memory.text.lower().startswith(("the user ", "the user's ", "one of the user's ")):
            return f"I have this in memory: “{shorten(memory.text, 300)}”"
        text = shorten(to_second(memory.text), 300)
        text = text if text.endswith((".", "!", "?", "…")) else text + "."
        return shorten(told_as_past(memory), 300) if memory.held else text
    found = EPISODE.match(memory.text.strip())
    short = _short(memory, asked)
    if short:
        return short
    when = moment(found["date"] if found else memory.said_at)
    line = _line_of(memory, asked) if found else Line("", memory.text)
    lead = f"On {day(when)}" if when else "Once"
    speaker = "you" if line.who.lower() in USERS else line.who
    return f"{lead} {speaker} said: “{shorten(line.text, 200)}”"


def _short(memory: Recalled, asked: Asked | None) -> str:
    """What the sentence that answers states, where rules read it; to "when" the day on which it was said tells more."""
    if asked is None or asked.seeks == "time" or not EPISODE.match(memory.text.strip()):
        return ""
    line = _line_of(memory, asked)
    facts = stated(line.text, memory.said_at) if line.who.casefold() in USERS - {"", "you"} else []
    borne = [fact for fact in facts if any(fits(word, described(fact)) for word in asked.wanted)]
    return " ".join(to_second(fact) for fact in borne)


def _line_of(memory: Recalled, asked: Asked | None) -> Line:
    """The sentence of an episode that answers best, else the one that has most to do with what was asked."""
    lines = lines_of(memory) or [Line("", memory.text)]
    return (answering(asked, memory) or nearest(asked, lines) if asked else lines)[0]


def bare(text: str) -> str:
    """A statement as it is compared with others."""
    return text.casefold().rstrip(" .!")


def _timeless(text: str) -> tuple[str, ...]:
    """Its words but for when it is: a memory has the day where its speaker said "next week"."""
    return tuple(word for word in words(POINT.sub(" ", bare(text))) if word not in _OF_TIMES)

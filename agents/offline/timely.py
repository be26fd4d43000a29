"""Which of what is known may answer a question about the past: what was before, or what held at a time that it names.

What somebody has one of at a time, as a home or a job, holds now and no earlier than is known. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agents.offline.extractor import message_facts
from agents.offline.prompt import Recalled
from agents.offline.ranking import Ranked
from agents.offline.telling import EPISODE, USERS, lines_of
from agents.offline.verbs import is_past
from memory.lifecycle.language.statements import read
from memory.lifecycle.recalling.earlier import asks_before
from memory.long_term.language.times import BEGINNING, END, Span, spans_in

_BARE = re.compile(
    r"\bbefore\W*$|\bbefore (?:that|then|this|now)\b|\b(?:previous(?:ly)?|former(?:ly)?|used to|in the past|back then"
    r"|prior|originally|at first)\b|(?<=\bmy )(?:old|last)\b|(?<=\bour )(?:old|last)\b",
    re.IGNORECASE,
)
_BEFORE_IT = re.compile(r"\bbefore (?:i (?:\w+ ){1,4}?)?(?P<name>(?-i:[A-Z][\w'-]*))\W*$", re.IGNORECASE)
_PREDICATE = re.compile(
    r"^The user(?:'s [\w-]+)? (?:\w+ly |also |always |often )?(?P<verb>[\w']+)", re.IGNORECASE
)


def of_before(
    question: str, past: Sequence[Recalled], known: Sequence[Recalled]
) -> tuple[str, list[Recalled]]:
    """What is asked without its "before", and what held then: all that did, or what did before Porto."""
    named = _BEFORE_IT.search(question)
    if named is None:
        return _BARE.sub(" ", question), list(past)
    name = re.compile(rf"\b{re.escape(named['name'])}\b", re.IGNORECASE)
    at = next((n for n, item in enumerate(past) if name.search(item.text)), None)
    left = past[at + 1 :] if at is not None else past if any(name.search(each.text) for each in known) else []
    return question[: named.start()], list(left)


def may_be_before(question: str, memory: Recalled) -> bool:
    """Whether what is known now may be what was before."""
    now = [text for text in _statements(memory) if _is_of_now(text, any_kind=bool(_BARE.search(question)))]
    return not now


def now_rather(found: Sequence[Ranked]) -> list[Ranked]:
    """Without the facts that are told as over, where one tells what is so now."""
    facts = [each for each in found if each.memory.kind == "semantic"]
    now = [each for each in facts if _is_of_now(each.memory.text, any_kind=True)]
    if not now:
        return list(found)
    return [each for each in found if each in now or each not in facts]


def time_asked(question: str, today: str) -> Span | None:
    """The time that a question names, as "in 2023"; a question of what was before names none."""
    if asks_before(question):
        return None
    try:
        now = datetime.fromisoformat(today).replace(hour=12, tzinfo=UTC)
    except ValueError:
        return None
    spans = [span for span in spans_in(question, now) if span.start > BEGINNING and span.end < END]
    return spans[0] if len(spans) == 1 and spans[0].start <= now else None


def held_at(memory: Recalled, span: Span) -> bool:
    """Whether it is known to have held then; what has no value of now by a time that it names, if it names any."""
    if not any(_is_of_now(text, any_kind=False) for text in _statements(memory)):
        at = _moment(memory.said_at) if memory.kind != "episodic" else None
        named = spans_in(memory.text, at) if at else []
        return not named or any(one.start < span.end and span.start < one.end for one in named)
    begins = _moment(memory.valid_from) or _moment(memory.said_at)
    ended = _moment(memory.valid_to) or _moment(memory.ended_before) or END
    return begins is not None and begins < span.end and span.start < ended


def _statements(memory: Recalled) -> Iterator[str]:
    """What it says, in the third person."""
    if memory.kind == "thread":
        yield from memory.facts
    elif memory.kind != "episodic":
        yield memory.text
    else:
        own = EPISODE.match(memory.text.strip())
        for line in lines_of(memory):
            if own is None or line.who.casefold() in USERS:
                yield from (fact.statement for fact in message_facts({"id": "said", "text": line.text}))


def _is_of_now(statement: str, *, any_kind: bool) -> bool:
    told = read(statement)
    if told.past or not told.holds:
        return False
    if told.slot is not None and told.slot.single:
        return True
    found = _PREDICATE.match(statement) if any_kind else None
    return found is not None and not is_past(found["verb"])


def _moment(at: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
